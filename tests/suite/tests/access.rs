//! Conditions of `access` over every protocol: what is allowed, what is refused, and what a caller learns of it.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use goldens::access::access::v1::claims::Home;
use goldens::access::access::v1::document::Place;
use goldens::access::access::v1::{
    Claims, Document, Documents, DocumentsClient, DocumentsRestClient, DocumentsServer, Notes, NotesClient,
    NotesServer,
};
use rsvc::client::{Codec, Protocol, RestChannel};
use rsvc::prost_types::value::Kind;
use rsvc::prost_types::{ListValue, Struct, Value};
use rsvc::{Authenticator, Channel, Code, Context, Principal, RequestStream, ResponseStream, Server, Status};

/// Counts the calls that reach a handler.
#[derive(Default)]
struct Counted {
    calls: AtomicU32,
}

impl Counted {
    #[allow(clippy::unnecessary_wraps, reason = "it is what most methods answer")]
    fn count(&self) -> Result<(), Status> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

impl Documents for Counted {
    async fn inherited(&self, _: Context, _: Document) -> Result<(), Status> {
        self.count()
    }
    async fn open(&self, _: Context, _: Document) -> Result<(), Status> {
        self.count()
    }
    async fn owned(&self, _: Context, _: Document) -> Result<(), Status> {
        self.count()
    }
    async fn scoped(&self, _: Context, _: Document) -> Result<(), Status> {
        self.count()
    }
    async fn authenticated(&self, _: Context, _: Document) -> Result<(), Status> {
        self.count()
    }
    async fn level(&self, _: Context, _: Document) -> Result<(), Status> {
        self.count()
    }
    async fn shared(&self, _: Context, _: Document) -> Result<(), Status> {
        self.count()
    }
    async fn folder(&self, _: Context, _: Document) -> Result<(), Status> {
        self.count()
    }
    async fn whole(&self, _: Context, _: Document) -> Result<(), Status> {
        self.count()
    }
    async fn upload(&self, _: Context, mut requests: RequestStream<Document>) -> Result<Document, Status> {
        self.count()?;
        let mut readers = Vec::new();
        while let Some(document) = requests.message().await? {
            readers.push(document.id);
        }
        Ok(Document { readers, ..Document::default() })
    }
    async fn watch(&self, _: Context, document: Document) -> Result<ResponseStream<Document>, Status> {
        self.count()?;
        Ok(ResponseStream::from_iter([document]))
    }
    async fn talk(
        &self,
        _: Context,
        requests: RequestStream<Document>,
    ) -> Result<ResponseStream<Document>, Status> {
        self.count()?;
        Ok(ResponseStream::new(requests))
    }
}

impl Notes for Counted {
    async fn role(&self, _: Context, (): ()) -> Result<(), Status> {
        self.count()
    }
    async fn metadata(&self, _: Context, (): ()) -> Result<(), Status> {
        self.count()
    }
    async fn names(&self, _: Context, _: String) -> Result<(), Status> {
        self.count()
    }
    async fn never(&self, _: Context, (): ()) -> Result<(), Status> {
        self.count()
    }
}

/// Whoever is named is who it says, with the scopes after it: `ann admin write`. `typeless` has claims as a `Struct`.
struct Named;

impl Authenticator for Named {
    async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
        let Some(named) = ctx.metadata_str("authorization") else { return Ok(None) };
        let (subject, scopes) = named.split_once(' ').unwrap_or((named, ""));
        let principal = Principal::new(subject).with_scopes(scopes.split_whitespace());
        Ok(Some(match subject {
            "nothing" => principal,
            "typeless" => principal
                .with_claims(fields([("roles", list(["author", "editor"])), ("tenant", text("acme"))])),
            _ => principal.with_claims(Claims {
                tenant: "acme".into(),
                groups: vec!["readers".into()],
                level: (subject == "ann").then_some(3),
                home: (subject == "iris").then(|| Home { country: "IS".into() }),
            }),
        }))
    }
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Struct {
    Struct { fields: fields.map(|(name, value)| (name.to_owned(), value)).into() }
}

fn text(text: &str) -> Value {
    Value { kind: Some(Kind::StringValue(text.to_owned())) }
}

fn list<const N: usize>(items: [&str; N]) -> Value {
    Value { kind: Some(Kind::ListValue(ListValue { values: items.map(text).into() })) }
}

fn as_caller(named: &str) -> Context {
    match named {
        "" => Context::new(),
        named => Context::new().with_metadata("authorization", named).unwrap(),
    }
}

fn of(owner: &str) -> Document {
    Document { owner: owner.into(), ..Document::default() }
}

/// Serves until the test ends.
async fn serve(server: Server) -> SocketAddr {
    let server = server.authenticator(Named).require_access().bind("127.0.0.1:0").await.unwrap();
    let addr = server.local_addr();
    tokio::spawn(async move { server.serve_with_shutdown(std::future::pending()).await });
    addr
}

async fn served() -> (Arc<Counted>, SocketAddr) {
    let counted = Arc::new(Counted::default());
    let addr = serve(
        Server::new()
            .add(DocumentsServer::from_arc(Arc::clone(&counted)))
            .add(NotesServer::from_arc(Arc::clone(&counted))),
    )
    .await;
    (counted, addr)
}

fn channel(addr: SocketAddr, protocol: Protocol, codec: Codec) -> Channel {
    Channel::builder(format!("http://{addr}")).protocol(protocol).codec(codec).connect_lazy().unwrap()
}

fn grpc(addr: SocketAddr) -> DocumentsClient {
    DocumentsClient::new(channel(addr, Protocol::Grpc, Codec::Protobuf))
}

fn rest(addr: SocketAddr) -> DocumentsRestClient {
    DocumentsRestClient::new(RestChannel::builder(format!("http://{addr}")).http2(true).build().unwrap())
}

/// The answer to a call that the condition refuses says which method it was, and nothing else.
fn refused(method: &str) -> (Code, String) {
    (Code::PermissionDenied, format!("`access.v1.Documents.{method}` is not allowed for this caller"))
}

fn outcome<T>(answer: Result<T, Status>) -> Result<(), (Code, String)> {
    answer.map(drop).map_err(|status| {
        assert!(status.details().is_empty(), "{status:?}");
        (status.code(), status.message().to_owned())
    })
}

/// The same calls, whatever brings them. `counted` has the handlers behind it.
async fn all_kinds(client: impl Documents, counted: &Counted) {
    let calls = || counted.calls.swap(0, Ordering::SeqCst);
    let anonymous = |method: &str| {
        (Code::Unauthenticated, format!("`access.v1.Documents.{method}` needs an authenticated caller"))
    };

    assert_eq!(outcome(client.owned(as_caller("ann"), of("ann")).await), Ok(()));
    assert_eq!(outcome(client.owned(as_caller("bob admin"), of("ann")).await), Ok(()));
    assert_eq!(calls(), 2);
    assert_eq!(outcome(client.owned(as_caller("bob"), of("ann")).await), Err(refused("Owned")));
    assert_eq!(outcome(client.owned(as_caller(""), of("")).await), Err(anonymous("Owned")));

    // Scopes come first, and both have to hold.
    let read_by =
        |reader: &str| Document { id: "1".into(), readers: vec![reader.into()], ..Document::default() };
    let scoped =
        async |who: &str, reader: &str| outcome(client.scoped(as_caller(who), read_by(reader)).await);
    assert_eq!(scoped("ann write", "ann").await, Ok(()));
    assert_eq!(scoped("ann write", "readers").await, Ok(()));
    assert_eq!(calls(), 2);
    assert_eq!(scoped("ann write", "bob").await, Err(refused("Scoped")));
    let (code, text) = scoped("ann", "ann").await.unwrap_err();
    assert_eq!(
        (code, &*text),
        (Code::PermissionDenied, "`access.v1.Documents.Scoped` needs the scope `write`")
    );

    // Of the service.
    let inherited = async |who: &str, tenant: &str| {
        let document = Document { id: "1".into(), tenant: tenant.into(), ..Document::default() };
        outcome(client.inherited(as_caller(who), document).await)
    };
    assert_eq!(inherited("ann", "acme").await, Ok(()));
    assert_eq!(calls(), 1);
    assert_eq!(inherited("ann", "other").await, Err(refused("Inherited")));
    // Claims of another type, and none at all.
    assert_eq!(inherited("typeless", "acme").await, Err(refused("Inherited")));
    assert_eq!(inherited("nothing", "acme").await, Err(refused("Inherited")));

    // Errors: no such key, division by zero.
    let shared = async |shares: &[(&str, i32)], secrecy| {
        let shares = shares.iter().map(|(who, share)| ((*who).to_owned(), *share)).collect();
        outcome(client.shared(as_caller("ann"), Document { shares, secrecy, ..Document::default() }).await)
    };
    assert_eq!(shared(&[("ann", 4)], 2).await, Ok(()));
    assert_eq!(calls(), 1);
    assert_eq!(shared(&[("ann", 2)], 2).await, Err(refused("Shared")));
    assert_eq!(shared(&[("bob", 4)], 2).await, Err(refused("Shared")));
    assert_eq!(shared(&[("ann", 4)], 0).await, Err(refused("Shared")));

    // Who may not call learns nothing of the rules.
    let invalid = Document { id: "far too long".into(), ..of("ann") };
    let (code, _) =
        client.owned(as_caller("ann"), invalid.clone()).await.map_err(|s| (s.code(), s)).unwrap_err();
    assert_eq!(code, Code::InvalidArgument);
    assert_eq!(outcome(client.owned(as_caller("bob"), invalid).await), Err(refused("Owned")));

    let watched = client.watch(as_caller("ann"), of("ann")).await.unwrap();
    assert_eq!(everything(Ok(watched)).await.unwrap(), [of("ann")]);
    assert_eq!(calls(), 1);
    assert_eq!(
        outcome(everything(client.watch(as_caller("bob"), of("ann")).await).await),
        Err(refused("Watch"))
    );

    // The first message decides, no message is lost, and those behind it are not asked.
    let named = |id: &str, owner: &str| Document { id: id.into(), ..of(owner) };
    let upload = async |who: &str, documents: Vec<Document>| {
        client.upload(as_caller(who), RequestStream::from_iter(documents)).await
    };
    let uploaded = upload("ann", vec![named("1", "ann"), named("2", "bob")]).await.unwrap();
    assert_eq!(uploaded.readers, ["1", "2"]);
    assert_eq!(calls(), 1);
    let answer = upload("ann", vec![named("1", "bob"), named("2", "ann")]).await;
    assert_eq!(outcome(answer), Err(refused("Upload")));
    assert_eq!(outcome(upload("ann", Vec::new()).await), Err(refused("Upload")));
    assert_eq!(outcome(upload("", Vec::new()).await), Err(anonymous("Upload")));
    assert_eq!(calls(), 0);

    let talk = async |who: &str, documents: Vec<Document>| {
        everything(client.talk(as_caller(who), RequestStream::from_iter(documents)).await).await
    };
    let heard = talk("ann", vec![named("1", "ann"), named("2", "bob")]).await.unwrap();
    assert_eq!(heard, [named("1", "ann"), named("2", "bob")]);
    assert_eq!(calls(), 1);
    assert_eq!(outcome(talk("ann", vec![named("1", "bob")]).await), Err(refused("Talk")));
    assert_eq!(outcome(talk("ann", Vec::new()).await), Err(refused("Talk")));
    assert_eq!(calls(), 0);
}

/// The messages of a stream; its error may come at once or later.
async fn everything(stream: Result<ResponseStream<Document>, Status>) -> Result<Vec<Document>, Status> {
    let (mut stream, mut all) = (stream?, Vec::new());
    while let Some(document) = stream.message().await? {
        all.push(document);
    }
    Ok(all)
}

#[tokio::test]
async fn over_grpc() {
    let (counted, addr) = served().await;
    all_kinds(grpc(addr), &counted).await;
}

#[tokio::test]
async fn over_grpc_web() {
    let (counted, addr) = served().await;
    all_kinds(DocumentsClient::new(channel(addr, Protocol::GrpcWeb, Codec::Protobuf)), &counted).await;
}

#[tokio::test]
async fn over_connect() {
    for codec in [Codec::Protobuf, Codec::Json] {
        let (counted, addr) = served().await;
        all_kinds(DocumentsClient::new(channel(addr, Protocol::Connect, codec)), &counted).await;
    }
}

#[tokio::test]
async fn over_rest() {
    let (counted, addr) = served().await;
    all_kinds(rest(addr), &counted).await;
}

/// A gateway asks before it calls.
#[tokio::test]
async fn through_a_gateway() {
    let (counted, addr) = served().await;
    let gateway = serve(Server::new().add(DocumentsServer::new(grpc(addr)))).await;
    all_kinds(grpc(gateway), &counted).await;
    all_kinds(rest(gateway), &counted).await;
}

#[tokio::test]
async fn what_conditions_read() {
    let (_, addr) = served().await;
    let client = grpc(addr);
    let level = async |who: &str, secrecy| {
        outcome(client.level(as_caller(who), Document { secrecy, ..Document::default() }).await)
    };
    assert_eq!(level("ann", 3).await, Ok(()));
    assert_eq!(level("ann", 4).await, Err(refused("Level")));
    // It has no level, not level zero.
    assert_eq!(level("bob", 0).await, Err(refused("Level")));
    assert_eq!(level("iris", 9).await, Ok(()));

    let folder = async |place| {
        let document = Document { place: Some(place), ..Document::default() };
        outcome(client.folder(as_caller("ann"), document).await)
    };
    assert_eq!(folder(Place::Folder("acme/plans".into())).await, Ok(()));
    for folder_name in ["acme", "other/plans", "acme/1"] {
        assert_eq!(folder(Place::Folder(folder_name.into())).await, Err(refused("Folder")), "{folder_name}");
    }
    assert_eq!(folder(Place::Parent(Box::default())).await, Err(refused("Folder")));

    let claims = Claims { tenant: "acme".into(), groups: vec!["readers".into()], ..Claims::default() };
    let whole = async |claims| {
        outcome(client.whole(as_caller("bob"), Document { claims, ..Document::default() }).await)
    };
    assert_eq!(whole(Some(claims)).await, Ok(()));
    assert_eq!(whole(Some(Claims::default())).await, Err(refused("Whole")));
    assert_eq!(whole(None).await, Err(refused("Whole")));

    assert_eq!(outcome(client.authenticated(as_caller("ann any"), of("")).await), Ok(()));
    assert_eq!(outcome(client.authenticated(as_caller("ann"), of("")).await), Err(refused("Authenticated")));
    assert_eq!(outcome(client.open(Context::new(), of("")).await), Ok(()));
}

#[tokio::test]
async fn claims_without_a_type_and_metadata() {
    let (_, addr) = served().await;
    let client = NotesClient::new(channel(addr, Protocol::Grpc, Codec::Protobuf));
    let denied = Err(Code::PermissionDenied);
    let code = |answer: Result<(), Status>| answer.map_err(|status| status.code());

    assert_eq!(code(client.role(as_caller("typeless"), ()).await), Ok(()));
    assert_eq!(code(client.role(as_caller("ann"), ()).await), denied);
    assert_eq!(code(client.never(as_caller("typeless"), ()).await), denied);

    let with = |key: &str, value: &str| as_caller("typeless").with_metadata(key, value).unwrap();
    assert_eq!(code(client.metadata(with("x-tenant", "acme"), ()).await), Ok(()));
    assert_eq!(code(client.metadata(with("x-tenant", "other"), ()).await), denied);
    let twice = with("x-tenant", "acme").append_metadata("x-tenant", "acme").unwrap();
    assert_eq!(code(client.metadata(twice, ()).await), denied);
    assert_eq!(code(client.metadata(as_caller("typeless"), ()).await), denied);

    let own = || "typeless".to_owned();
    assert_eq!(code(client.names(with("x-reason", "why"), own()).await), Ok(()));
    assert_eq!(code(client.names(with("x-reason", "why"), "ann".to_owned()).await), denied);
    assert_eq!(code(client.names(with("x-reason", ""), own()).await), denied);
    assert_eq!(code(client.names(as_caller("typeless"), own()).await), denied);
}
