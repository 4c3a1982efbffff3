//! The pictures of the reference in `docs/images`: the pages of a shop in Chromium, made small by pngquant.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::session::Session;
use crate::{npm, process};

const FOLDER: &str = "docs/images";
const SCRIPT: &str = "tests/interop/node/reference.mjs";
/// How many colours a picture has.
const COLOURS: &str = "64";

/// Takes all of them anew.
pub(crate) fn run(session: &Session) -> Result<()> {
    let shop = session.binary("shop", "shop")?;
    let node = npm::ensure(session, &npm::INTEROP)?;
    let script = node.script(session, SCRIPT)?;
    let folder = session.root().join(FOLDER);
    std::fs::create_dir_all(&folder)?;
    let mut shop = Shop::start(&shop)?;
    let mut command = Command::new("node");
    command.arg(script).arg("--shots").arg(&folder).args([&shop.addr, &shop.token]);
    command.env("CHROMIUM", std::env::var_os("CHROMIUM").unwrap_or_else(|| "/usr/bin/chromium".into()));
    let taken = process::run(&mut command);
    shop.process.kill()?;
    shop.process.wait()?;
    taken?;
    for picture in std::fs::read_dir(&folder)? {
        let picture = picture?.path();
        let is_ours =
            picture.file_name().is_some_and(|name| name.to_string_lossy().starts_with("reference-"));
        if is_ours {
            let mut command = Command::new("pngquant");
            command.args(["--force", "--strip", "--ext", ".png", COLOURS]).arg(&picture);
            process::run(&mut command)
                .context("pngquant makes pictures small; on Debian: apt-get install pngquant")?;
        }
    }
    Ok(())
}

/// A shop that runs.
struct Shop {
    process: Child,
    addr: String,
    token: String,
}

impl Shop {
    fn start(program: &Path) -> Result<Self> {
        let mut process =
            Command::new(program).args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().context("its output is piped")?;
        let (mut addr, mut token) = (String::new(), String::new());
        for line in BufReader::new(output).lines() {
            let line = line?;
            if let Some(found) = line.strip_prefix("listening on http://") {
                found.clone_into(&mut addr);
            } else if let Some(found) = line.strip_prefix("staff token ") {
                found.clone_into(&mut token);
            } else if line.starts_with("From Python: ") {
                break;
            }
        }
        ensure!(!addr.is_empty(), "the shop did not say where it listens");
        Ok(Self { process, addr, token })
    }
}
