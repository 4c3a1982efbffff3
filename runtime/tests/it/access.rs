//! Who may call what.

use rsvc::codegen::{Call, Handling, Service};
use rsvc::{Authenticator, Code, Context, MethodInfo, MethodKind, Principal, Server, ServiceInfo, Status};

use crate::demo::{Demo, DemoServer, Text, text};
use crate::setup::{Script, pair, serve};

/// The token is a subject and its scopes, as in `ann a b`.
struct Tokens;

impl Authenticator for Tokens {
    async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
        let Some(token) = ctx.metadata_str("authorization") else { return Ok(None) };
        match token.strip_prefix("Bearer ").unwrap_or_default().split_once(' ') {
            Some((subject, scopes)) => Ok(Some(Principal::new(subject).with_scopes(scopes.split(' ')))),
            None if token == "hang" => std::future::pending().await,
            None => Err(Status::unauthenticated("not a token")),
        }
    }
}

fn bearer(token: &str) -> Context {
    Context::new().with_metadata("authorization", format!("Bearer {token}")).unwrap()
}

#[tokio::test]
async fn what_is_declared_is_denied_by_default() {
    let (_server, client) = pair().await;
    let error = client.private(bearer("ann a"), text("")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unauthenticated);
    let error = client.scoped(bearer("ann a b"), text("")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unauthenticated);
    assert_eq!(client.say(Context::new(), text("you")).await.unwrap().text, "hello you");
}

