//! By what way a server is reached: connectors of the user's, proxies, layers.

use std::convert::Infallible;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use rsvc::client::{Builder, ChannelService, HttpVersion, Protocol, RestChannel};
use rsvc::codegen::client;
use rsvc::codegen::http::{HeaderMap, HeaderValue, Request, Uri};
use rsvc::tls::{ClientTls, ServerTls};
use rsvc::{Body, Channel, Code, Context, MethodInfo, MethodKind, Server, Status};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tower::{Service, service_fn};

use crate::authority::Authority;
use crate::server::LONG;

static CHECK: MethodInfo =
    MethodInfo::new("grpc.health.v1.Health", "Check", "/grpc.health.v1.Health/Check", MethodKind::Unary);

const WAYS: [(Protocol, HttpVersion); 3] = [
    (Protocol::Grpc, HttpVersion::Http2),
    (Protocol::GrpcWeb, HttpVersion::Http1),
    (Protocol::Connect, HttpVersion::Http2),
];

/// Asks a server whether it serves.
async fn check(builder: Builder) -> Result<(), Status> {
    let channel = builder.connect_lazy().unwrap();
    timeout(LONG, client::unary(&channel, &CHECK, Context::new(), ())).await.expect("a call has an end")
}

async fn serve(tls: Option<ServerTls>) -> SocketAddr {
    let server = match tls {
        None => Server::new(),
        Some(tls) => Server::new().tls(tls),
    };
    let server = server.bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr();
    tokio::spawn(server.serve());
    address
}

#[tokio::test]
async fn pipes_within_the_process() {
    let service = Server::new().into_service().unwrap();
    let connector = service_fn(move |uri: Uri| {
        assert_eq!(uri, "http://in.process/");
        let service = TowerToHyperService::new(service.clone());
        async move {
            let (here, there) = tokio::io::duplex(64 << 10);
            tokio::spawn(async move {
                let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                builder.serve_connection(TokioIo::new(there), service).await
            });
            Ok::<_, Infallible>(here)
        }
    });
    for (protocol, version) in WAYS {
        let builder = Channel::builder("http://in.process").protocol(protocol).http_version(version);
        check(builder.connect_with(connector.clone())).await.unwrap();
    }
}

#[tokio::test]
async fn tls_stands_on_what_a_connector_gives() {
    let authority = Authority::new();
    let address = serve(Some(ServerTls::new(authority.identity("shop.example")))).await;
    let connector = service_fn(move |_| TcpStream::connect(address));
    for (protocol, version) in WAYS {
        let builder = Channel::builder("https://shop.example").protocol(protocol).http_version(version);
        let builder = builder.connect_with(connector);
        check(builder.clone().tls(ClientTls::new().ca(authority.pem()))).await.unwrap();
        assert_eq!(check(builder).await.unwrap_err().code(), Code::Unavailable, "nobody vouches for it");
    }
}

#[tokio::test]
async fn a_connector_that_fails() {
    let connector = service_fn(|_| async { Err::<TcpStream, _>(std::io::Error::other("no such tunnel")) });
    for (protocol, version) in WAYS {
        let builder = Channel::builder("http://a").protocol(protocol).http_version(version);
        let status = check(builder.connect_with(connector)).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().contains("no such tunnel"), "{status:?}");
    }
}

#[tokio::test]
async fn connections_that_are_lost_at_once_are_not_made_without_end() {
    // It says that it is there, and nothing more.
    let made = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&made);
    let connector = service_fn(move |_| {
        let kept = Arc::clone(&kept);
        async move {
            let (here, mut there) = tokio::io::duplex(64 << 10);
            there.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await?;
            there.shutdown().await?;
            kept.lock().unwrap().push(there);
            std::io::Result::Ok(here)
        }
    });
    let status = check(Channel::builder("http://a").connect_with(connector)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    let made = made.lock().unwrap().len();
    assert!((1..10).contains(&made), "{made}");
}

