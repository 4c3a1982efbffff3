//! The recorded REST requests, replayed against our gateway in front of the backend that comes with them.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::no_cases;
use crate::report::Report;
use crate::session::Session;
use crate::{process, venv};

/// Cases in which the answer that was recorded is not a model; `docs/rest.md` has the reasons.
const DECIDED_OTHERWISE: [&str; 1] = ["body-json/depth-value-list-95"];

pub(super) fn run(session: &Session, gateway: &Path) -> Result<Report> {
    let Some(cases) = session.shared("conformance/rest") else {
        return Ok(no_cases("rest"));
    };
    let venv = venv::ensure(session)?;
    let stubs = session.target("conformance/rest");
    fs::create_dir_all(&stubs)?;
    let script = |name: &str| {
        let mut command = venv.python();
        command.arg(cases.join(name)).env("CORPUS_GEN", &stubs).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    };
    process::run(script("prepare.py").arg(&stubs))?;

    let (backend, listen) = (free_address()?, free_address()?);
    let _backend = Server::start(script("backend.py").arg(backend.port().to_string()), backend)?;
    let mut command = Command::new(gateway);
    command.args(["--listen", &listen.to_string(), "--backend", &backend.to_string()]);
    let _gateway = Server::start(&mut command, listen)?;

    let mut replay = script("replay.py");
    replay.arg(format!("http://{listen}")).arg(cases.join("cases.jsonl")).args([
        "--mark",
        "agreed,spec",
        "-v",
    ]);
    let (_, lines) = process::tee(&mut replay)?;
    Ok(score(&lines))
}

/// The table ends in `total CASES AGREED DIFFER PERCENT`.
fn score(lines: &[String]) -> Report {
    let counts: Option<Vec<u64>> = lines
        .iter()
        .rev()
        .find(|line| line.starts_with("total "))
        .and_then(|line| line.split_whitespace().skip(1).take(3).map(|word| word.parse().ok()).collect());
    match counts.as_deref() {
        Some(&[cases, agreed, differ]) if cases > 0 => {
            let differs = |name: &&&str| {
                lines.iter().any(|line| {
                    line.strip_prefix("DIFF ").and_then(|rest| rest.split_whitespace().next()) == Some(**name)
                })
            };
            let decided = DECIDED_OTHERWISE.iter().filter(differs).count() as u64;
            Report {
                passed: agreed,
                failed: differ - decided,
                summary: vec![format!(
                    "rest: {agreed} of {cases} agreed and spec cases equal, {decided} decided otherwise"
                )],
                ..Report::default()
            }
        }
        _ => Report { failed: 1, summary: vec!["rest: no score".to_owned()], ..Report::default() },
    }
}

/// A port that was free a moment ago: programs that take an address as an argument can get no better.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// A process that ends with this value.
struct Server(Child);

impl Server {
    fn start(command: &mut Command, address: SocketAddr) -> Result<Self> {
        let child = command.spawn().with_context(|| format!("cannot start {}", process::line(command)))?;
        let mut server = Self(child);
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(address).is_err() {
            if let Some(status) = server.0.try_wait()? {
                bail!("`{}` ended ({status})", process::line(command));
            }
            if Instant::now() > deadline {
                bail!("`{}` does not listen on {address}", process::line(command));
            }
            sleep(Duration::from_millis(50));
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already, which is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_the_score() {
        let line = |text: &str| vec![text.to_owned()];
        let report = score(&line("total               496    490      6   98.8%"));
        assert_eq!((report.passed, report.failed), (490, 6));
        let mut lines = line("DIFF body-json/depth-value-list-95 [status 500 / 400] POST /v1/body");
        lines.extend(line("total               496    490      6   98.8%"));
        assert_eq!((score(&lines).passed, score(&lines).failed), (490, 5));
        assert_eq!(score(&line("total                 0      0      0   0.0%")).failed, 1);
        assert_eq!(score(&[]).failed, 1);
    }
}
