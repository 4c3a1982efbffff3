//! Real peers: the Python scripts of `tests/interop` against the shop and the gateway, with Envoy beside them.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::report::Report;
use crate::session::Session;
use crate::venv::Venv;
use crate::{npm, openapi, process, tally, venv, web};

/// The folder of the scripts, and of what they share with the attacks.
pub(crate) const SCRIPTS: &str = "tests/interop";
const NODE: &str = "tests/interop/node";
const PROTOS: [&str; 3] = ["examples/shop/proto", "tests/interop/proto", "protoc-gen-rsvc/proto"];
/// Python has these in packages of its own, and takes no second definition of the same names.
const PYTHON_HAS: [&str; 3] = ["google", "grpc/health", "grpc/reflection"];

/// All protos with their imports, for clients that generate no code.
const DESCRIPTORS: &str = "descriptors.binpb";

/// Runs every `test_*.py`. A script starts its own servers on ports that the system picks, and ends them.
pub(crate) fn run(session: &Session) -> Result<Report> {
    let venv = venv::ensure(session)?;
    let shop = session.binary("shop", "shop")?;
    let gateway = session.binary("gateway", "gateway")?;
    let interop = session.binary("peers", "interop-server")?;
    let snippets = session.binary("snippets", "snippets")?;
    let node = npm::ensure(session, &npm::INTEROP)?.scripts(session, NODE)?;
    let stubs = generate_stubs(session, &venv)?;
    let document = openapi::shop(session)?;
    let page = web::build(session, &venv, &document)?;
    unittests(session, &venv, SCRIPTS, |command| {
        command
            .env("PYTHONPATH", &stubs)
            .env("SHOP_BIN", &shop)
            .env("SHOP_CLIENT", shop.with_file_name("shop-client"))
            .env("GATEWAY_BIN", &gateway)
            .env("INTEROP_SERVER", &interop)
            .env("SNIPPETS_BIN", &snippets)
            .env("INTEROP_CLIENT", interop.with_file_name("interop-client"))
            .env("NODE_SCRIPTS", &node)
            .env("STUBS", &stubs)
            .env("SHOP_DOCUMENT", &document)
            .env("WEB_DIST", &page)
            .env("BUF", venv.program("buf"));
    })
}

/// Runs every `test_*.py` of a folder, each in a process that is prepared with what it needs.
pub(crate) fn unittests(
    session: &Session,
    venv: &Venv,
    folder: &str,
    prepare: impl Fn(&mut Command),
) -> Result<Report> {
    let mut scripts = files(&session.root().join(folder), "py")?;
    scripts
        .retain(|script| script.file_name().is_some_and(|name| name.to_string_lossy().starts_with("test_")));
    if scripts.is_empty() {
        return Ok(Report::left_out(format!("{folder}: there is no test_*.py")));
    }
    let mut report = Report::default();
    for script in scripts {
        let module = script.file_stem().context("a script has a name")?.to_string_lossy().into_owned();
        println!("--> {module}");
        let mut command = venv.python();
        command.args(["-m", "unittest", "-v", &module]).current_dir(session.root().join(folder));
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("RSVC_VENV", venv.root());
        prepare(command.env("RSVC_ROOT", session.root()));
        let (status, lines) = process::tee(&mut command)?;
        let mut outcome = tally::unittest(&module, &lines);
        if !status.success() && outcome.failed == 0 {
            // An import error or a crash leaves no verdict.
            outcome.failed = 1;
            outcome.summary.push(format!("{module}: ended with {status}"));
        }
        report.add(outcome);
    }
    Ok(report)
}

/// Python's own view of the protos, and their descriptors, made anew each time.
pub(crate) fn generate_stubs(session: &Session, venv: &Venv) -> Result<PathBuf> {
    let stubs = session.target("interop/stubs");
    if stubs.exists() {
        fs::remove_dir_all(&stubs)?;
    }
    fs::create_dir_all(&stubs)?;
    let (mut includes, mut sources) = (Vec::new(), Vec::new());
    for folder in PROTOS {
        let folder = session.root().join(folder);
        for file in files(&folder, "proto")? {
            sources.push(file.strip_prefix(&folder)?.to_owned());
        }
        includes.push(flag("--proto_path=", &folder));
    }
    let protoc = |outputs: &[OsString], sources: &[PathBuf]| {
        let mut command = venv.python();
        command.args(["-m", "grpc_tools.protoc"]).args(&includes).args(outputs).args(sources);
        process::run(&mut command)
    };
    protoc(&[flag("--descriptor_set_out=", &stubs.join(DESCRIPTORS)), "--include_imports".into()], &sources)
        .context("no descriptors")?;
    sources.retain(|file| !PYTHON_HAS.iter().any(|has| file.starts_with(has)));
    protoc(&["--python_out=", "--grpc_python_out="].map(|out| flag(out, &stubs)), &sources)
        .context("no Python stubs")?;
    Ok(stubs)
}

fn flag(name: &str, path: &Path) -> OsString {
    let mut flag = OsString::from(name);
    flag.push(path);
    flag
}

/// All files below a folder with this extension, sorted.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    if !folder.is_dir() {
        return Ok(out);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            out.extend(files(&path, extension)?);
        } else if path.extension().is_some_and(|found| found == extension) {
            out.push(path);
        }
    }
    out.sort();
    Ok(out)
}
