//! What a request for a page is answered.

use std::sync::Arc;

use http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION, REFERRER_POLICY, VARY, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use super::{Entry, Pages};
use crate::bridge::{Code, MetadataMap};
use crate::call::Body;
use crate::call::CallError;
use crate::call::dispatch::{self, Policy};
use crate::context::Context;
use crate::etag::{self, Condition};
use crate::method::{Access, Idempotency, MethodInfo, MethodKind};
use crate::peer::Peer;
use crate::protocol::compression::Compression;
use crate::protocol::rpc::plain;
use crate::protocol::service::{Answering, answered};

/// What authenticators see of a request for a page.
static READ: MethodInfo = MethodInfo::new("rsvc.pages", "Read", "/rsvc.pages/Read", MethodKind::Unary)
    .idempotency(Idempotency::NoSideEffects)
    .access(Access::Authenticated);

/// The name that a tag has for content in gzip, as elsewhere.
const GZIP: &str = "gzip";

impl Pages {
    /// The answer to a request, if a page has its path.
    pub(in crate::server) fn answer(
        &self,
        parts: &Parts,
        peer: Option<Arc<Peer>>,
        policy: &Policy,
    ) -> Option<Answering> {
        let path = parts.uri.path();
        let Some(entry) = self.files.get(path) else {
            let target = self.redirects.get(path)?;
            return Some(answered(redirect(target, parts)));
        };
        if !matches!(parts.method, Method::GET | Method::HEAD) {
            let mut refusal = plain(StatusCode::METHOD_NOT_ALLOWED, "a page can only be read\n");
            refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return Some(answered(refusal));
        }
        if !entry.is_guarded {
            return Some(answered(show(entry, &parts.method, &parts.headers)));
        }
        let (entry, policy) = (Arc::clone(entry), policy.clone());
        let (method, headers, extensions) =
            (parts.method.clone(), parts.headers.clone(), parts.extensions.clone());
        Some(Box::pin(async move {
            let metadata = MetadataMap::from_headers(headers.clone());
            let deadline = dispatch::deadline_of(&READ, None, &policy);
            let ctx = Context::arrived(&READ, metadata, extensions, peer, deadline, None);
            // As a call of a method: within its time, counted among the calls, and safe from a panic.
            match dispatch::run(&READ, &ctx, &policy, Box::pin(async { Ok(()) })).await {
                Ok(()) => show(&entry, &method, &headers),
                Err(error) => refuse(&error),
            }
        }))
    }
}

fn show(entry: &Entry, method: &Method, request: &HeaderMap) -> Response<Body> {
    let file = &entry.file;
    let mut response = Response::new(Body::default());
    let headers = response.headers_mut();
    headers.insert(ETAG, file.tag.to_header());
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    let caches = if entry.is_guarded { "private, no-cache" } else { "no-cache" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(caches));
    headers.insert(CONTENT_SECURITY_POLICY, file.policy.clone());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let zipped =
        Compression::wanted_among(request, ACCEPT_ENCODING, &[Compression::Gzip]).and_then(|_| file.gzip());
    if zipped.is_some() {
        etag::add_form(headers, GZIP);
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(GZIP));
    }
    let tag = headers.get(ETAG).and_then(|tag| etag::EntityTag::parse(tag.as_bytes()));
    if let Some(Ok(known)) = Condition::of(request, &IF_NONE_MATCH)
        && known.has_weak(tag.as_ref())
    {
        headers.remove(CONTENT_ENCODING);
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    headers.insert(CONTENT_TYPE, file.media_type.clone());
    let content = zipped.unwrap_or_else(|| file.content.clone());
    headers.insert(CONTENT_LENGTH, content.len().into());
    if method != Method::HEAD {
        *response.body_mut() = Body::from(content);
    }
    response
}

/// Leads to a path that is relative to that of the request, so that it holds behind a proxy that adds to paths.
fn redirect(target: &str, parts: &Parts) -> Response<Body> {
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut response = plain(StatusCode::PERMANENT_REDIRECT, "the page has another address\n");
    if let Ok(location) = HeaderValue::try_from(format!("{target}{query}")) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// Who may not see a page is told so, and what is asked for.
fn refuse(error: &CallError) -> Response<Body> {
    let text = match error.status.code() {
        Code::Unauthenticated => "this page needs an authenticated caller\n",
        Code::PermissionDenied => "this page is not for this caller\n",
        Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded => {
            "the caller cannot be authenticated now\n"
        }
        _ => "the caller could not be authenticated\n",
    };
    let mut response = plain(error.http_status(), text);
    let challenges = error.status.metadata().as_ref().get_all(WWW_AUTHENTICATE);
    for challenge in challenges {
        response.headers_mut().append(WWW_AUTHENTICATE, challenge.clone());
    }
    response
}
