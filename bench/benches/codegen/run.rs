//! Running a program, and what it took.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What a run took.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// On the clock.
    pub(crate) seconds: f64,
    /// Of processors.
    pub(crate) processor: f64,
    /// The most memory that was in use at a time; zero where the system does not tell.
    pub(crate) megabytes: f64,
}

/// How often the memory is looked at. The last look before the end shows the most that was in use until then.
const LOOK: Duration = Duration::from_millis(2);

/// Runs a program to its end.
pub(crate) fn measure(command: &mut Command) -> Cost {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let stderr = child.stderr.take().expect("piped");
    let said = thread::spawn(|| std::io::read_to_string(stderr));
    let (mut megabytes, mut processor) = (0.0_f64, 0.0_f64);
    let status = loop {
        if let Some(found) = memory(child.id()) {
            megabytes = megabytes.max(found);
        }
        processor = processor_time(child.id()).map_or(processor, |found| found.max(processor));
        match child.try_wait().expect("the program can be waited for") {
            Some(status) => break status,
            None => thread::sleep(LOOK),
        }
    };
    let seconds = start.elapsed().as_secs_f64();
    let said = said.join().expect("the thread ends").expect("text");
    assert!(status.success(), "{:?} failed: {said}", command.get_program());
    Cost { seconds, processor, megabytes }
}

/// The most memory so far, with that of the program's children.
fn memory(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// Processor seconds so far.
fn processor_time(process: u32) -> Option<f64> {
    /// What the kernel counts in, which is the same on every Linux that one meets.
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, after) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = after.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS)
}