/// A proxy that connects to one address, whatever it is asked for; and what it was asked.
async fn proxy(answer: &'static str, there: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let requests = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut io, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(io.read_u8().await.unwrap());
            }
            requests.lock().unwrap().push(String::from_utf8(head).unwrap());
            io.write_all(answer.as_bytes()).await.unwrap();
            tokio::spawn(async move {
                let mut there = TcpStream::connect(there).await?;
                copy_bidirectional(&mut io, &mut there).await
            });
        }
    });
    (address, asked)
}

const YES: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

#[tokio::test]
async fn a_proxy_is_asked_for_a_connection() {
    let authority = Authority::new();
    let secure = serve(Some(ServerTls::new(authority.identity("shop.example")))).await;
    let plain = serve(None).await;
    for (endpoint, there, name) in [
        ("http://shop.example:8080", plain, "shop.example:8080"),
        ("http://shop.example", plain, "shop.example:80"),
        ("https://shop.example", secure, "shop.example:443"),
    ] {
        for (protocol, version) in WAYS {
            let (proxy, asked) = proxy(YES, there).await;
            let builder = Channel::builder(endpoint).protocol(protocol).http_version(version);
            let builder = builder
                .tls(ClientTls::new().ca(authority.pem()))
                .proxy(format!("http://user:secret@{proxy}"));
            assert!(!format!("{builder:?}").contains("secret"));
            check(builder).await.unwrap();
            let expected = format!(
                "CONNECT {name} HTTP/1.1\r\nHost: {name}\r\nProxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n\r\n"
            );
            assert_eq!(*asked.lock().unwrap(), [expected]);
        }
    }
}

#[tokio::test]
async fn a_proxy_that_gives_no_connection() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (refusing, _) = proxy("HTTP/1.1 407 No\r\n\r\n", nobody).await;
    for (proxy, expected) in [(refusing, "it wants a user and a password"), (nobody, "Connection refused")] {
        let builder = Channel::builder("http://shop.example").proxy(format!("http://user:secret@{proxy}"));
        let status = check(builder).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().contains(expected), "{status:?}");
        assert!(!format!("{status:?}").contains("secret"));
    }
    for proxy in ["ftp://secret", "https://secret", ""] {
        let error = Channel::builder("http://a").proxy(proxy).connect_lazy().unwrap_err();
        assert!(error.to_string().contains("a proxy is `http://host:port`"), "{error}");
        assert!(!format!("{error:?} {error}").contains("secret"));
        RestChannel::builder("http://a").proxy(proxy).build().unwrap_err();
    }
}

/// What a proxy of SOCKS was asked: the user with the password, and for which server.
type Asked = Arc<Mutex<Vec<(Option<String>, String)>>>;

/// A proxy of SOCKS that answers so, and connects to one address whatever it is asked for.
async fn socks(answer: u8, there: SocketAddr) -> (SocketAddr, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Asked::default();
    let requests = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut io, _)) = listener.accept().await {
            let requests = Arc::clone(&requests);
            tokio::spawn(async move {
                let request = negotiate(&mut io).await?;
                requests.lock().unwrap().push(request);
                io.write_all(&[5, answer, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
                let mut there = TcpStream::connect(there).await?;
                copy_bidirectional(&mut io, &mut there).await
            });
        }
    });
    (address, asked)
}

/// Reads what a proxy of SOCKS is asked ([RFC 1928](https://www.rfc-editor.org/rfc/rfc1928),
/// [RFC 1929](https://www.rfc-editor.org/rfc/rfc1929)).
async fn negotiate(io: &mut TcpStream) -> std::io::Result<(Option<String>, String)> {
    assert_eq!(io.read_u8().await?, 5);
    let methods = read_text(io).await?;
    let user = if methods.contains('\u{2}') {
        io.write_all(&[5, 2]).await?;
        assert_eq!(io.read_u8().await?, 1);
        let (user, password) = (read_text(io).await?, read_text(io).await?);
        io.write_all(&[1, 0]).await?;
        Some(format!("{user}:{password}"))
    } else {
        io.write_all(&[5, 0]).await?;
        None
    };
    let mut head = [0; 4];
    io.read_exact(&mut head).await?;
    let host = match head {
        [5, 1, 0, 1] => Ipv4Addr::from(io.read_u32().await?).to_string(),
        [5, 1, 0, 3] => read_text(io).await?,
        [5, 1, 0, 4] => Ipv6Addr::from(io.read_u128().await?).to_string(),
        other => panic!("no request: {other:?}"),
    };
    Ok((user, format!("{host} {}", io.read_u16().await?)))
}

