//! A demo service whose handlers do what the request says, and servers for it.

use std::sync::Arc;
use std::time::Duration;

use rsvc::codegen::bytes::Bytes;
use rsvc::server::{BoundServer, HttpService, Router, ServeError};
use rsvc::{Channel, Context, RequestStream, ResponseStream, Server, Status};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::demo::{Demo, DemoClient, DemoServer, Text, number, text};

/// Longer than anything in these tests takes, so that who waits this long waits in vain.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// Does what `request.text` says and reports what happens.
#[derive(Clone)]
pub(crate) struct Script {
    events: mpsc::UnboundedSender<&'static str>,
    /// Where `"relay"` goes.
    pub(crate) upstream: Option<DemoClient>,
}

pub(crate) type Events = mpsc::UnboundedReceiver<&'static str>;

impl Script {
    pub(crate) fn new() -> (Self, Events) {
        let (events, received) = mpsc::unbounded_channel();
        (Self { events, upstream: None }, received)
    }

    fn note(&self, event: &'static str) {
        let _ = self.events.send(event);
    }

    /// Notes when it is dropped.
    fn guard(&self, event: &'static str) -> Guard {
        Guard(self.events.clone(), event)
    }
}

struct Guard(mpsc::UnboundedSender<&'static str>, &'static str);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.send(self.1);
    }
}

impl Demo for Script {
    async fn say(&self, ctx: Context, request: Text) -> Result<Text, Status> {
        match request.text.as_str() {
            "panic" => panic!("secret"),
            // It always has something to do, and yields to others.
            "greedy" => loop {
                tokio::task::consume_budget().await;
            },
            "fail" => {
                ctx.set_header("x-header", "1")?;
                ctx.set_trailer("x-trailer", "2")?;
                Err(Status::with_details(
                    rsvc::Code::FailedPrecondition,
                    "not now",
                    Bytes::from_static(b"\x08\x09"),
                ))
            }
            "foreign" => Err(foreign()),
            "no such file" => Ok(text(&std::fs::read_to_string("/there/is/no/such/file")?)),
            "hang" => {
                let _guard = self.guard("dropped");
                let cancelled = ctx.cancelled();
                let note = self.clone();
                tokio::spawn(async move {
                    cancelled.await;
                    note.note("cancelled");
                });
                self.note("hanging");
                std::future::pending().await
            }
            "metadata" => {
                ctx.set_header("x-header", ctx.metadata_str("x-request").unwrap_or("none"))?;
                ctx.set_header("x-header-bin", b"\x00\x01")?;
                ctx.set_trailer("x-trailer", "last")?;
                let binary = ctx.metadata().get_bin("x-request-bin").map(|value| value.to_bytes().unwrap());
                Ok(text(&format!("{:?}", binary.as_deref())))
            }
            "relay" => {
                let upstream = self.upstream.as_ref().unwrap();
                upstream.say(ctx, text("metadata")).await
            }
            "relay child" => {
                let upstream = self.upstream.as_ref().unwrap();
                upstream.say(ctx.child(), text("metadata")).await
            }
            "relay fail" => self.upstream.as_ref().unwrap().say(ctx, text("fail")).await,
            "relay hang" => self.upstream.as_ref().unwrap().say(ctx, text("hang")).await,
            "remaining" => {
                let remaining = ctx.remaining().map_or(-1, |left| i32::try_from(left.as_millis()).unwrap());
                Ok(number(remaining))
            }
            "peer" => Ok(text(&format!("{:?}", ctx.peer_addr()))),
            "method" => Ok(text(ctx.method().unwrap().path)),
            "size" => Ok(text(&"x".repeat(usize::try_from(request.number).unwrap()))),
            "sleep" => {
                self.note("sleeping");
                tokio::time::sleep(Duration::from_millis(u64::try_from(request.number).unwrap())).await;
                Ok(text("slept"))
            }
            other => Ok(text(&format!("hello {other}"))),
        }
    }

