//! The reference and documents that a server has beside its services.

use std::time::Duration;

use http::header::{
    ALLOW, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, LOCATION, WWW_AUTHENTICATE,
};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use rsvc::server::{Document, ServeError, ServerService, Site, SwaggerUi};
use rsvc::{Authenticator, Context, Principal, Server, Status};
use tower::ServiceExt as _;

use crate::demo::DemoServer;
use crate::setup::Script;

const SITE: &str =
    "rsvc site 1\n5 index.html\n2 services/a.html\n2 assets/explorer/main.js\n2 data/a.json\n\nhello<>//{}";

fn service(configure: impl FnOnce(Server) -> Server) -> Result<ServerService, ServeError> {
    let (script, _events) = Script::new();
    configure(Server::new().add(DemoServer::new(script)).authenticated_by_layers()).into_service()
}

async fn ask(service: &ServerService, request: http::request::Builder) -> (Response<()>, String) {
    let request = request.body(Full::<bytes::Bytes>::default()).unwrap();
    let response = service.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (Response::from_parts(parts, ()), String::from_utf8_lossy(&body).into_owned())
}

fn text<'h>(headers: &'h HeaderMap, name: &http::HeaderName) -> &'h str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn pages_have_their_paths_and_types() {
    let service = service(|s| s.docs("/docs", SITE).openapi("/openapi.json", "{}")).unwrap();
    for (path, media_type, content) in [
        ("/docs/", "text/html; charset=utf-8", "hello"),
        ("/docs/index.html", "text/html; charset=utf-8", "hello"),
        ("/docs/services/a.html?x=1", "text/html; charset=utf-8", "<>"),
        ("/openapi.json", "application/json", "{}"),
    ] {
        let (response, body) = ask(&service, Request::get(path)).await;
        assert_eq!((response.status(), body.as_str()), (StatusCode::OK, content), "{path}");
        let headers = response.headers();
        assert_eq!(text(headers, &CONTENT_TYPE), media_type);
        assert_eq!(text(headers, &http::header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        let policy = text(headers, &CONTENT_SECURITY_POLICY);
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
    }
    for (path, target) in [
        ("/docs", "docs/"),
        ("/docs?x=1", "docs/?x=1"),
        ("/docs/services/a.html/", "../a.html"),
        ("/openapi.json/", "../openapi.json"),
    ] {
        let (response, _) = ask(&service, Request::get(path)).await;
        assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT, "{path}");
        assert_eq!(text(response.headers(), &LOCATION), target, "{path}");
    }
    for path in ["/docs/nothing", "/docs/services/", "/docs/../docs/index.html"] {
        assert_eq!(ask(&service, Request::get(path)).await.0.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn what_a_client_has_is_not_sent_again() {
    let service = service(|s| s.docs("/docs", SITE)).unwrap();
    let (response, _) = ask(&service, Request::get("/docs/")).await;
    let tag = text(response.headers(), &ETAG).to_owned();
    let (response, body) = ask(&service, Request::get("/docs/").header("if-none-match", &tag)).await;
    assert_eq!((response.status(), body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(text(response.headers(), &ETAG), tag);
    let (response, body) = ask(&service, Request::get("/docs/").header("if-none-match", "\"other\"")).await;
    assert_eq!((response.status(), body.as_str()), (StatusCode::OK, "hello"));
    let (response, body) = ask(&service, Request::head("/docs/")).await;
    assert_eq!((response.status(), body.as_str()), (StatusCode::OK, ""));
    assert_eq!(text(response.headers(), &http::header::CONTENT_LENGTH), "5");
    let (response, _) = ask(&service, Request::builder().method(Method::PUT).uri("/docs/")).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(text(response.headers(), &ALLOW), "GET, HEAD");
}

#[cfg(feature = "compression")]
#[tokio::test]
async fn large_pages_are_compressed_and_have_a_tag_of_their_own() {
    let service = service(|s| s.openapi("/openapi.json", "x".repeat(5000))).unwrap();
    let ask_for = async |codings: &str| {
        let (response, body) =
            ask(&service, Request::get("/openapi.json").header("accept-encoding", codings)).await;
        let headers = response.headers();
        (text(headers, &CONTENT_ENCODING).to_owned(), text(headers, &ETAG).to_owned(), body.len())
    };
    let (coding, zipped, size) = ask_for("br, gzip").await;
    assert_eq!(coding, "gzip");
    assert!(size < 500, "{size}");
    for codings in ["identity", "gzip;q=0", "br"] {
        let (coding, plain, size) = ask_for(codings).await;
        assert_eq!((coding.as_str(), size), ("", 5000), "{codings}");
        assert_ne!(plain, zipped);
    }
}

#[tokio::test]
async fn the_explorer_is_there_where_it_is_switched_on() {
    let off = service(|s| s.docs("/docs", SITE)).unwrap();
    let on = service(|s| s.docs("/docs", Site::new(SITE).explorer(true))).unwrap();
    for path in ["/docs/assets/explorer/main.js", "/docs/data/a.json"] {
        assert_eq!(ask(&off, Request::get(path)).await.0.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(ask(&on, Request::get(path)).await.0.status(), StatusCode::OK, "{path}");
    }
    for (service, explorer) in [(&off, "explorer: false"), (&on, "explorer: true")] {
        let (_, settings) = ask(service, Request::get("/docs/assets/settings.js")).await;
        assert!(settings.contains(explorer), "{settings}");
    }
}

struct Tokens;

impl Authenticator for Tokens {
    async fn authenticate(&self, ctx: &Context) -> Result<Option<Principal>, Status> {
        match ctx.metadata_str("authorization") {
            None => Ok(None),
            Some("Bearer 42") => Ok(Some(Principal::new("ann"))),
            Some(_) => Err(Status::unauthenticated("a secret reason")),
        }
    }
}

#[tokio::test]
async fn pages_can_be_for_known_callers() {
    let service = service(|s| {
        let (site, document) = (Site::new(SITE).authenticated(), Document::new("{}").authenticated());
        s.authenticator(Tokens).docs("/docs", site).openapi("/openapi.json", document)
    })
    .unwrap();
    for path in ["/docs/", "/docs/services/a.html", "/openapi.json", "/docs/assets/settings.js"] {
        for token in [None, Some("Bearer 41")] {
            let request = token.map_or_else(
                || Request::get(path),
                |token| Request::get(path).header("authorization", token),
            );
            let (response, body) = ask(&service, request).await;
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
            assert!(text(response.headers(), &WWW_AUTHENTICATE).starts_with("Bearer"), "{path}");
            assert!(!body.contains("secret"), "{body}");
        }
        let (response, _) = ask(&service, Request::get(path).header("authorization", "Bearer 42")).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(text(response.headers(), &http::header::CACHE_CONTROL), "private, no-cache");
    }
}

/// Never answers, or panics.
struct Stuck {
    panics: bool,
}

impl Authenticator for Stuck {
    async fn authenticate(&self, _: &Context) -> Result<Option<Principal>, Status> {
        assert!(!self.panics, "a secret reason");
        std::future::pending().await
    }
}

#[tokio::test]
async fn the_limits_of_calls_hold_for_pages_that_ask_who_reads_them() {
    for (panics, expected) in
        [(false, StatusCode::GATEWAY_TIMEOUT), (true, StatusCode::INTERNAL_SERVER_ERROR)]
    {
        let service = service(|s| {
            let s = s.authenticator(Stuck { panics }).max_timeout(Duration::from_millis(20));
            s.docs("/docs", Site::new(SITE).authenticated())
        })
        .unwrap();
        let (response, body) = ask(&service, Request::get("/docs/")).await;
        assert_eq!(response.status(), expected);
        assert!(!body.contains("secret"), "{body}");
    }
}

#[tokio::test]
async fn swagger_ui_is_a_page_that_shows_a_document() {
    let service =
        service(|s| s.swagger_ui("/swagger", "/openapi.json").openapi("/openapi.json", "{}")).unwrap();
    for (path, media_type, part) in [
        ("/swagger/", "text/html; charset=utf-8", "swagger-ui-bundle.js"),
        ("/swagger/index.html", "text/html; charset=utf-8", "swagger-ui.css"),
        ("/swagger/start.js", "text/javascript; charset=utf-8", "\"./../openapi.json\""),
        ("/swagger/swagger-ui-bundle.js", "text/javascript; charset=utf-8", "SwaggerUIBundle"),
        ("/swagger/swagger-ui.css", "text/css; charset=utf-8", ".swagger-ui"),
        ("/swagger/favicon-32x32.png", "image/png", "PNG"),
        ("/swagger/LICENSE", "text/plain; charset=utf-8", "Apache License"),
        ("/swagger/NOTICE", "text/plain; charset=utf-8", "SmartBear"),
    ] {
        let (response, body) = ask(&service, Request::get(path)).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert!(body.contains(part), "{path}");
        assert_eq!(text(response.headers(), &CONTENT_TYPE), media_type, "{path}");
        let policy = text(response.headers(), &CONTENT_SECURITY_POLICY);
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        let tag = text(response.headers(), &ETAG).to_owned();
        let (head, nothing) = ask(&service, Request::head(path)).await;
        assert_eq!((head.status(), nothing.as_str()), (StatusCode::OK, ""), "{path}");
        assert_eq!(text(head.headers(), &ETAG), tag, "{path}");
        let (known, _) = ask(&service, Request::get(path).header("if-none-match", tag)).await;
        assert_eq!(known.status(), StatusCode::NOT_MODIFIED, "{path}");
    }
    let (response, _) = ask(&service, Request::get("/swagger")).await;
    assert_eq!(response.status(), StatusCode::PERMANENT_REDIRECT);
    assert_eq!(text(response.headers(), &LOCATION), "swagger/");
    let (response, _) = ask(&service, Request::get("/swagger/dist/swagger-ui.js")).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn swagger_ui_is_sent_as_it_is_packed() {
    let service = service(|s| s.openapi("/openapi.json", "{}").swagger_ui("/", "/openapi.json")).unwrap();
    let bundle = || Request::get("/swagger-ui-bundle.js");
    let (plain, _) = ask(&service, bundle()).await;
    let (zipped, _) = ask(&service, bundle().header("accept-encoding", "gzip")).await;
    assert_eq!(text(zipped.headers(), &CONTENT_ENCODING), "gzip");
    assert_ne!(text(plain.headers(), &ETAG), text(zipped.headers(), &ETAG));
    let length =
        |response: &Response<()>| text(response.headers(), &http::header::CONTENT_LENGTH).parse::<u64>();
    assert!(length(&zipped).unwrap() * 3 < length(&plain).unwrap());
}

#[tokio::test]
async fn swagger_ui_can_be_for_known_callers() {
    let service = service(|s| {
        let page = SwaggerUi::new("/openapi.json").authenticated();
        s.authenticator(Tokens).openapi("/openapi.json", "{}").swagger_ui("/swagger", page)
    })
    .unwrap();
    for path in ["/swagger/", "/swagger/start.js", "/swagger/swagger-ui-bundle.js"] {
        assert_eq!(ask(&service, Request::get(path)).await.0.status(), StatusCode::UNAUTHORIZED, "{path}");
        let known = Request::get(path).header("authorization", "Bearer 42");
        assert_eq!(ask(&service, known).await.0.status(), StatusCode::OK, "{path}");
    }
}

/// Nothing is hidden in silence: the server does not start.
#[test]
fn what_cannot_be_seen_is_an_error() {
    type Configure = fn(Server) -> Server;
    let wrong: [(Configure, &str); 11] = [
        (|s| s.docs("/docs", "<html>"), "what is at /docs is not a reference"),
        (|s| s.docs("docs", SITE), "`docs` cannot be the path"),
        (|s| s.docs("/a//b", SITE), "`/a//b` cannot be the path"),
        (|s| s.openapi("/", "{}"), "`/` cannot be the path"),
        (
            |s| s.openapi("/docs/index.html", "{}").docs("/docs", SITE),
            "two pages have the path /docs/index.html",
        ),
        (|s| s.openapi("/demo.v1.Demo/openapi.json", "{}"), "the service demo.v1.Demo has its path"),
        (|s| s.docs("/demo.v1.Demo", SITE), "the service demo.v1.Demo has its path"),
        (
            |s| s.openapi("/a.json", "{}").swagger_ui("/demo.v1.Demo", "/a.json"),
            "the service demo.v1.Demo has its path",
        ),
        (|s| s.openapi("/a.json", "{}").swagger_ui("swagger", "/a.json"), "`swagger` cannot be the path"),
        (
            |s| s.openapi("/a.json", "{}").swagger_ui("/swagger", "/b.json"),
            "the page at /swagger shows `/b.json`, which is not a document of this server",
        ),
        (
            |s| s.openapi("/a.json", "{}").docs("/docs", SITE).swagger_ui("/docs", "/a.json"),
            "two pages have the path /docs/",
        ),
    ];
    for (configure, part) in wrong {
        let error = service(configure).map(|_| ()).unwrap_err();
        assert!(error.is_page_conflict(), "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }
    let error =
        Server::new().docs("/docs", Site::new(SITE).authenticated()).into_service().map(|_| ()).unwrap_err();
    assert!(error.is_page_conflict() && error.to_string().contains("nothing authenticates"), "{error}");
}
