//! The page of the shop, built as its README tells, below `target/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::session::Session;
use crate::venv::Venv;
use crate::{npm, process};

const FOLDER: &str = "examples/web";
/// What the page is made of.
const SOURCES: [&str; 7] =
    ["buf.gen.yaml", "buf.yaml", "index.html", "public", "src", "tsconfig.json", "vite.config.ts"];
/// The protos of the shop, as `buf` and the generator name them.
const PROTOS: &str = "examples/shop/proto";

/// Builds the page and checks its types; the folder that the shop serves. `document` describes the shop in OpenAPI.
pub(crate) fn build(session: &Session, venv: &Venv, document: &Path) -> Result<PathBuf> {
    let packages = npm::ensure(session, &npm::WEB)?;
    let home = packages.root();
    for name in SOURCES {
        let copy = home.join(name);
        if copy.is_dir() {
            fs::remove_dir_all(&copy)?;
        }
        copy_all(&session.root().join(FOLDER).join(name), &copy)
            .with_context(|| format!("{FOLDER}/{name}"))?;
    }
    let mut buf = Command::new(venv.program("buf"));
    buf.arg("generate").arg(session.root()).args(["--config", "buf.yaml", "--path"]);
    process::run(buf.arg(session.root().join(PROTOS).join("shop")).current_dir(home))?;
    let tool = |name: &str| packages.tool(name);
    process::run(tool("openapi-typescript").arg(document).args(["--output", "src/gen/openapi.ts"]))?;
    process::run(&mut tool("tsc"))?;
    process::run(tool("vite").args(["build", "--logLevel", "warn"]))?;
    Ok(home.join("dist"))
}

/// Copies a file, or a folder with all that is in it except what is generated.
fn copy_all(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        fs::copy(from, to)?;
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_name() != "gen" {
            copy_all(&entry.path(), &to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
