//! What others make of the documents of `OpenAPI` that the generator writes: the Python scripts of `tests/openapi`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::report::Report;
use crate::session::Session;
use crate::{interop, npm, process, venv};

const FOLDER: &str = "tests/openapi";
const NODE: &str = "tests/openapi/node";
/// The services of the shop.
const SHOP: [&str; 4] = ["user", "order", "upload", "chat"];

/// Runs every `test_*.py`.
pub(crate) fn run(session: &Session) -> Result<Report> {
    execute(session, None)
}

/// The same with more time for the search for answers that a document does not allow.
pub(crate) fn thorough(session: &Session, seconds: u64) -> Result<Report> {
    execute(session, Some(seconds))
}

fn execute(session: &Session, seconds: Option<u64>) -> Result<Report> {
    let venv = venv::ensure(session)?;
    let shop = session.binary("shop", "shop")?;
    let generator = session.binary("protoc-gen-rsvc", "protoc-gen-rsvc")?;
    let packages = npm::ensure(session, &npm::OPENAPI)?;
    packages.scripts(session, NODE)?;
    let stubs = interop::generate_stubs(session, &venv)?;
    let modules = std::env::join_paths([stubs.clone(), session.root().join(interop::SCRIPTS)])?;
    let home = session.target("openapi");
    fs::create_dir_all(&home)?;
    interop::unittests(session, &venv, FOLDER, |command| {
        command
            .env("PYTHONPATH", &modules)
            .env("STUBS", &stubs)
            .env("SHOP_BIN", &shop)
            .env("GENERATOR", &generator)
            .env("OPENAPI_HOME", &home)
            .env("OPENAPI_NODE", packages.root());
        if let Some(seconds) = seconds {
            command.env("SCHEMATHESIS_SECONDS", seconds.to_string());
        }
    })
}

/// Writes the document of the shop; where it is.
pub(crate) fn shop(session: &Session) -> Result<PathBuf> {
    let home = session.target("openapi");
    fs::create_dir_all(&home)?;
    let path = home.join("shop.json");
    let protos = session.root().join("examples/shop/proto");
    let mut command = Command::new(session.binary("protoc-gen-rsvc", "protoc-gen-rsvc")?);
    command.args(["openapi", "--out"]).arg(&path).arg("-I").arg(&protos);
    command.args(SHOP.map(|name| format!("shop/v1/{name}.proto")));
    process::run(&mut command).context("no OpenAPI document of the shop")?;
    Ok(path)
}