/// A text behind its length.
async fn read_text(io: &mut TcpStream) -> std::io::Result<String> {
    let mut text = vec![0; io.read_u8().await?.into()];
    io.read_exact(&mut text).await?;
    Ok(String::from_utf8(text).unwrap())
}

#[tokio::test]
async fn a_proxy_of_socks_is_asked_for_a_connection() {
    let authority = Authority::new();
    let secure = serve(Some(ServerTls::new(authority.identity("shop.example")))).await;
    let plain = serve(None).await;
    let secret = Some("user:secret".to_owned());
    for (endpoint, scheme, there, user, expected) in [
        ("http://shop.example:8080", "socks5h://", plain, None, "shop.example 8080"),
        ("http://shop.example", "socks5h://user:secret@", plain, secret.clone(), "shop.example 80"),
        ("https://shop.example", "socks5h://user:secret@", secure, secret.clone(), "shop.example 443"),
        ("http://192.0.2.1", "socks5h://", plain, None, "192.0.2.1 80"),
        ("http://[2001:db8::1]:8080", "socks5://", plain, None, "2001:db8::1 8080"),
    ] {
        for (protocol, version) in WAYS {
            let (proxy, asked) = socks(0, there).await;
            let builder = Channel::builder(endpoint).protocol(protocol).http_version(version);
            let builder = builder.tls(ClientTls::new().ca(authority.pem())).proxy(format!("{scheme}{proxy}"));
            assert!(!format!("{builder:?}").contains("secret"));
            check(builder).await.unwrap();
            assert_eq!(*asked.lock().unwrap(), [(user.clone(), expected.to_owned())]);
        }
    }
    // Names are resolved here.
    let (proxy, asked) = socks(0, plain).await;
    check(Channel::builder("http://localhost:8080").proxy(format!("socks5://{proxy}"))).await.unwrap();
    let (_, asked) = asked.lock().unwrap().pop().unwrap();
    assert!(["127.0.0.1 8080", "::1 8080"].contains(&&*asked), "{asked}");
}

#[tokio::test]
async fn a_proxy_of_socks_that_gives_no_connection() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (refusing, _) = socks(5, nobody).await;
    // One of HTTP is none of SOCKS.
    let (other, _) = proxy("HTTP/1.1 400 Bad Request\r\n\r\n", nobody).await;
    for (proxy, expected) in [(refusing, "connection refused"), (nobody, "Connection refused")] {
        let proxy = format!("socks5h://user:secret@{proxy}");
        let status = check(Channel::builder("http://shop.example").proxy(proxy)).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        assert!(status.message().contains(expected), "{status:?}");
        assert!(!format!("{status:?}").contains("secret"));
    }
    let builder = Channel::builder("http://shop.example").proxy(format!("socks5h://{other}"));
    let builder = builder.connect_timeout(Duration::from_millis(200));
    assert_eq!(check(builder).await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn a_proxy_of_the_environment() {
    let server = serve(None).await;
    let (proxy, asked) = proxy(YES, server).await;
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ways::calls_as_the_environment_says", "--ignored", "--nocapture"])
        .env("HTTP_PROXY", format!("http://{proxy}"))
        .env("NO_PROXY", "other.example")
        .env("RSVC_TEST_SERVER", server.to_string())
        .spawn();
    let mut child = child.unwrap();
    let status = tokio::task::spawn_blocking(move || child.wait()).await.unwrap().unwrap();
    assert!(status.success());
    let expected = "CONNECT shop.example:80 HTTP/1.1\r\nHost: shop.example:80\r\n\r\n";
    assert_eq!(*asked.lock().unwrap(), [expected]);
}

#[tokio::test]
#[ignore = "the test above runs it in another process"]
async fn calls_as_the_environment_says() {
    check(Channel::builder("http://shop.example").proxy_from_env()).await.unwrap();
    // Who does not ask has none, nor has who is named, nor this machine.
    check(Channel::builder("http://shop.example")).await.unwrap_err();
    check(Channel::builder("http://other.example").proxy_from_env()).await.unwrap_err();
    let here = std::env::var("RSVC_TEST_SERVER").unwrap();
    check(Channel::builder(format!("http://{here}")).proxy_from_env()).await.unwrap();
}

type Headers = Arc<Mutex<Vec<HeaderMap>>>;
type Answer = rsvc::codegen::http::Response<Body>;

/// A service in the place of a server, which keeps the headers of the requests.
fn headers() -> (
    Headers,
    impl Service<Request<Body>, Response = Answer, Error = Infallible, Future: Send>
    + Clone
    + Send
    + Sync
    + 'static,
) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let server = Server::new().into_service().unwrap();
    let service = service_fn(move |request: Request<Body>| {
        kept.lock().unwrap().push(request.headers().clone());
        let mut server = server.clone();
        async move { Ok(server.call(request).await.unwrap().map(Body::new)) }
    });
    (seen, service)
}

