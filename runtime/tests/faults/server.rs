//! Servers of HTTP/2 that fail as a test says, and calls to them.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use h2::server::{Connection, SendResponse};
use rsvc::codegen::bytes::Bytes;
use rsvc::codegen::client;
use rsvc::codegen::http::{HeaderMap, Request, Response};
use rsvc::pb::google::rpc::LocalizedMessage;
use rsvc::{Channel, Context, MethodInfo, MethodKind, Status};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Longer than anything in these tests takes.
pub(crate) const LONG: Duration = Duration::from_secs(30);

pub(crate) type Text = LocalizedMessage;

pub(crate) static UNARY: MethodInfo = MethodInfo::new("a.B", "Unary", "/a.B/Unary", MethodKind::Unary);
pub(crate) static DOWNLOAD: MethodInfo =
    MethodInfo::new("a.B", "Download", "/a.B/Download", MethodKind::ServerStreaming);
pub(crate) static CHAT: MethodInfo = MethodInfo::new("a.B", "Chat", "/a.B/Chat", MethodKind::BidiStreaming);

pub(crate) fn text(message: &str) -> Text {
    Text { locale: "en".into(), message: message.into() }
}

/// `text("hi")` in its envelope.
pub(crate) const HI: &[u8] = b"\0\0\0\0\x08\x0a\x02en\x12\x02hi";

/// A connection of a server.
pub(crate) type Http2 = Connection<TcpStream, Bytes>;
/// A request, and what answers it.
pub(crate) type Call = (Request<h2::RecvStream>, SendResponse<Bytes>);
/// What a server does with a connection; the first has number 0.
pub(crate) type Serve = Arc<dyn Fn(usize, Http2) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// What servers are and have had.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Serves each connection so, and lets so many calls run at once on each.
    pub(crate) async fn start(streams: u32, serve: Serve) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((io, _)) = listener.accept().await {
                let (serve, number) = (Arc::clone(&serve), count.fetch_add(1, Ordering::SeqCst));
                tokio::spawn(async move {
                    let mut builder = h2::server::Builder::new();
                    // Calls that are given up do not bother it.
                    builder.max_concurrent_streams(streams).max_pending_accept_reset_streams(10_000);
                    let connection = builder.handshake(io).await;
                    serve(number, connection.unwrap()).await;
                });
            }
        });
        Self { address, connections }
    }

    /// How many connections it has had.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn builder(&self) -> rsvc::client::Builder {
        Channel::builder(format!("http://{}", self.address))
    }
}

/// Answers all calls of a connection.
pub(crate) async fn answer_all(mut connection: Http2) {
    while let Some(call) = connection.accept().await {
        let Ok((_, respond)) = call else { return };
        answer(respond);
    }
}

/// Answers a call with one message.
pub(crate) fn answer(mut respond: SendResponse<Bytes>) {
    let mut stream = respond.send_response(head(), false).unwrap();
    stream.send_data(Bytes::from_static(HI), false).unwrap();
    end(&mut stream);
}

pub(crate) fn head() -> Response<()> {
    Response::builder().header("content-type", "application/grpc").body(()).unwrap()
}

pub(crate) fn end(stream: &mut h2::SendStream<Bytes>) {
    stream
        .send_trailers(HeaderMap::from_iter([("grpc-status".parse().unwrap(), "0".parse().unwrap())]))
        .unwrap();
}

pub(crate) async fn unary(channel: &Channel, ctx: Context) -> Result<Text, Status> {
    timeout(LONG, client::unary(channel, &UNARY, ctx, text("hi"))).await.expect("a call has an end")
}

/// Says what a caller saw and after how long.
pub(crate) fn report(what: &str, since: Instant, outcome: &Result<Text, Status>) {
    match outcome {
        Ok(_) => println!("{what}: answered after {:?}", since.elapsed()),
        Err(status) => {
            println!("{what}: {:?} after {:?}: {}", status.code(), since.elapsed(), status.message());
        }
    }
}
