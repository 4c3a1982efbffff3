//! Servers that cannot be reached.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rsvc::{Channel, Code, Context};
use tokio::net::{TcpListener, TcpSocket};
use tokio::time::timeout;

use crate::server::{LONG, Server, answer_all, report, unary};

/// An address at which nobody listens.
async fn nowhere() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// Listens there again.
fn listen(address: SocketAddr) -> TcpListener {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket.listen(64).unwrap()
}

/// Answers all calls of one connection after the other, until it is dropped.
fn serve(listener: TcpListener) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let mut tasks = tokio::task::JoinSet::new();
        while let Ok((io, _)) = listener.accept().await {
            tasks.spawn(async move { answer_all(h2::server::handshake(io).await.unwrap()).await });
        }
    })
}

#[tokio::test]
async fn connection_refused() {
    let channel = Channel::connect_lazy(format!("http://{}", nowhere().await)).unwrap();
    for what in ["refused", "refused, in the pause after it"] {
        let since = Instant::now();
        let outcome = unary(&channel, Context::new()).await;
        report(what, since, &outcome);
        let status = outcome.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().contains("refused"), "{status:?}");
    }
}

#[tokio::test]
async fn a_channel_waits_longer_each_time_before_it_connects_again() {
    let address = nowhere().await;
    let builder = Channel::builder(format!("http://{address}"));
    let channel =
        builder.reconnect_backoff(Duration::from_hours(1), Duration::from_hours(2)).connect_lazy().unwrap();
    unary(&channel, Context::new()).await.unwrap_err();
    // It is there again, but nobody has tried.
    let server = serve(listen(address));
    let status = unary(&channel, Context::new()).await.unwrap_err();
    assert!(status.message().contains("refused"), "{status:?}");
    server.abort();
}