    async fn count(&self, ctx: Context, request: Text) -> Result<ResponseStream<Text>, Status> {
        match request.text.as_str() {
            "panic" => Ok(ResponseStream::from_messages(futures_util::stream::iter(0..).map_panic())),
            "fail" => {
                let (sender, stream) = ResponseStream::channel(4);
                ctx.set_trailer("x-trailer", "2")?;
                sender.send(number(1)).await?;
                sender.fail(Status::aborted("enough")).await?;
                Ok(stream)
            }
            "foreign" => Err(foreign()),
            "no such file" => {
                std::fs::read_to_string("/there/is/no/such/file")?;
                Ok(ResponseStream::from_iter([]))
            }
            "no such file at the end" => {
                let (sender, stream) = ResponseStream::channel(4);
                sender.send(number(1)).await?;
                let error = std::fs::read_to_string("/there/is/no/such/file").unwrap_err();
                sender.fail(Status::from(error)).await?;
                Ok(stream)
            }
            "foreign at the end" => {
                let (sender, stream) = ResponseStream::channel(4);
                sender.send(number(1)).await?;
                sender.fail(foreign()).await?;
                Ok(stream)
            }
            "endless" => {
                let (sender, stream) = ResponseStream::channel(4);
                let script = self.clone();
                tokio::spawn(async move {
                    let mut next = 0;
                    while sender.send(number(next)).await.is_ok() {
                        next += 1;
                        tokio::time::sleep(Duration::from_millis(1)).await;
                    }
                    script.note("producer stopped");
                });
                Ok(stream)
            }
            "busy" => Ok(ResponseStream::from_iter((0..).map(number))),
            "wrong" => Ok(ResponseStream::from_iter([number(1), number(-666), number(2)])),
            "until stopping" => {
                let (sender, stream) = ResponseStream::channel(4);
                sender.send(number(1)).await?;
                tokio::spawn(async move {
                    ctx.stopping().await;
                    sender.send(number(2)).await
                });
                Ok(stream)
            }
            "silent" => {
                self.note("hanging");
                let guard = self.guard("dropped");
                Ok(ResponseStream::new(futures_util::stream::poll_fn(move |_| {
                    let _ = &guard;
                    std::task::Poll::Pending
                })))
            }
            _ => {
                ctx.set_header("x-header", "1")?;
                ctx.set_trailer("x-trailer", "2")?;
                Ok(ResponseStream::from_iter((0..request.number).map(number)))
            }
        }
    }

    async fn sum(&self, _: Context, mut requests: RequestStream<Text>) -> Result<Text, Status> {
        self.note("summing");
        let mut sum = 0;
        loop {
            match requests.message().await {
                Ok(Some(request)) if request.text == "stop" => return Ok(number(-1)),
                Ok(Some(request)) => sum += request.number,
                Ok(None) => break,
                Err(status) => {
                    self.note("broken off");
                    return Err(status);
                }
            }
        }
        self.note("summed");
        Ok(number(sum))
    }

    async fn chat(
        &self,
        ctx: Context,
        mut requests: RequestStream<Text>,
    ) -> Result<ResponseStream<Text>, Status> {
        if let Some(upstream) = &self.upstream {
            return upstream.chat(ctx, requests).await;
        }
        let (sender, stream) = ResponseStream::channel(1);
        let script = self.clone();
        tokio::spawn(async move {
            while let Ok(Some(request)) = requests.message().await {
                if sender.send(text(&format!("re: {}", request.text))).await.is_err() {
                    break;
                }
            }
            script.note("chat over");
        });
        Ok(stream)
    }

    async fn hasty(&self, ctx: Context, request: Text) -> Result<Text, Status> {
        self.say(ctx, request).await
    }

    async fn private(&self, ctx: Context, _: Text) -> Result<Text, Status> {
        Ok(text(ctx.principal().unwrap().subject()))
    }

    async fn scoped(&self, ctx: Context, request: Text) -> Result<Text, Status> {
        self.private(ctx, request).await
    }
}