#[tokio::test]
async fn callers_and_scopes() {
    let server = serve(|server| server.authenticator(Tokens)).await;
    let client = server.client().await;

    assert_eq!(client.private(bearer("ann x"), text("")).await.unwrap().text, "ann");
    let error = client.private(Context::new(), text("")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unauthenticated);
    assert_eq!(error.message(), "`demo.v1.Demo.Private` needs an authenticated caller");
    let error = client.private(bearer("nonsense"), text("")).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::Unauthenticated, "not a token"));

    assert_eq!(client.scoped(bearer("ann a c"), text("")).await.unwrap().text, "ann");
    let error = client.scoped(bearer("ann b c"), text("")).await.unwrap_err();
    assert_eq!(error.code(), Code::PermissionDenied);
    assert_eq!(error.message(), "`demo.v1.Demo.Scoped` needs the scope `a`");
    let challenge = |status: &Status| status.metadata().get("www-authenticate").cloned().unwrap();
    assert_eq!(challenge(&error), r#"Bearer error="insufficient_scope", scope="a""#);
    let error = client.scoped(bearer("ann a d"), text("")).await.unwrap_err();
    assert_eq!(error.code(), Code::PermissionDenied);
    assert_eq!(error.message(), "`demo.v1.Demo.Scoped` needs one of the scopes `b`, `c`");
    assert_eq!(challenge(&error), r#"Bearer error="insufficient_scope", scope="a b c""#);
}

#[tokio::test]
async fn the_deadline_covers_authentication() {
    let server = serve(|server| server.authenticator(Tokens)).await;
    let client = server.client().await;
    let ctx = Context::new()
        .with_metadata("authorization", "hang")
        .unwrap()
        .with_timeout(std::time::Duration::from_millis(100));
    assert_eq!(client.private(ctx, text("")).await.unwrap_err().code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn a_layer_may_authenticate() {
    let server = serve_layered().await;
    let client = server.client().await;
    assert_eq!(client.private(Context::new(), text("")).await.unwrap().text, "layer");
}

async fn serve_layered() -> crate::setup::Running {
    let (script, events) = Script::new();
    let bound = Server::new()
        .authenticated_by_layers()
        .add(DemoServer::new(script))
        .layer(tower::util::MapRequestLayer::new(|mut request: http::Request<rsvc::Body>| {
            request.extensions_mut().insert(Principal::new("layer"));
            request
        }))
        .bind("127.0.0.1:0")
        .await
        .unwrap();
    crate::setup::run(bound, events)
}

/// A service whose methods declare no access.
struct Undeclared;

impl Undeclared {
    const SERVICE: ServiceInfo = ServiceInfo::new("demo.v1.Undeclared", &[Self::FIRST, Self::SECOND], b"");
    const FIRST: MethodInfo =
        MethodInfo::new("demo.v1.Undeclared", "First", "/demo.v1.Undeclared/First", MethodKind::Unary);
    const SECOND: MethodInfo =
        MethodInfo::new("demo.v1.Undeclared", "Second", "/demo.v1.Undeclared/Second", MethodKind::Unary);
}

impl Service for Undeclared {
    const INFO: &'static ServiceInfo = &Self::SERVICE;

    fn call<'a>(&'a self, _: usize, call: Call<'a>) -> Handling<'a> {
        call.unary(|ctx: Context, _: Text| async move {
            Ok::<_, Status>(text(ctx.principal().map_or("nobody", Principal::subject)))
        })
    }
}

async fn call_undeclared(server: Server, ctx: Context) -> Result<Text, Code> {
    let server =
        crate::setup::run(server.add(Undeclared).bind("127.0.0.1:0").await.unwrap(), Script::new().1);
    let channel = rsvc::Channel::connect(&*server.endpoint).await.unwrap();
    let answer: Result<Text, Status> =
        rsvc::codegen::client::unary(&channel, &Undeclared::FIRST, ctx, text("")).await;
    answer.map_err(|status| status.code())
}

#[tokio::test]
async fn a_method_that_declares_nothing_needs_a_caller_where_callers_are_authenticated() {
    let bare = || Server::new().without_reflection();
    assert_eq!(call_undeclared(bare(), bearer("ann a")).await.unwrap().text, "nobody");
    let known = || bare().authenticator(Tokens);
    assert_eq!(call_undeclared(known(), bearer("ann a")).await.unwrap().text, "ann");
    assert_eq!(call_undeclared(known(), Context::new()).await, Err(Code::Unauthenticated));
    assert_eq!(call_undeclared(known(), bearer("nonsense")).await, Err(Code::Unauthenticated));
    let layers = bare().authenticated_by_layers();
    assert_eq!(call_undeclared(layers, bearer("ann a")).await, Err(Code::Unauthenticated));
}

#[tokio::test]
async fn undeclared_access_can_be_refused() {
    let server = Server::new().without_reflection().require_access().add(Undeclared);
    let error = server.bind("127.0.0.1:0").await.unwrap_err();
    assert!(error.is_undeclared_access());
    assert_eq!(error.names(), ["demo.v1.Undeclared/First", "demo.v1.Undeclared/Second"]);
    let text = error.to_string();
    assert_eq!(
        text,
        "the `.proto` does not say who may call: demo.v1.Undeclared/First, demo.v1.Undeclared/Second"
    );
}

/// Nobody could call them.
#[tokio::test]
async fn protected_methods_need_somebody_who_authenticates() {
    let server = || Server::new().add(DemoServer::new(Script::new().0));
    let error = server().bind("127.0.0.1:0").await.unwrap_err();
    assert!(error.is_missing_authenticator() && !error.is_undeclared_access());
    assert_eq!(error.names(), ["demo.v1.Demo/Private", "demo.v1.Demo/Scoped"]);
    assert_eq!(
        error.to_string(),
        "these methods need an authenticated caller, but nothing authenticates: demo.v1.Demo/Private, \
         demo.v1.Demo/Scoped; set `Server::authenticator`, or `Server::authenticated_by_layers` if a tower layer \
         adds the `Principal`"
    );
    assert!(server().into_service().unwrap_err().is_missing_authenticator());
    drop(server().authenticator(Tokens).bind("127.0.0.1:0").await.unwrap());
    drop(server().authenticated_by_layers().bind("127.0.0.1:0").await.unwrap());
}
