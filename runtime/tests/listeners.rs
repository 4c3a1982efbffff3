//! What a server listens to: TCP, Unix sockets, sockets of systemd's, several at once.

#![allow(clippy::unwrap_used, reason = "what fails here is a test")]
#![cfg(unix)]

#[path = "support/authority.rs"]
mod authority;

use std::error::Error as _;
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use authority::Authority;
use rsvc::client::{HttpVersion, Protocol};
use rsvc::codegen::{Call, Handling, Service};
use rsvc::server::{BoundServer, Listener};
use rsvc::tls::{ClientTls, ServerTls};
use rsvc::{Channel, Context, MethodInfo, MethodKind, Server, ServiceInfo, Status};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::oneshot;

const WHERE: MethodInfo = MethodInfo::new("demo.Where", "Where", "/demo.Where/Where", MethodKind::Unary);
const INFO: ServiceInfo = ServiceInfo::new("demo.Where", &[WHERE], b"");

/// Answers with what is known of the peer.
struct Where;

impl Service for Where {
    const INFO: &'static ServiceInfo = &INFO;

    fn call<'a>(&'a self, _: usize, call: Call<'a>) -> Handling<'a> {
        call.unary(|ctx: Context, (): ()| async move {
            let peer = match (ctx.peer_addr(), ctx.peer_credentials()) {
                (Some(addr), None) => addr.ip().to_string(),
                (None, Some(process)) => format!("process {}", process.pid().unwrap()),
                both => format!("{both:?}"),
            };
            ctx.set_header("x-peer", peer)?;
            Ok::<(), Status>(())
        })
    }
}

async fn call_on(channel: &Channel) -> Result<String, Status> {
    let ctx = Context::new();
    rsvc::codegen::client::unary::<(), (), Status>(channel, &WHERE, ctx.clone(), ()).await?;
    Ok(ctx.response_headers().get("x-peer").unwrap().to_str().unwrap().to_owned())
}

async fn call(endpoint: &str) -> String {
    call_on(&Channel::connect(endpoint).await.unwrap()).await.unwrap()
}

/// Serves until the first is dropped; the second tells when it has stopped.
fn serve<A: Send + 'static>(
    server: BoundServer<tower::layer::util::Identity, A>,
) -> (oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        server.serve_with_shutdown(async { stopped.await.unwrap_or_default() }).await.unwrap();
    });
    (stop, serving)
}

fn unix(path: &Path) -> String {
    format!("unix:{}", path.display())
}

fn this_process() -> String {
    format!("process {}", std::process::id())
}

#[tokio::test]
async fn several_listeners_stop_together() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let given = UnixListener::bind(at("given.sock")).unwrap();
    let server = Server::new()
        .add(Where)
        .bind("127.0.0.1:0")
        .await
        .unwrap()
        .also(Listener::tcp("[::1]:0").await.unwrap())
        .also(Listener::unix(at("made.sock")).unwrap())
        .also(Listener::from_unix(given).unwrap());
    let addrs: Vec<_> = server.listeners().iter().map(|listener| listener.addr().to_string()).collect();
    let local_addr = server.local_addr();
    assert_eq!(addrs[0], local_addr.to_string());
    assert_eq!(addrs[2], unix(&at("made.sock")));
    let (stop, serving) = serve(server);
    let channel = Channel::connect(addrs[3].clone()).await.unwrap();
    for (addr, expected) in addrs.iter().zip(["127.0.0.1", "::1", &this_process(), &this_process()]) {
        let endpoint = if addr.starts_with("unix:") { addr.clone() } else { format!("http://{addr}") };
        assert_eq!(call(&endpoint).await, expected, "{endpoint}");
    }
    assert_eq!(call_on(&channel).await.unwrap(), this_process());

    drop(stop);
    serving.await.unwrap();
    for addr in &addrs[..2] {
        Channel::connect(format!("http://{addr}")).await.unwrap_err();
    }
    for addr in &addrs[2..] {
        Channel::connect(addr.clone()).await.unwrap_err();
    }
    // What was not made by the server is not removed by it.
    assert!(!at("made.sock").exists() && at("given.sock").exists());
}

/// Those that come at once are not left to ask again a second later. Nothing accepts here.
#[tokio::test]
async fn many_connections_may_wait_to_be_accepted() {
    let listener = Listener::tcp("127.0.0.1:0").await.unwrap();
    let addr = listener.addr().to_string().parse().unwrap();
    let connect = |_| std::net::TcpStream::connect_timeout(&addr, Duration::from_secs(5)).ok();
    let connections: Vec<_> = (0..400).map_while(connect).collect();
    assert_eq!(connections.len(), 400);
}

#[tokio::test]
async fn every_protocol_goes_over_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.sock");
    let server = Server::new().add(Where).with_listeners([Listener::unix(&path).unwrap()]).unwrap();
    let (_stop, _serving) = serve(server);
    for (protocol, version) in [
        (Protocol::Grpc, HttpVersion::Http2),
        (Protocol::GrpcWeb, HttpVersion::Http1),
        (Protocol::Connect, HttpVersion::Http1),
        (Protocol::Connect, HttpVersion::Http2),
    ] {
        let channel = Channel::builder(format!("unix://{}", path.display())).protocol(protocol);
        let channel = channel.http_version(version).connect().await.unwrap();
        assert_eq!(call_on(&channel).await.unwrap(), this_process());
    }
}

