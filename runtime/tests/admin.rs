//! The admin listener, asked as curl does.

#![allow(clippy::unwrap_used, reason = "what fails here is a test")]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rsvc::codegen::{Call, Handling, Service};
use rsvc::server::{Admin, Health, Listener};
use rsvc::{Access, Channel, Context, MethodInfo, MethodKind, Server, ServiceInfo, Status};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};

const WAIT: MethodInfo =
    MethodInfo::new("demo.Slow", "Wait", "/demo.Slow/Wait", MethodKind::Unary).access(Access::Public);
const FEED: MethodInfo = MethodInfo::new("demo.Slow", "Feed", "/demo.Slow/Feed", MethodKind::ServerStreaming)
    .access(Access::Scopes { all_of: &["feed", "read"], any_of: &[] });
const SILENT: MethodInfo = MethodInfo::new("demo.Slow", "Silent", "/demo.Slow/Silent", MethodKind::Unary);
const OWN: MethodInfo =
    MethodInfo::new("demo.Slow", "Own", "/demo.Slow/Own", MethodKind::Unary).condition(|_| Ok(true));
const INFO: ServiceInfo = ServiceInfo::new("demo.Slow", &[WAIT, FEED, SILENT, OWN], b"");

/// Answers once it is told, and tells when it is called.
#[derive(Clone, Default)]
struct Slow {
    called: Arc<Notify>,
    go: Arc<Notify>,
}

impl Service for Slow {
    const INFO: &'static ServiceInfo = &INFO;

    fn call<'a>(&'a self, _: usize, call: Call<'a>) -> Handling<'a> {
        call.unary(move |_: Context, (): ()| async move {
            self.called.notify_one();
            self.go.notified().await;
            Ok::<(), Status>(())
        })
    }
}

/// A server that runs, where it is asked, and how it is stopped.
struct Running {
    addr: SocketAddr,
    admin: SocketAddr,
    slow: Slow,
    stop: Option<oneshot::Sender<()>>,
    serving: tokio::task::JoinHandle<()>,
}

async fn serve(admin: Admin, change: impl FnOnce(Server) -> Server) -> Running {
    let listener = Listener::tcp("127.0.0.1:0").await.unwrap();
    let admin_addr = listener.addr().to_string().parse().unwrap();
    let slow = Slow::default();
    let server = Server::new().add(slow.clone()).authenticated_by_layers().admin(admin, listener);
    let server = change(server).bind("127.0.0.1:0").await.unwrap();
    let addr = server.local_addr();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        server.serve_with_shutdown(async { stopped.await.unwrap_or_default() }).await.unwrap();
    });
    Running { addr, admin: admin_addr, slow, stop: Some(stop), serving }
}

/// An answer: the status, the head in lower case, the body.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

/// Sends a request as it is written.
async fn send(addr: SocketAddr, request: String) -> Answer {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}

impl Running {
    async fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        send(self.admin, format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}", self.admin)).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", "").await
    }

    async fn json(&self, path: &str) -> serde_json::Value {
        let answer = self.ask("GET", path, "accept: application/json\r\n", "").await;
        assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
        serde_json::from_str(&answer.body).unwrap()
    }
}

#[tokio::test]
async fn it_says_whether_the_server_is_ready_and_what_is_not() {
    let (is_there, health) = (Arc::new(AtomicBool::new(true)), Health::new());
    let database = Arc::clone(&is_there);
    let admin = Admin::new()
        .check("database", Duration::from_mins(1), move || {
            let is_there = database.load(Ordering::SeqCst);
            async move { if is_there { Ok(()) } else { Err("nobody answers") } }
        })
        .check("queue", Duration::from_mins(1), || async { Ok::<(), String>(()) });
    let server = serve(admin, |server| server.health(health.clone())).await;

    let answer = server.get("/readyz").await;
    let expected =
        "ready\nservice *: serving\nservice demo.Slow: serving\ncheck database: ok\ncheck queue: ok\n";
    assert_eq!((answer.status, &*answer.body), (200, expected));
    assert!(answer.head.contains("cache-control: no-store"), "{}", answer.head);
    assert_eq!(server.get("/healthz").await.status, 200);

    is_there.store(false, Ordering::SeqCst);
    let answer = server.get("/readyz").await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.starts_with("not ready\n"), "{}", answer.body);
    assert!(answer.body.contains("check database: failed: nobody answers\n"), "{}", answer.body);
    assert_eq!(
        server.json("/readyz").await,
        serde_json::json!({
            "ready": false,
            "stopping": false,
            "services": {"": "serving", "demo.Slow": "serving"},
            "checks": {"database": "failed: nobody answers", "queue": "ok"},
        })
    );
    // It is alive all the same.
    assert_eq!(server.get("/healthz").await.status, 200);

    is_there.store(true, Ordering::SeqCst);
    assert_eq!(server.get("/readyz").await.status, 200);
    health.set("demo.Slow", false);
    let answer = server.get("/readyz").await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("service demo.Slow: not serving\n"), "{}", answer.body);
    assert_eq!(server.ask("HEAD", "/readyz", "", "").await.status, 503);
}

