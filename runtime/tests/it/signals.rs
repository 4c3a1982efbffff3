//! Signals, to a server in a process of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rsvc::{Channel, Context, Server};

use crate::demo::{Demo, DemoClient, DemoServer, text};
use crate::setup::{LONG, Script};

const CHILD: &str = "RSVC_TEST_CHILD";

/// The server process: this test alone, in another process. By itself it does nothing.
#[tokio::test]
async fn the_child() {
    if std::env::var_os(CHILD).is_some() {
        let (script, _events) = Script::new();
        let server =
            Server::new().authenticated_by_layers().add(DemoServer::new(script)).drain_timeout(LONG * 10);
        let server = server.bind("127.0.0.1:0").await.unwrap();
        println!("\nserving at http://{}", server.local_addr());
        server.serve().await.unwrap();
    }
}

struct Process {
    child: Child,
    /// Kept open: the child says how its test went.
    _output: BufReader<ChildStdout>,
}

impl Process {
    fn start() -> (Self, String) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "signals::the_child", "--nocapture"])
            .env(CHILD, "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let endpoint = loop {
            let mut line = String::new();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "the server did not start");
            if let Some(endpoint) = line.trim_end().strip_prefix("serving at ") {
                break endpoint.to_owned();
            }
        };
        (Self { child, _output: output }, endpoint)
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    async fn ended(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(started.elapsed() < LONG, "the server does not stop");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn either_signal_stops_the_server() {
    for signal in ["TERM", "INT"] {
        let (mut server, endpoint) = Process::start();
        let client = DemoClient::new(Channel::connect(endpoint).await.unwrap());
        assert_eq!(client.say(Context::new(), text("you")).await.unwrap().text, "hello you");
        server.signal(signal);
        assert!(server.ended().await.success());
    }
}

#[tokio::test]
async fn a_second_signal_ends_what_is_under_way() {
    let (mut server, endpoint) = Process::start();
    let client = DemoClient::new(Channel::connect(&*endpoint).await.unwrap());
    let call = tokio::spawn(async move { client.say(Context::new(), text("hang")).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.signal("TERM");
    // It takes no more connections, and waits for the call.
    while Channel::connect(&*endpoint).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(server.child.try_wait().unwrap().is_none());
    server.signal("TERM");
    assert!(server.ended().await.success());
    call.await.unwrap().unwrap_err();
}
