//! Running programs: shown to the user as they run, their output kept where it is counted.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;

use anyhow::{Context, Result, bail};

/// Runs to the end with the terminal as its own.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| cannot_start(command))?;
    check(command, status)
}

/// Runs to the end without a word, and returns what came on standard output.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| cannot_start(command))?;
    check(command, output.status)?;
    String::from_utf8(output.stdout).with_context(|| format!("{} wrote no UTF-8", name(command)))
}

/// Runs to the end, shows all output while it comes, and returns it line by line with the outcome.
pub(crate) fn tee(command: &mut Command) -> Result<(ExitStatus, Vec<String>)> {
    tee_filtered(command, |_| true)
}

/// As [`tee`], but shows only the lines that are worth it.
pub(crate) fn tee_filtered(
    command: &mut Command,
    show: fn(&str) -> bool,
) -> Result<(ExitStatus, Vec<String>)> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| cannot_start(command))?;
    let (sender, receiver) = mpsc::channel();
    let readers = [
        child.stdout.take().map(|pipe| forward(pipe, sender.clone(), show, std::io::stdout())),
        child.stderr.take().map(|pipe| forward(pipe, sender, show, std::io::stderr())),
    ];
    let lines = receiver.iter().collect();
    for reader in readers.into_iter().flatten() {
        // A reader ends with its pipe; what it could not show does not change the result.
        let _ = reader.join();
    }
    Ok((child.wait()?, lines))
}

fn forward(
    pipe: impl Read + Send + 'static,
    lines: Sender<String>,
    show: fn(&str) -> bool,
    mut terminal: impl Write + Send + 'static,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if show(&text) {
                let _ = terminal.write_all(&line);
            }
            let _ = lines.send(text);
            line.clear();
        }
    })
}

fn check(command: &Command, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start `{}`", name(command))
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

/// The command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tee_keeps_both_streams_and_the_outcome() {
        let (status, mut lines) =
            tee(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"])).unwrap();
        lines.sort();
        assert_eq!((status.code(), lines), (Some(3), vec!["err".to_owned(), "out".to_owned()]));
    }

    #[test]
    fn a_failure_names_the_command() {
        let error = run(Command::new("sh").args(["-c", "exit 2"])).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c exit 2` failed (exit status: 2)");
        let error = run(&mut Command::new("no-such-program-here")).unwrap_err();
        assert_eq!(error.to_string(), "cannot start `no-such-program-here`");
    }
}
