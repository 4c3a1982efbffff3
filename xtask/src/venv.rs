//! The Python tools, in a virtual environment below `target/` that nothing else on the machine sees.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process;
use crate::session::Session;

const REQUIREMENTS: &str = "xtask/requirements.txt";
/// A copy of the requirements that the environment was made from, written when it is complete.
const STAMP: &str = "requirements.txt";

/// A virtual environment that holds the pinned tools.
pub(crate) struct Venv(PathBuf);

impl Venv {
    /// Its folder, which tests get as `RSVC_VENV`.
    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    /// A program in it.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.0.join("bin").join(name)
    }

    /// Its Python.
    pub(crate) fn python(&self) -> Command {
        Command::new(self.program("python"))
    }
}

/// The environment, made or made again where that is needed.
pub(crate) fn ensure(session: &Session) -> Result<Venv> {
    let venv = Venv(session.target("venv"));
    let wanted = fs::read_to_string(session.root().join(REQUIREMENTS)).context(REQUIREMENTS)?;
    if fs::read_to_string(venv.root().join(STAMP)).is_ok_and(|made| made == wanted) && works(&venv) {
        return Ok(venv);
    }
    println!("making {} from {REQUIREMENTS}", venv.root().display());
    create(&venv)?;
    let mut pip = venv.python();
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
        REQUIREMENTS,
    ]);
    process::run(pip.current_dir(session.root())).context(
        "the Python tools could not be installed: pip needs a package index or a folder of wheels",
    )?;
    fs::write(venv.root().join(STAMP), wanted)?;
    Ok(venv)
}

fn create(venv: &Venv) -> Result<()> {
    if venv.root().exists() {
        fs::remove_dir_all(venv.root())?;
    }
    let made = Command::new("python3").args(["-m", "venv"]).arg(venv.root()).stdin(Stdio::null()).status();
    match made {
        Err(error) => bail!(
            "cannot start python3 ({error}): the tests need Python 3.10 or newer; on Debian: apt-get install python3 python3-venv"
        ),
        Ok(status) if !status.success() => {
            bail!("`python3 -m venv` failed; on Debian: apt-get install python3-venv")
        }
        Ok(_) => Ok(()),
    }
}

/// An environment breaks when the system's Python moves on.
fn works(venv: &Venv) -> bool {
    let python = venv.python().arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).status();
    python.is_ok_and(|status| status.success())
}

/// A program that is protoc: the one of `grpcio-tools`.
pub(crate) fn protoc(session: &Session) -> Result<PathBuf> {
    let venv = ensure(session)?;
    let path = session.target("protoc");
    let python = venv.program("python");
    fs::write(&path, format!("#!/bin/sh\nexec '{}' -m grpc_tools.protoc \"$@\"\n", python.display()))?;
    #[cfg(unix)]
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(path)
}
