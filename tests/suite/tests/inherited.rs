//! Calls that a handler makes, also in tasks that it has spawned: they have what is left of the time of the call that
//! arrived, and they end with it. Every kind of method over every protocol.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use goldens::rest_client::client::v1::{
    CreateNoteRequest, GetNoteRequest, Note, Notes, NotesClient, NotesRestClient, NotesServer,
};
use rsvc::client::{Protocol, RestChannel};
use rsvc::pb::google::api::HttpBody;
use rsvc::{Channel, Code, Context, RequestStream, ResponseStream, Server, Status};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

/// Says what happens.
#[derive(Clone)]
struct Log(mpsc::UnboundedSender<String>);

impl Log {
    fn say(&self, what: &str) {
        // Fails when the test is over.
        let _ = self.0.send(what.to_owned());
    }

    fn guard(&self, name: &'static str) -> Guard {
        self.say(&format!("{name} begins"));
        Guard(self.clone(), name)
    }
}

/// Says that a handler, or its stream, is dropped.
struct Guard(Log, &'static str);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.say(&format!("{} is dropped", self.1));
    }
}

/// All of these lines, in any order.
async fn all_of(seeing: &mut mpsc::UnboundedReceiver<String>, lines: &[String]) {
    let mut missing: BTreeSet<_> = lines.iter().map(String::as_str).collect();
    while !missing.is_empty() {
        let next = timeout(LONG, seeing.recv()).await;
        let line = next.unwrap_or_else(|_| panic!("{missing:?} did not happen")).unwrap();
        assert!(missing.remove(&*line), "{line} is not of {missing:?}");
    }
}

/// Holds every call until it is dropped.
struct Holding(Log);

fn silent<T: Send + 'static>(guard: Guard) -> ResponseStream<T> {
    ResponseStream::new(futures_util::stream::poll_fn(move |_| {
        let _ = &guard;
        std::task::Poll::Pending
    }))
}

impl Notes for Holding {
    async fn get_note(&self, ctx: Context, request: GetNoteRequest) -> Result<Note, Status> {
        if request.name == "left" {
            let left = ctx.remaining().map_or(0, |left| left.as_secs());
            return Ok(Note { text: left.to_string(), ..Note::default() });
        }
        let _guard = self.0.guard("get");
        pending().await
    }

    async fn create_note(&self, _: Context, _: CreateNoteRequest) -> Result<Note, Status> {
        Ok(Note::default())
    }

    async fn watch_notes(&self, _: Context, _: GetNoteRequest) -> Result<ResponseStream<Note>, Status> {
        Ok(silent(self.0.guard("watch")))
    }

    async fn import_notes(&self, _: Context, mut requests: RequestStream<Note>) -> Result<Note, Status> {
        let _guard = self.0.guard("import");
        while requests.message().await?.is_some() {}
        self.0.say("all was imported");
        Ok(Note::default())
    }

    async fn talk(&self, _: Context, requests: RequestStream<Note>) -> Result<ResponseStream<Note>, Status> {
        let guard = self.0.guard("talk");
        Ok(ResponseStream::new(futures_util::StreamExt::map(requests, move |note| {
            let _ = &guard;
            note
        })))
    }

    async fn picture(&self, _: Context, _: GetNoteRequest) -> Result<HttpBody, Status> {
        Ok(HttpBody::default())
    }

    async fn hidden(&self, _: Context, _: GetNoteRequest) -> Result<Note, Status> {
        Ok(Note::default())
    }
}

/// Makes a call of each kind in tasks of their own for a call that arrives.
struct Front<N> {
    upstream: Arc<N>,
    log: Log,
    /// Whether both sides of a call can stream.
    talks: bool,
}

impl<N: Notes> Front<N> {
    fn spawn<F: Future<Output = Result<(), Status>> + Send + 'static>(
        &self,
        name: &'static str,
        call: impl FnOnce(Arc<N>) -> F,
    ) {
        let (call, log) = (call(Arc::clone(&self.upstream)), self.log.clone());
        tokio::spawn(async move {
            let code = call.await.map_or_else(|status| status.code(), |()| Code::Ok);
            log.say(&format!("{name} ended with {code:?}"));
        });
    }
}