#[tokio::test]
async fn a_file_that_was_left_behind_is_replaced_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.sock");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let listener = Listener::unix(&path).unwrap();

    // Somebody listens.
    let error = Listener::unix(&path).unwrap_err();
    assert!(error.is_bind());
    assert_eq!(error.to_string(), format!("cannot listen on {}", unix(&path)));
    assert!(fs::symlink_metadata(&path).unwrap().file_type().is_socket());
    // The file is somebody else's by now.
    fs::remove_file(&path).unwrap();
    fs::write(&path, "notes").unwrap();
    drop(listener);
    assert_eq!(fs::read_to_string(&path).unwrap(), "notes");
    // It is no socket.
    Listener::unix(&path).unwrap_err();
    assert_eq!(fs::read_to_string(&path).unwrap(), "notes");
    Listener::unix(folder.path().join("no/folder")).unwrap_err();
    Listener::unix(folder.path().join("long".repeat(50))).unwrap_err();
}

#[tokio::test]
async fn a_socket_has_the_permissions_that_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    for mode in [0o600, 0o660, 0o666] {
        let path = folder.path().join(format!("{mode:o}.sock"));
        let _listener = Listener::unix_with_mode(&path, mode).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
    }
}

#[tokio::test]
async fn a_server_listens_to_something() {
    let error = Server::new().add(Where).with_listeners([]).unwrap_err();
    assert!(error.is_bind());
    assert_eq!(error.to_string(), "there is nothing to listen to");
}

/// TLS is for all listeners but those that are to have none.
#[tokio::test]
async fn a_listener_may_have_no_tls() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let server = Server::new().add(Where).tls(ServerTls::new(authority.identity("localhost")));
    let server = server
        .bind("127.0.0.1:0")
        .await
        .unwrap()
        .also(Listener::unix(at("plain.sock")).unwrap().without_tls())
        .also(Listener::unix(at("tls.sock")).unwrap());
    let endpoint = format!("https://localhost:{}", server.local_addr().port());
    let (_stop, _serving) = serve(server);
    let channel = Channel::builder(endpoint).tls(ClientTls::new().ca(authority.pem()));
    assert_eq!(call_on(&channel.connect().await.unwrap()).await.unwrap(), "127.0.0.1");
    assert_eq!(call(&unix(&at("plain.sock"))).await, this_process());
    let without_tls = Channel::connect_lazy(unix(&at("tls.sock"))).unwrap();
    call_on(&without_tls).await.unwrap_err();
}

#[tokio::test]
async fn nothing_listens_and_nobody_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let error = Channel::connect(unix(&folder.path().join("none.sock"))).await.unwrap_err();
    assert!(!error.is_invalid_endpoint());
    assert!(error.source().is_some());
}

/// As systemd starts a service: with sockets from the third descriptor on, and a socket to tell how far it is.
#[tokio::test(flavor = "multi_thread")]
async fn systemd_passes_sockets_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("notify");
    let notified = UnixDatagram::bind(&socket).unwrap();
    notified.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let next = || {
        let mut text = [0; 256];
        let length = notified.recv(&mut text).unwrap();
        String::from_utf8_lossy(&text[..length]).into_owned()
    };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let unix_path = folder.path().join("passed.sock");
    let unix_listener = std::os::unix::net::UnixListener::bind(&unix_path).unwrap();

    let mut child = Command::new("sh")
        .args(["-c", r#"LISTEN_PID=$$ exec "$0" "$@" 3<&0 4>&1 0</dev/null 1>&2"#])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "serves_what_systemd_passes", "--ignored", "--nocapture"])
        .env("LISTEN_FDS", "2")
        .env("LISTEN_FDNAMES", "public:local")
        .env("NOTIFY_SOCKET", &socket)
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(listener)))
        .stdout(Stdio::from(std::os::fd::OwnedFd::from(unix_listener)))
        .spawn()
        .unwrap();
    assert_eq!(next().trim(), "READY=1");
    assert_eq!(call(&format!("http://{addr}")).await, "127.0.0.1");
    assert_eq!(call(&unix(&unix_path)).await, this_process());
    let stopped = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(stopped.success());
    assert_eq!(next().trim(), "STOPPING=1");
    assert!(child.wait().unwrap().success());
    // It is systemd's.
    assert!(unix_path.exists());
}

#[tokio::test]
#[ignore = "the test above runs it in another process"]
async fn serves_what_systemd_passes() {
    let listeners = Listener::systemd().unwrap();
    let names: Vec<_> = listeners.iter().map(Listener::name).collect();
    assert_eq!(names, [Some("public"), Some("local")]);
    assert!(Listener::systemd().unwrap().is_empty());
    Server::new().add(Where).with_listeners(listeners).unwrap().serve().await.unwrap();
}

/// Without systemd there is nothing, and nobody to tell.
#[tokio::test]
async fn systemd_may_have_passed_nothing() {
    assert!(Listener::systemd().unwrap().is_empty());
    let listener = Listener::from_tcp(TcpListener::bind("127.0.0.1:0").await.unwrap()).unwrap();
    assert_eq!(listener.name(), None);
}