#[tokio::test]
async fn layers_are_around_the_connections_the_first_outermost() {
    let (seen, service) = headers();
    let layer = |name: &'static str| {
        tower::layer::layer_fn(move |inner: ChannelService| {
            service_fn(move |mut request: Request<Body>| {
                request.headers_mut().append("x-layer", HeaderValue::from_static(name));
                inner.clone().call(request)
            })
        })
    };
    let builder = Channel::builder("http://a").layer(layer("outer")).layer(layer("inner"));
    let channel = builder.with_transport(service).unwrap();
    client::unary::<(), (), Status>(&channel, &CHECK, Context::new(), ()).await.unwrap();
    let layers: Vec<HeaderValue> = seen.lock().unwrap()[0].get_all("x-layer").iter().cloned().collect();
    assert_eq!(layers, ["outer", "inner"]);
    // Around connections as well, and an error of a layer is one of the transport.
    let address = serve(None).await;
    check(Channel::builder(format!("http://{address}")).layer(layer("a"))).await.unwrap();
    let failing = tower::layer::layer_fn(|_: ChannelService| {
        service_fn(|_: Request<Body>| async { Err::<Answer, _>(std::io::Error::other("no")) })
    });
    let status = check(Channel::builder("http://a").layer(failing)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    RestChannel::builder("http://a").layer(layer("a")).build().unwrap();
}

#[tokio::test]
async fn a_client_has_a_name() {
    let (seen, service) = headers();
    let ours = concat!("rsvc/", env!("CARGO_PKG_VERSION"));
    for (name, expected) in [(None, ours.to_owned()), (Some("shop/1.2"), format!("shop/1.2 {ours}"))] {
        let builder = Channel::builder("http://a");
        let builder = match name {
            None => builder,
            Some(name) => builder.user_agent(name),
        };
        let channel = builder.with_transport(service.clone()).unwrap();
        client::unary::<(), (), Status>(&channel, &CHECK, Context::new(), ()).await.unwrap();
        assert_eq!(seen.lock().unwrap().pop().unwrap()["user-agent"], expected);
    }
    let error = Channel::builder("http://a").user_agent("a\nb").connect_lazy().unwrap_err();
    assert_eq!(error.to_string(), "`http://a` cannot be called: the user agent is not text for a header");
}

#[tokio::test]
async fn connections_are_made_from_an_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let builder = Channel::builder(format!("http://{address}")).local_address("127.0.0.2".parse().unwrap());
    let channel = builder.connect_lazy().unwrap();
    let ctx = Context::new();
    let call = client::unary::<(), (), Status>(&channel, &CHECK, ctx, ());
    tokio::select! {
        _ = call => panic!("nobody answers"),
        accepted = listener.accept() => assert_eq!(accepted.unwrap().1.ip().to_string(), "127.0.0.2"),
    }
}
