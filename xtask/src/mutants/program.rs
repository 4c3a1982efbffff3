//! Test programs, each in a process group of its own, so that nothing is left of one that is ended.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::process;

/// Runs a program, says how it ended, and waits. Once the standard input ends, all of the group ends: a program that hangs,
/// and those that it has started. That is also the case when the task itself is ended.
const GROUP: &str = r#"exec 3<&0 </dev/null
(read -r _ <&3; kill -KILL 0) &
"$@" 3<&-
printf '\nended: %s\n' $?
wait"#;

/// How a test program ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    Passed,
    /// This test failed first, and the program was ended.
    Failed(String),
    /// The program ended by itself, as after a stack overflow.
    Died,
    Hangs,
}

/// Runs a test program until a test fails, or for that long.
pub(super) fn watch(command: &Command, folder: &Path, limit: Duration) -> Result<End> {
    let mut group = Command::new("sh");
    group.args(["-c", GROUP, "sh"]).arg(command.get_program()).args(command.get_args());
    group.envs(command.get_envs().filter_map(|(key, value)| Some((key, value?))));
    group.current_dir(folder).env("CARGO_MANIFEST_DIR", folder).process_group(0);
    group.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = group.spawn().with_context(|| process::line(command))?;
    let pipe = child.stdout.take().context("its output is a pipe")?;
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n') {
            let Ok(line) = line else { return };
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
    let until = Instant::now() + limit;
    let end = loop {
        match lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                if let Some(end) = end(&line) {
                    break end;
                }
            }
            Err(mpsc::RecvTimeoutError::Timeout) => break End::Hangs,
            Err(mpsc::RecvTimeoutError::Disconnected) => break End::Died,
        }
    };
    // `wait` closes its input.
    child.wait()?;
    Ok(end)
}

/// What a line says of the end.
fn end(line: &str) -> Option<End> {
    if let Some(code) = line.strip_prefix("ended: ") {
        return Some(if code == "0" { End::Passed } else { End::Died });
    }
    let name = line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?;
    Some(End::Failed(name.strip_suffix(" - should panic").unwrap_or(name).to_owned()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A test program that is a shell script.
    fn run(script: &str, limit: Duration) -> End {
        watch(Command::new("sh").args(["-c", script]), Path::new("."), limit).unwrap()
    }

    #[test]
    fn the_first_failure_ends_a_program() {
        let long = Duration::from_mins(1);
        let start = Instant::now();
        let failing = "echo 'test a ... ok'; echo 'test b::c - should panic ... FAILED'; exec sleep 50";
        assert_eq!(run(failing, long), End::Failed("b::c".to_owned()));
        assert!(start.elapsed() < long / 2);
        assert_eq!(run("printf 'test a ... ok'", long), End::Passed);
        assert_eq!(run("printf 'test a ... '; exit 3", long), End::Died);
        assert_eq!(run("kill -SEGV $$", long), End::Died);
        assert_eq!(run("exec sleep 50", Duration::from_millis(50)), End::Hangs);
    }

    #[test]
    fn nothing_is_left_of_a_program_that_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let noted = folder.path().join("child");
        for (rest, limit) in [
            ("sleep 300", Duration::from_millis(500)),
            ("echo 'test a ... FAILED'; wait", Duration::from_mins(1)),
            ("exit 0", Duration::from_mins(1)),
        ] {
            let script = format!("sleep 300 & echo $! > {}; {rest}", noted.display());
            run(&script, limit);
            let child = fs::read_to_string(&noted).unwrap();
            // What was killed may wait for somebody to notice.
            let is_over = || {
                let stat = fs::read_to_string(format!("/proc/{}/stat", child.trim()));
                stat.map_or(true, |stat| stat.contains(") Z "))
            };
            let start = Instant::now();
            while !is_over() {
                assert!(start.elapsed() < Duration::from_secs(30), "{rest}");
                thread::sleep(Duration::from_millis(10));
            }
        }
    }
}
