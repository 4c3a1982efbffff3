//! `cargo xtask test`: the steps in their order, stopped by the first that fails.

use std::time::Instant;

use anyhow::{Context, Result};
use servers::Postgres;

use crate::report::Report;
use crate::session::Session;
use crate::{attack, conformance, guides, interop, openapi, package, process, scale_out, tally, venv};

struct Step {
    name: &'static str,
    run: fn(&mut Session) -> Result<Report>,
}

/// Cheap ones first. Build scripts look at what `tools` installs; everything after `build` uses what it built.
const STEPS: &[Step] = &[
    Step { name: "fmt", run: fmt },
    Step { name: "tools", run: tools },
    Step { name: "clippy", run: clippy },
    Step { name: "features", run: features },
    Step { name: "build", run: build },
    Step { name: "test", run: test },
    Step { name: "conformance", run: |session| conformance::run(session, &[]) },
    Step { name: "interop", run: |session| interop::run(session) },
    Step { name: "openapi", run: |session| openapi::run(session) },
    Step { name: "hostile", run: |session| attack::fast(session) },
    Step { name: "scale-out", run: |session| scale_out::fast(session) },
    Step { name: "docs", run: docs },
    Step { name: "guides", run: |session| guides::run(session) },
    Step { name: "package", run: |session| package::run(session) },
];

/// The names that `--only` and `--skip` take.
pub(crate) fn names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

/// Runs the steps; whether all are green.
pub(crate) fn run(session: &mut Session, only: &[String], skip: &[String]) -> bool {
    let mut total = Report::default();
    let mut times = Vec::new();
    let mut failure = None;
    for step in STEPS {
        let named = |names: &[String]| names.iter().any(|name| name == step.name);
        if named(skip) {
            total.add(Report::left_out(format!("step {}, as asked", step.name)));
        }
        if named(skip) || (!only.is_empty() && !named(only)) {
            continue;
        }
        println!("\n==> {}", step.name);
        let start = Instant::now();
        let outcome = (step.run)(session);
        let seconds = start.elapsed().as_secs_f64();
        match outcome {
            Ok(report) => {
                let green = report.failed == 0;
                times.push((step.name, seconds, if green { "ok" } else { "FAILED" }));
                if !green {
                    failure = Some(format!("{}: {} failed", step.name, report.failed));
                }
                total.add(report);
            }
            Err(error) => {
                times.push((step.name, seconds, "FAILED"));
                failure = Some(format!("{}: {error:#}", step.name));
                total.failed = total.failed.max(1);
            }
        }
        if failure.is_some() {
            break;
        }
    }
    println!("\n==> summary");
    total.print();
    for (name, seconds, verdict) in times {
        println!("  {name:<12} {seconds:>7.1} s  {verdict}");
    }
    if let Some(failure) = &failure {
        println!("  stopped at {failure}");
    }
    println!("tests: {} passed, {} failed, {} skipped", total.passed, total.failed, total.skipped);
    failure.is_none()
}

fn fmt(session: &mut Session) -> Result<Report> {
    process::run(&mut session.cargo(["fmt", "--all", "--check"]))
        .context("`cargo fmt` would change something")?;
    Ok(Report::default())
}

fn clippy(session: &mut Session) -> Result<Report> {
    process::run(&mut session.cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    Ok(Report::default())
}

/// The runtime without its features, and with each of them alone: a user may take any of these. The generator without its one.
fn features(session: &mut Session) -> Result<Report> {
    let each = session.features().iter().map(|feature| vec!["--features", feature]);
    for choice in [vec![]].into_iter().chain(each) {
        let mut command = session.cargo(["clippy", "--package", "rsvc", "--no-default-features"]);
        process::run(command.args(choice).args(["--", "-D", "warnings"]))?;
    }
    process::run(&mut session.cargo(["clippy", "--package", "protoc-gen-rsvc", "--", "-D", "warnings"]))?;
    Ok(Report::default())
}

fn tools(session: &mut Session) -> Result<Report> {
    venv::ensure(session)?;
    // It comes from the system's packages, which only root may install.
    Postgres::programs()?;
    Ok(Report::default())
}

fn build(session: &mut Session) -> Result<Report> {
    session.build_all()?;
    Ok(Report::default())
}

fn test(session: &mut Session) -> Result<Report> {
    venv::ensure(session)?;
    let mut command = session.cargo(["test", "--workspace", "--no-fail-fast"]);
    let (status, lines) = process::tee(&mut command)?;
    let mut report = tally::cargo_test(&lines);
    if !status.success() && report.failed == 0 {
        // A test program that does not compile or dies has no line of its own.
        report.failed = 1;
    }
    Ok(report)
}

fn docs(session: &mut Session) -> Result<Report> {
    let mut command = session.cargo(["doc", "--workspace", "--no-deps"]);
    process::run(command.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Report::default())
}