#[tokio::test]
async fn a_check_that_hangs_or_panics_fails() {
    let admin = Admin::new()
        .check("hangs", Duration::from_millis(20), std::future::pending::<Result<(), String>>)
        .check("panics", Duration::from_mins(1), || async { panic!("at once") as Result<(), String> })
        .check("does not begin", Duration::from_mins(1), || -> std::future::Ready<Result<(), String>> {
            panic!("before it begins")
        });
    let answer = serve(admin, |server| server).await.get("/readyz").await;
    assert_eq!(answer.status, 503);
    for line in [
        "check hangs: failed: the check took too long\n",
        "check panics: failed: the check panicked\n",
        "check does not begin: failed: the check panicked\n",
    ] {
        assert!(answer.body.contains(line), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_server_that_stops_is_not_ready_and_answers_to_its_end() {
    let mut server = serve(Admin::new(), |server| server).await;
    let channel = Channel::connect(format!("http://{}", server.addr)).await.unwrap();
    let calling = tokio::spawn(async move {
        rsvc::codegen::client::unary::<(), (), Status>(&channel, &WAIT, Context::new(), ()).await
    });
    server.slow.called.notified().await;
    assert_eq!(server.get("/readyz").await.status, 200);
    server.stop.take();
    let mut statuses = Vec::new();
    for _ in 0..1000 {
        statuses.push(server.get("/readyz").await.status);
        if statuses.ends_with(&[503]) {
            break;
        }
    }
    assert_eq!(statuses.last(), Some(&503));
    assert!(server.get("/readyz").await.body.contains("the server: stopping\n"));
    assert_eq!(server.get("/healthz").await.status, 200);
    assert!(!server.serving.is_finished());
    server.slow.go.notify_one();
    calling.await.unwrap().unwrap();
    server.serving.await.unwrap();
    TcpStream::connect(server.admin).await.unwrap_err();
}

#[tokio::test]
async fn it_lists_the_methods() {
    let server = serve(Admin::new(), |server| server).await;
    let text = server.get("/routes").await.body;
    let of_the_service = "/demo.Slow/Wait  unary  public\n\
        /demo.Slow/Feed  server streaming  scopes, all of feed read\n\
        /demo.Slow/Silent  unary  authenticated, not declared\n\
        /demo.Slow/Own  unary  authenticated, condition\n";
    assert!(text.starts_with(of_the_service), "{text}");
    assert!(text.contains("/grpc.health.v1.Health/Check  unary  public\n"), "{text}");
    let json = server.json("/routes").await;
    assert_eq!(
        json["methods"][1],
        serde_json::json!({
            "service": "demo.Slow",
            "method": "Feed",
            "path": "/demo.Slow/Feed",
            "kind": "server streaming",
            "access": {"needs": "scopes", "declared": true, "condition": false, "allOf": ["feed", "read"], "anyOf": []},
            "bindings": [],
        })
    );
    assert_eq!(
        json["methods"][2]["access"],
        serde_json::json!({"needs": "authenticated", "declared": false, "condition": false})
    );
}

#[tokio::test]
async fn it_tells_versions_metrics_and_paths() {
    let admin =
        Admin::new().version("shop", "1.2.3").info("commit", "abc\"def").metrics(|| "calls 7\n".into());
    let server = serve(admin, |server| server).await;
    let version = server.json("/version").await;
    let rsvc = env!("CARGO_PKG_VERSION");
    assert_eq!(
        version,
        serde_json::json!({"name": "shop", "version": "1.2.3", "commit": "abc\"def", "rsvc": rsvc})
    );
    let text = server.get("/version").await.body;
    assert_eq!(text, format!("name shop\nversion 1.2.3\ncommit abc\"def\nrsvc {rsvc}\n"));
    let metrics = server.get("/metrics").await;
    assert_eq!(metrics.body, "calls 7\n");
    assert!(metrics.head.contains("content-type: text/plain; version=0.0.4"), "{}", metrics.head);
    assert_eq!(server.get("/").await.body, "/healthz\n/readyz\n/routes\n/version\n/metrics\n");
    assert_eq!(server.get("/log").await.status, 404);
    assert_eq!(server.get("/elsewhere").await.status, 404);
}

#[tokio::test]
async fn the_filter_of_the_log_changes() {
    let filter = Arc::new(Mutex::new("info".to_owned()));
    let (read, write) = (Arc::clone(&filter), filter);
    let admin = Admin::new().log_filter(
        move || read.lock().unwrap().clone(),
        move |text| match text {
            "nonsense" => Err("there is no such level"),
            text => {
                *write.lock().unwrap() = text.to_owned();
                Ok(())
            }
        },
    );
    let server = serve(admin, |server| server).await;
    assert_eq!(server.get("/log").await.body, "info\n");
    let answer = server.ask("PUT", "/log", "", "debug,shop=trace\n").await;
    assert_eq!((answer.status, &*answer.body), (200, "debug,shop=trace\n"));
    let answer = server.ask("PUT", "/log", "", "nonsense").await;
    assert_eq!((answer.status, &*answer.body), (400, "there is no such level\n"));
    assert_eq!(server.ask("PUT", "/log", "", &"x".repeat(5000)).await.status, 413);
    let answer = server.ask("POST", "/log", "", "debug").await;
    assert_eq!(answer.status, 405);
    assert!(answer.head.contains("allow: get, head, put\r\n"), "{}", answer.head);
    assert_eq!(server.get("/log").await.body, "debug,shop=trace\n");
}

#[tokio::test]
async fn what_it_is_not_for_is_refused() {
    let server = serve(Admin::new(), |server| server).await;
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let answer = server.ask(method, "/readyz", "", "").await;
        assert_eq!(answer.status, 405, "{method}");
        assert!(answer.head.contains("allow: get, head\r\n"), "{}", answer.head);
        assert!(!answer.head.contains("access-control"), "{}", answer.head);
    }
    // A name of somebody else's that leads here, and a page of another origin.
    let rebound = "GET /routes HTTP/1.1\r\nhost: attacker.example\r\nconnection: close\r\n\r\n";
    let answer = send(server.admin, rebound.to_owned()).await;
    assert_eq!(answer.status, 421);
    assert!(!answer.body.contains("demo.Slow"));
    assert_eq!(server.ask("GET", "/routes", "origin: http://attacker.example\r\n", "").await.status, 421);
    // The port of the services does not have these paths, and this one no services.
    let request = format!("GET /routes HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", server.addr);
    assert_eq!(send(server.addr, request).await.status, 404);
    let channel = Channel::connect(format!("http://{}", server.admin)).await.unwrap();
    let called = rsvc::codegen::client::unary::<(), (), Status>(&channel, &WAIT, Context::new(), ()).await;
    assert_eq!(called.unwrap_err().code(), rsvc::Code::Unimplemented);
}

#[tokio::test]
async fn other_machines_have_to_be_allowed() {
    let listen = || async { Listener::tcp("0.0.0.0:0").await.unwrap() };
    let server = Server::new().admin(Admin::new(), listen().await);
    let error = server.bind("127.0.0.1:0").await.unwrap_err();
    assert!(error.is_open_admin());
    assert!(
        error.to_string().starts_with("other machines could reach the admin listener at 0.0.0.0:"),
        "{error}"
    );

    let server = Server::new().admin(Admin::new().allow_remote(), listen().await);
    let _bound = server.bind("127.0.0.1:0").await.unwrap();
}
