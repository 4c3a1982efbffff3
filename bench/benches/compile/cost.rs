//! Running a program and what it took.

use std::process::{Command, Stdio};
use std::time::Instant;

/// What a run took, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time {
    /// Of processors, all of its own programs together: less disturbed by what else runs than the clock is.
    pub(crate) processor: f64,
    /// On the clock.
    pub(crate) wall: f64,
}

impl Time {
    /// More than anything takes.
    pub(crate) const MAX: Self = Self { processor: f64::INFINITY, wall: f64::INFINITY };

    /// The run with less of the processor.
    pub(crate) fn min(self, other: Self) -> Self {
        if other.processor < self.processor { other } else { self }
    }
}

impl std::ops::Add for Time {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { processor: self.processor + other.processor, wall: self.wall + other.wall }
    }
}

/// Runs a program to its end.
pub(crate) fn timed(command: &mut Command) -> Time {
    run(command, Stdio::inherit()).0
}

/// Runs a program to its end, and returns what it said on the way.
pub(crate) fn overheard(command: &mut Command) -> (Time, String) {
    let (time, said) = run(command, Stdio::piped());
    (time, String::from_utf8_lossy(&said).into_owned())
}

fn run(command: &mut Command, stderr: Stdio) -> (Time, Vec<u8>) {
    // The shell has what the standard library has not: the processor time of its children.
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "\"$@\" >&2 || exit 1; times", "sh"])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        shell.current_dir(folder);
    }
    let start = Instant::now();
    let output = shell.stderr(stderr).output().expect("there is a shell");
    let wall = start.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {said}");
    let text = String::from_utf8_lossy(&output.stdout);
    let children = text.lines().nth(1).expect("`times` prints two lines");
    let time = Time { processor: children.split_whitespace().map(seconds).sum(), wall };
    (time, output.stderr)
}

/// `1m2.5s`.
fn seconds(text: &str) -> f64 {
    let (minutes, seconds) = text.trim_end_matches('s').split_once('m').expect("minutes and seconds");
    let number = |text: &str| text.parse::<f64>().expect("a number");
    number(minutes) * 60.0 + number(seconds)
}