/// What another server answered, with the headers of its hop; the application's are `x-own` and `x-own-bin`.
fn foreign() -> Status {
    let mut status = Status::failed_precondition("not now");
    for (key, value) in FOREIGN.iter().chain(&[("x-own", "1")]) {
        status.metadata_mut().insert(*key, value.parse().unwrap());
    }
    status.metadata_mut().insert_bin("x-own-bin", rsvc::metadata::MetadataValue::from_bytes(b"\x00\xff"));
    status
}

/// Headers that speak of one hop.
pub(crate) const FOREIGN: [(&str, &str); 11] = [
    ("server", "other"),
    ("via", "1.1 other"),
    ("date", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ("content-encoding", "gzip"),
    ("content-length", "7"),
    ("content-type", "text/html"),
    ("connection", "close"),
    ("transfer-encoding", "chunked"),
    ("grpc-encoding", "gzip"),
    ("grpc-message", "something else"),
    ("connect-content-encoding", "gzip"),
];

trait MapPanic: Sized {
    fn map_panic(self) -> impl futures_util::Stream<Item = Text> + Send + 'static;
}

impl<S: futures_util::Stream<Item = i32> + Send + 'static> MapPanic for S {
    fn map_panic(self) -> impl futures_util::Stream<Item = Text> + Send + 'static {
        futures_util::StreamExt::map(self, |next| if next < 2 { number(next) } else { panic!("secret") })
    }
}

/// A server that runs until it is dropped or stopped.
pub(crate) struct Running {
    pub(crate) endpoint: String,
    pub(crate) events: Events,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    pub(crate) serving: JoinHandle<Result<(), ServeError>>,
}

impl Running {
    pub(crate) fn stop(&mut self) {
        drop(self.stop.take());
    }

    pub(crate) async fn client(&self) -> DemoClient {
        DemoClient::new(Channel::connect(&*self.endpoint).await.unwrap())
    }

    /// The next event, which must be this one.
    pub(crate) async fn expect(&mut self, event: &str) {
        let next = tokio::time::timeout(LONG, self.events.recv()).await.expect(event);
        assert_eq!(next, Some(event));
    }
}

/// Serves the demo with a server as `configure` has it.
pub(crate) async fn serve(configure: impl FnOnce(Server) -> Server) -> Running {
    let (script, events) = Script::new();
    serve_script(script, events, configure).await
}

pub(crate) async fn serve_script(
    script: Script,
    events: Events,
    configure: impl FnOnce(Server) -> Server,
) -> Running {
    run(
        configure(Server::new().authenticated_by_layers().add(DemoServer::new(script)))
            .bind("127.0.0.1:0")
            .await
            .unwrap(),
        events,
    )
}

pub(crate) fn run<L>(server: BoundServer<L>, events: Events) -> Running
where
    L: tower::Layer<Router, Service: HttpService> + Send + 'static,
{
    let endpoint = format!("http://{}", server.local_addr());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let stopped = async {
        let _ = stopped.await;
    };
    let serving = tokio::spawn(server.serve_with_shutdown(stopped));
    Running { endpoint, events, stop: Some(stop), serving }
}

/// The server with the defaults, and a client for it.
pub(crate) async fn pair() -> (Running, DemoClient) {
    let server = serve(|server| server).await;
    let client = server.client().await;
    (server, client)
}

/// A server in front of another one, and a client for it.
pub(crate) async fn relay() -> (Running, Running, DemoClient) {
    let inner = serve(|server| server).await;
    let (mut script, events) = Script::new();
    script.upstream = Some(inner.client().await);
    let outer = serve_script(script, events, |server| server).await;
    let client = outer.client().await;
    (outer, inner, client)
}

/// Checks that a trait object is not needed to share an implementation.
#[tokio::test]
async fn a_shared_implementation_is_one_too() {
    let (script, _events) = Script::new();
    let shared = Arc::new(script);
    assert_eq!(shared.say(Context::new(), text("you")).await.unwrap().text, "hello you");
    DemoServer::new(shared);
}
