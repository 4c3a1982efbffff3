//! Servers in processes of their own.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A server that ends when this is dropped, or when this process ends.
#[derive(Debug)]
pub struct Child {
    process: std::process::Child,
    address: SocketAddr,
}

impl Child {
    /// Starts a program that calls [`until_told`] once it listens.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let address = line.trim().parse().map_err(|_| io::Error::other("the server did not start"));
        match address {
            Ok(address) => Ok(Self { process, address }),
            Err(error) => {
                process.kill()?;
                process.wait()?;
                Err(error)
            }
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The time it had on processors so far.
    pub fn cpu(&self) -> io::Result<Duration> {
        cpu(self.process.id())
    }

    /// Ends it, in order, and waits for that.
    pub fn finish(mut self) -> io::Result<()> {
        drop(self.process.stdin.take());
        self.process.wait().map(drop)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // After `finish` there is nothing left to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The time that the threads of a process had on processors so far, as Linux counts it.
pub fn cpu(process: u32) -> io::Result<Duration> {
    let mut nanos = 0;
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        let first = text.split(' ').next().and_then(|n| n.parse::<u64>().ok());
        nanos += first.ok_or_else(|| io::Error::other("no time in schedstat"))?;
    }
    Ok(Duration::from_nanos(nanos))
}

/// In a process that [`Child::start`] started: says where it listens, and waits until it is to end.
pub async fn until_told(address: SocketAddr) -> io::Result<()> {
    let mut stdout = io::stdout();
    writeln!(stdout, "{address}")?;
    stdout.flush()?;
    let (told, told_here) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let end = io::stdin().read_to_end(&mut Vec::new());
        told.send(end.map(drop))
    });
    told_here.await.map_err(io::Error::other)?
}
