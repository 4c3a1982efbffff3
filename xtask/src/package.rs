//! The two published crates as a user gets them: packed, built from the package, used from outside.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::report::Report;
use crate::session::Session;

/// What each package must hold beside its sources.
const PACKAGES: &[(&str, &[&str])] = &[
    (
        "protoc-gen-rsvc",
        &["LICENSE-APACHE", "LICENSE-MIT", "README.md", "proto/rsvc/v1/rsvc.proto", "templates/"],
    ),
    ("rsvc", &["LICENSE-APACHE", "LICENSE-MIT", "README.md"]),
];

/// Packs and builds both from the packed files alone, then builds a project of one service on them.
pub(crate) fn run(session: &Session) -> Result<Report> {
    let mut report = Report::default();
    let mut command = session.cargo(["package", "--allow-dirty"]);
    for (name, wanted) in PACKAGES {
        command.args(["--package", name]);
        let listed =
            process::capture(&mut session.cargo(["package", "--allow-dirty", "--list", "--package", name]))?;
        check_list(name, &listed, wanted)?;
        report.passed += 1;
    }
    process::run(&mut command)?;
    report.passed += 1;
    use_them(session)?;
    report.passed += 1;
    report
        .summary
        .push("package: both packages build from their own files and serve a project outside".to_owned());
    // Nothing is on a registry before the first release, so this alone cannot be tried.
    report.reasons.push("package: a build against versions published on a registry".to_owned());
    Ok(report)
}

fn check_list(name: &str, listed: &str, wanted: &[&str]) -> Result<()> {
    for file in wanted {
        let folder = file.ends_with('/');
        if !listed.lines().any(|line| line == *file || (folder && line.starts_with(file))) {
            bail!("the package {name} holds no {file}");
        }
    }
    Ok(())
}

const PROTO: &str = r#"syntax = "proto3";
package outside.v1;

import "google/api/annotations.proto";
import "rsvc/v1/rsvc.proto";

// Greets.
service Greeter {
  // One greeting.
  rpc Greet(GreetRequest) returns (Greeting) {
    option (google.api.http) = { get: "/v1/greetings/{name}" };
  }
}

message GreetRequest {
  string name = 1;
}

message Greeting {
  string text = 1;
}
"#;

const BUILD: &str = r#"fn main() {
    protoc_gen_rsvc::compile(["proto/greeter.proto"], ["proto"]).unwrap();
}
"#;

const MAIN: &str = r#"mod api {
    rsvc::include_protos!();
}

use api::outside::v1::{GreetRequest, Greeter, GreeterServer, Greeting};

struct Polite;

impl Greeter for Polite {
    async fn greet(&self, _: rsvc::Context, request: GreetRequest) -> Result<Greeting, rsvc::Status> {
        Ok(Greeting { text: format!("Hello, {}", request.name) })
    }
}

fn main() {
    let _ = rsvc::Server::new().add(GreeterServer::new(Polite));
}
"#;

/// A project outside of the workspace, with our two packages as its only dependencies.
fn use_them(session: &Session) -> Result<()> {
    let packages = session.target("package");
    let project = session.target("outside");
    let version = env!("CARGO_PKG_VERSION");
    let manifest = format!(
        "[package]\nname = \"outside\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n[workspace]\n\n\
         [dependencies]\nrsvc = {{ path = \"{}\" }}\n\n[build-dependencies]\nprotoc-gen-rsvc = {{ path = \"{}\" }}\n",
        packages.join(format!("rsvc-{version}")).display(),
        packages.join(format!("protoc-gen-rsvc-{version}")).display(),
    );
    write(&project.join("Cargo.toml"), &manifest)?;
    write(&project.join("build.rs"), BUILD)?;
    write(&project.join("proto/greeter.proto"), PROTO)?;
    write(&project.join("src/main.rs"), MAIN)?;
    // The same versions as here, so that what is built already serves.
    fs::copy(session.root().join("Cargo.lock"), project.join("Cargo.lock"))?;
    let mut command = session.cargo(["build", "--target-dir"]);
    command.arg(session.target("")).current_dir(&project);
    process::run(&mut command).context("a project on the packaged crates does not build")
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text).with_context(|| path.display().to_string())
}
