//! Who may call what.

use rsvc::{Authenticator, Code, Context, Principal, Server, Status};

use crate::demo::{Demo, DemoServer, text};
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

#[tokio::test]
async fn undeclared_access_can_be_refused() {
    let (script, _events) = Script::new();
    let server = Server::new().require_access().add(DemoServer::new(script));
    let error = server.bind("127.0.0.1:0").await.unwrap_err();
    assert!(error.is_undeclared_access());
    assert_eq!(error.names().len(), 5);
    let text = error.to_string();
    assert!(text.starts_with("the `.proto` does not say who may call: demo.v1.Demo/Say, "), "{text}");
}
