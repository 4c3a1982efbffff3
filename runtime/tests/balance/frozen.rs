//! A server that is there and does nothing any more, as one that was stopped with `SIGSTOP`.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rsvc::client::{Balance, EndpointState, OutlierEjection};
use rsvc::{Channel, Code};

use crate::setup::{Instance, shares, three, until, until_state, who_within};

/// Makes this program a server.
const SERVES: &str = "RSVC_BALANCE_SERVES";

/// A server in a process of its own.
struct Process {
    child: Child,
    addr: SocketAddr,
    /// It writes there until it ends.
    _output: BufReader<ChildStdout>,
}

impl Process {
    fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "frozen::serves_if_it_is_told_to", "--nocapture"])
            .env(SERVES, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let addr = loop {
            let mut line = String::new();
            assert!(output.read_line(&mut line).unwrap() > 0, "it ends before it serves");
            if let Some((_, addr)) = line.trim_end().split_once("serves at ") {
                break addr.parse().unwrap();
            }
        };
        Self { child, addr, _output: output }
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn serves_if_it_is_told_to() {
    if std::env::var_os(SERVES).is_none() {
        return;
    }
    let server = Instance::start("frozen").await;
    println!("serves at {}", server.addr);
    // Until whoever has started it is gone.
    let mut line = String::new();
    let _ = std::io::stdin().read_line(&mut line);
}

const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn pings_find_out_that_a_server_is_frozen() {
    let [a, b, _] = three().await;
    let frozen = Process::start();
    let channel = Channel::builder("http://shop.test")
        .endpoints([a.addr, b.addr, frozen.addr])
        .keepalive(Some((Duration::from_millis(200), Duration::from_millis(200))))
        .connect_timeout(Duration::from_secs(1))
        .connect()
        .await
        .unwrap();
    until_state(&channel, "all are connected", EndpointState::Ready, 3).await;
    frozen.signal("-STOP");
    let begun = Instant::now();
    let mut lost = 0;
    while channel.endpoints()[2].state == EndpointState::Ready {
        assert!(begun.elapsed() < Duration::from_secs(20));
        if let Err(status) = who_within(&channel, Duration::from_secs(10)).await {
            assert_eq!(status.code(), Code::Unavailable);
            lost += 1;
        }
    }
    println!("a server was frozen: left out after {:?}, {lost} calls were lost", begun.elapsed());
    let begun = Instant::now();
    assert_eq!(shares(&channel, 20).await, [("a".to_owned(), 10), ("b".to_owned(), 10)].into());
    println!("20 calls without it: {:?}", begun.elapsed());
    frozen.signal("-CONT");
    until("it answers again", async || shares(&channel, 3).await.contains_key("frozen")).await;
}

#[tokio::test]
async fn deadlines_find_out_that_a_server_is_frozen() {
    let [a, b, _] = three().await;
    let frozen = Process::start();
    let ejection = OutlierEjection::new().consecutive_failures(2).base_ejection_time(Duration::from_hours(1));
    let channel = Channel::builder("http://shop.test")
        .endpoints([a.addr, b.addr, frozen.addr])
        .balance(Balance::round_robin().outlier_ejection(ejection))
        .connect()
        .await
        .unwrap();
    until_state(&channel, "all are connected", EndpointState::Ready, 3).await;
    frozen.signal("-STOP");
    let begun = Instant::now();
    let mut lost = 0;
    for _ in 0..30 {
        if let Err(status) = who_within(&channel, SHORT).await {
            assert_eq!(status.code(), Code::DeadlineExceeded);
            lost += 1;
        }
    }
    println!(
        "a server was frozen: of 30 calls {lost} were lost by their deadlines, in {:?}",
        begun.elapsed()
    );
    assert_eq!(lost, 2, "then it is ejected");
    assert!(channel.endpoints()[2].ejected);
}

#[tokio::test]
async fn the_next_is_tried_while_the_first_says_nothing() {
    let frozen = Process::start();
    frozen.signal("-STOP");
    let [a, ..] = three().await;
    let begun = Instant::now();
    let channel = Channel::builder("http://shop.test")
        .endpoints([frozen.addr, a.addr])
        .balance(Balance::pick_first())
        .connect()
        .await
        .unwrap();
    println!("the first says nothing: connected to the next after {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(5), "the time-out is ten seconds");
    assert_eq!(shares(&channel, 5).await, [("a".to_owned(), 5)].into());
}