#[tokio::test]
async fn a_call_may_wait_until_the_server_is_there() {
    let address = nowhere().await;
    let builder = Channel::builder(format!("http://{address}"));
    let channel = builder
        .reconnect_backoff(Duration::from_millis(20), Duration::from_millis(50))
        .connect_lazy()
        .unwrap();
    let since = Instant::now();
    unary(&channel, Context::new()).await.unwrap_err();
    let patient = || Context::new().with_wait_for_ready();
    let outcome = unary(&channel, patient().with_timeout(Duration::from_millis(300))).await;
    report("waits for a server that does not come", since, &outcome);
    assert_eq!(outcome.unwrap_err().code(), Code::DeadlineExceeded);
    let call = tokio::spawn(async move { unary(&channel, patient()).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!call.is_finished());
    let server = serve(listen(address));
    let outcome = timeout(LONG, call).await.unwrap().unwrap();
    report("waits for a server that comes", since, &outcome);
    outcome.unwrap();
    server.abort();
}

#[tokio::test]
async fn dead_and_back() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let channel = Channel::connect_lazy(format!("http://{address}")).unwrap();
    let server = serve(listener);
    unary(&channel, Context::new()).await.unwrap();
    server.abort();
    let _ = server.await;
    let since = Instant::now();
    let status = loop {
        // What is under way may still be answered.
        if let Err(status) = unary(&channel, Context::new()).await {
            break status;
        }
    };
    assert_eq!(status.code(), Code::Unavailable);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let server = serve(listen(address));
    let mut failed = 0;
    let outcome = loop {
        let outcome = unary(&channel, Context::new()).await;
        if outcome.is_ok() || since.elapsed() > LONG {
            break outcome;
        }
        failed += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    report(&format!("dead and back after 100 ms, {failed} calls later"), since, &outcome);
    outcome.unwrap();
    server.abort();
}

#[tokio::test]
async fn connection_reset() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((io, _)) = listener.accept().await {
            // What is not read makes a reset of the end.
            io.readable().await.unwrap();
            drop(io);
        }
    });
    let channel = Channel::connect_lazy(format!("http://{address}")).unwrap();
    let since = Instant::now();
    let outcome = unary(&channel, Context::new()).await;
    report("reset", since, &outcome);
    assert_eq!(outcome.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn a_black_hole() {
    // The kernel takes the connection, and nobody does anything with it.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let builder = Channel::builder(format!("http://{address}"));
    let channel = builder.connect_timeout(Duration::from_millis(300)).connect_lazy().unwrap();
    for (what, ctx, code) in [
        ("black hole", Context::new(), Code::Unavailable),
        ("black hole, in the pause after it", Context::new(), Code::Unavailable),
    ] {
        let since = Instant::now();
        let outcome = unary(&channel, ctx).await;
        report(what, since, &outcome);
        assert_eq!(outcome.unwrap_err().code(), code);
    }
    let channel = Channel::connect_lazy(format!("http://{address}")).unwrap();
    let since = Instant::now();
    let outcome = unary(&channel, Context::new().with_timeout(Duration::from_millis(100))).await;
    report("black hole, with a deadline of 100 ms", since, &outcome);
    assert_eq!(outcome.unwrap_err().code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn a_slow_server() {
    let server = Server::start(
        100,
        Arc::new(|_, mut connection| {
            Box::pin(async move {
                while let Some(Ok((_, respond))) = connection.accept().await {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    crate::server::answer(respond);
                }
            })
        }),
    )
    .await;
    let channel = server.builder().connect_lazy().unwrap();
    let since = Instant::now();
    let outcome = unary(&channel, Context::new()).await;
    report("slow", since, &outcome);
    outcome.unwrap();
    let since = Instant::now();
    let outcome = unary(&channel, Context::new().with_timeout(Duration::from_millis(50))).await;
    report("slow, with a deadline of 50 ms", since, &outcome);
    assert_eq!(outcome.unwrap_err().code(), Code::DeadlineExceeded);
}

/// A server in a process of its own, and its address. It ends with this value.
struct Process(Child);

impl Process {
    fn start() -> (Self, SocketAddr) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "unreachable::serves_until_it_is_killed", "--ignored", "--nocapture"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.map_while(Result::ok).find_map(|line| {
            line.split_once("serves at ").map(|(_, address)| address.trim().parse().unwrap())
        });
        (Self(child), address.expect("it says where it serves"))
    }

    fn signal(&self, name: &str) {
        let sent =
            Command::new("kill").args([&format!("-{name}"), &self.0.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

#[cfg(unix)]
impl Process {
    /// Stops it, and waits until it has stopped.
    async fn freeze(&self) {
        self.signal("STOP");
        let state =
            || Command::new("ps").args(["-o", "stat=", "-p", &self.0.id().to_string()]).output().unwrap();
        for _ in 0..100 {
            if state().stdout.starts_with(b"T") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it goes on");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
#[ignore = "the tests below run it in another process"]
async fn serves_until_it_is_killed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("serves at {}", listener.local_addr().unwrap());
    let _ = timeout(4 * LONG, serve(listener)).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_process_that_is_frozen() {
    let (process, address) = Process::start();
    let quarter = Duration::from_millis(250);
    let builder = Channel::builder(format!("http://{address}")).keepalive(Some((quarter, quarter)));
    let builder = builder.reconnect_backoff(quarter / 5, quarter).connect_timeout(quarter);
    let channel = builder.connect().await.unwrap();
    unary(&channel, Context::new()).await.unwrap();
    process.freeze().await;
    for (what, ctx, code) in [
        (
            "frozen, with a deadline of 100 ms",
            Context::new().with_timeout(quarter * 2 / 5),
            Code::DeadlineExceeded,
        ),
        ("frozen, with pings every 250 ms and 250 ms to answer", Context::new(), Code::Unavailable),
        ("frozen, on a new connection with 250 ms to connect", Context::new(), Code::Unavailable),
    ] {
        let since = Instant::now();
        let outcome = unary(&channel, ctx).await;
        report(what, since, &outcome);
        assert_eq!(outcome.unwrap_err().code(), code);
    }
    process.signal("CONT");
    let since = Instant::now();
    let outcome = loop {
        let outcome = unary(&channel, Context::new()).await;
        if outcome.is_ok() || since.elapsed() > LONG {
            break outcome;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    report("thawed", since, &outcome);
    outcome.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_process_that_is_killed() {
    let (process, address) = Process::start();
    let channel = Channel::connect(format!("http://{address}")).await.unwrap();
    unary(&channel, Context::new()).await.unwrap();
    drop(process);
    let since = Instant::now();
    let outcome = unary(&channel, Context::new()).await;
    report("killed", since, &outcome);
    assert_eq!(outcome.unwrap_err().code(), Code::Unavailable);
}