impl<N: Notes> Notes for Front<N> {
    async fn get_note(&self, ctx: Context, request: GetNoteRequest) -> Result<Note, Status> {
        if request.name == "left" {
            return self.upstream.get_note(ctx.child(), request).await;
        }
        let child = || ctx.child();
        let ctx = child();
        self.spawn("get", |notes| async move {
            notes
                .get_note(ctx, GetNoteRequest { name: "n".into(), ..GetNoteRequest::default() })
                .await
                .map(drop)
        });
        let ctx = child();
        self.spawn("watch", |notes| async move {
            let request = GetNoteRequest { name: "n".into(), ..GetNoteRequest::default() };
            notes.watch_notes(ctx, request).await?.message().await.map(drop)
        });
        let ctx = child();
        self.spawn("import", |notes| async move {
            let (_sender, requests) = RequestStream::channel(1);
            notes.import_notes(ctx, requests).await.map(drop)
        });
        if self.talks {
            let ctx = child();
            self.spawn("talk", |notes| async move {
                let (sender, requests) = RequestStream::channel(1);
                let mut responses = notes.talk(ctx, requests).await?;
                // Nobody waits for a response: that the call is over has to be noticed all the same.
                sender.closed().await;
                responses.message().await.map(drop)
            });
        }
        if request.name == "wait" {
            pending::<()>().await;
        }
        // The handler goes, and what it has spawned goes with it.
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(Note::default())
    }

    async fn create_note(&self, _: Context, _: CreateNoteRequest) -> Result<Note, Status> {
        Ok(Note::default())
    }

    async fn watch_notes(&self, _: Context, _: GetNoteRequest) -> Result<ResponseStream<Note>, Status> {
        Ok(ResponseStream::from_iter([]))
    }

    async fn import_notes(&self, _: Context, _: RequestStream<Note>) -> Result<Note, Status> {
        Ok(Note::default())
    }

    async fn talk(&self, _: Context, _: RequestStream<Note>) -> Result<ResponseStream<Note>, Status> {
        Ok(ResponseStream::from_iter([]))
    }

    async fn picture(&self, _: Context, _: GetNoteRequest) -> Result<HttpBody, Status> {
        Ok(HttpBody::default())
    }

    async fn hidden(&self, _: Context, _: GetNoteRequest) -> Result<Note, Status> {
        Ok(Note::default())
    }
}

/// The address of a server that ends with the test.
async fn serve(server: Server) -> String {
    let server = server.bind("127.0.0.1:0").await.unwrap();
    let addr = server.local_addr();
    tokio::spawn(async move { server.serve_with_shutdown(pending()).await });
    format!("http://{addr}")
}

/// Whoever calls by `upstream` passes on time and end.
async fn check<N: Notes>(upstream: impl FnOnce(String) -> N, talks: bool) {
    let (say, mut seeing) = mpsc::unbounded_channel();
    let log = Log(say);
    let endpoint = serve(Server::new().add(NotesServer::new(Holding(log.clone())))).await;
    let front = Front { upstream: Arc::new(upstream(endpoint)), log, talks };
    let endpoint = serve(Server::new().add(NotesServer::new(front))).await;
    let notes = NotesClient::connect(endpoint).await.unwrap();
    let named = |name: &str| GetNoteRequest { name: name.into(), ..GetNoteRequest::default() };
    let methods: &[_] = if talks { &["get", "watch", "import", "talk"] } else { &["get", "watch", "import"] };
    let lines = |what: &[&str]| -> Vec<_> {
        methods.iter().flat_map(|name| what.iter().map(move |what| format!("{name} {what}"))).collect()
    };

    let ctx = Context::new().with_timeout(Duration::from_secs(1000));
    let left: u64 = notes.get_note(ctx, named("left")).await.unwrap().text.parse().unwrap();
    assert!((900..=1000).contains(&left), "{left}");

    // The caller leaves.
    let caller = notes.clone();
    let call = tokio::spawn(async move { caller.get_note(Context::new(), named("wait")).await });
    all_of(&mut seeing, &lines(&["begins"])).await;
    call.abort();
    all_of(&mut seeing, &lines(&["is dropped", "ended with Cancelled"])).await;

    // The call is answered.
    notes.get_note(Context::new(), named("answer")).await.unwrap();
    all_of(&mut seeing, &lines(&["begins", "is dropped", "ended with Cancelled"])).await;
}

#[tokio::test]
async fn over_grpc_and_grpc_web_and_connect() {
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect] {
        let upstream = |endpoint: String| {
            NotesClient::new(Channel::builder(endpoint).protocol(protocol).connect_lazy().unwrap())
        };
        check(upstream, true).await;
    }
}

#[tokio::test]
async fn over_rest() {
    for http2 in [false, true] {
        let upstream = |endpoint: String| {
            NotesRestClient::new(RestChannel::builder(endpoint).http2(http2).build().unwrap())
        };
        check(upstream, http2).await;
    }
}
