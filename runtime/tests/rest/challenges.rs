//! What a caller is asked for who is refused, in every protocol.

use http::Response;
use rsvc::access::Challenge;
use rsvc::{Authenticator, Body, Context, Principal, Server, Status};
use tower::ServiceExt as _;

use crate::demo::Items;
use crate::setup::request;

const SECRET: &str = "/rest.v1.Items/Secret";

/// Knows `Bearer 1`, and asks for tokens or keys.
struct Tokens;

impl Authenticator for Tokens {
    async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
        match ctx.metadata_str("authorization") {
            None => Ok(None),
            Some("Bearer 1") => Ok(Some(Principal::new("ann"))),
            Some("Bearer down") => Err(Status::unavailable("nobody can tell")),
            Some(_) => Err(Status::unauthenticated("unknown token")),
        }
    }

    fn challenge(&self) -> Challenge {
        Challenge::bearer().realm("items").and(Challenge::new("ApiKey"))
    }
}

/// The HTTP method, the path, headers and the body of a call.
type HttpCall = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str);

/// How each protocol calls a method that needs a caller.
const CALLS: [HttpCall; 6] = [
    ("GET", "/v1/secret", &[], ""),
    ("POST", SECRET, &[("content-type", "application/json")], "{}"),
    ("POST", SECRET, &[("content-type", "application/proto")], ""),
    ("POST", SECRET, &[("content-type", "application/grpc"), ("te", "trailers")], "\0\0\0\0\0"),
    ("POST", SECRET, &[("content-type", "application/grpc-web")], "\0\0\0\0\0"),
    ("POST", SECRET, &[("content-type", "application/grpc-web-text")], "AAAAAAA="),
];

async fn call(server: Server, call: HttpCall, credentials: Option<&str>) -> Response<Body> {
    let (method, path, headers, body) = call;
    let headers = headers.iter().copied().chain(credentials.map(|value| ("authorization", value)));
    let mut request = request(method, path, &headers.collect::<Vec<_>>(), body);
    *request.version_mut() = http::Version::HTTP_2;
    server.into_service().unwrap().oneshot(request).await.unwrap()
}

fn challenges(response: &Response<Body>) -> Vec<&str> {
    let values = response.headers().get_all("www-authenticate");
    values.iter().map(|value| value.to_str().unwrap()).collect()
}

#[tokio::test]
async fn whoever_is_refused_learns_what_is_asked_for() {
    for protocol in CALLS {
        let server = || Server::new().add(Items::default()).authenticator(Tokens);
        let response = call(server(), protocol, None).await;
        assert_eq!(challenges(&response), [r#"Bearer realm="items""#, "ApiKey"], "{protocol:?}");
        let response = call(server(), protocol, Some("Bearer secret")).await;
        let expected = [r#"Bearer realm="items", error="invalid_token""#, "ApiKey"];
        assert_eq!(challenges(&response), expected, "{protocol:?}");
        assert!(!format!("{:?}", response.headers()).contains("secret"));
        for credentials in ["Bearer 1", "Bearer down"] {
            let response = call(server(), protocol, Some(credentials)).await;
            assert_eq!(challenges(&response), [""; 0], "{credentials} {protocol:?}");
        }
        let response =
            call(Server::new().add(Items::default()).authenticated_by_layers(), protocol, None).await;
        assert_eq!(challenges(&response), ["Bearer"], "without an authenticator: {protocol:?}");
    }
}

#[tokio::test]
async fn an_answer_of_the_handler_has_a_challenge_too() {
    for (challenge, expected) in [(None, "Bearer"), (Some("Basic"), "Basic")] {
        let items = Items::default();
        items.0.lock().unwrap().fail = Some(Status::unauthenticated("m"));
        items.0.lock().unwrap().headers =
            challenge.map(|value| ("www-authenticate", value)).into_iter().collect();
        let service = Server::new().add(items).authenticated_by_layers().into_service().unwrap();
        for (_, _, headers, body) in &CALLS[1..] {
            let mut request = request("POST", "/rest.v1.Items/Fail", headers, body);
            *request.version_mut() = http::Version::HTTP_2;
            let response = service.clone().oneshot(request).await.unwrap();
            assert_eq!(challenges(&response), [expected], "{headers:?}");
        }
    }
}
