//! The conformance programs under the official runners and cases, one file a suite.

mod connect;
mod protobuf;
mod protovalidate;
mod rest;

use std::path::Path;

use anyhow::Result;

use crate::report::Report;
use crate::session::Session;

/// The package that holds the programs.
const PACKAGE: &str = "conformance";

struct Suite {
    name: &'static str,
    /// The program under test. Without it there is no suite.
    binary: &'static str,
    run: fn(&Session, &Path) -> Result<Report>,
}

const SUITES: &[Suite] = &[
    Suite { name: "connect", binary: "connect-runner", run: connect::run },
    Suite { name: "protobuf", binary: "protobuf-testee", run: protobuf::run },
    Suite { name: "protovalidate", binary: "protovalidate-executor", run: protovalidate::run },
    Suite { name: "rest", binary: "rest-gateway", run: rest::run },
];

/// The names that `cargo xtask conformance` takes.
pub(crate) fn names() -> Vec<&'static str> {
    SUITES.iter().map(|suite| suite.name).collect()
}

/// Runs the suites named, or all that have a program.
pub(crate) fn run(session: &Session, named: &[String]) -> Result<Report> {
    let mut report = Report::default();
    if !SUITES.iter().any(|suite| session.has_binary(PACKAGE, suite.binary)) {
        println!("there is no conformance program yet");
    }
    for suite in SUITES {
        let asked = named.iter().any(|name| name == suite.name);
        if !named.is_empty() && !asked {
            continue;
        }
        if session.has_binary(PACKAGE, suite.binary) {
            println!("--> {}", suite.name);
            report.add((suite.run)(session, &session.binary(PACKAGE, suite.binary)?)?);
        } else if asked {
            report.add(Report::left_out(format!("{}: there is no program {} yet", suite.name, suite.binary)));
        }
    }
    Ok(report)
}

/// What is reported where the shared cases are not on the machine.
fn no_cases(suite: &str) -> Report {
    Report::left_out(format!("{suite} conformance: its cases are not here (RSVC_SHARED)"))
}
