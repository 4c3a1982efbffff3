//! HTTP caches on a server: what a response says to them, and what they ask with their requests (RFC 9110, section 13; RFC
//! 9111). REST and Connect's `GET` go by it.
//!
//! A protocol makes a [`Caching`] of a request whose method has the option `cache`, hands it the response message and its
//! content, and lets it [`describe`](Caching::describe) the response. After compression, which makes another form of the
//! content, it [`concludes`](Caching::conclude).

use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH,
    CONTENT_TYPE, ETAG, EXPIRES, IF_MATCH, IF_NONE_MATCH, LAST_MODIFIED, SET_COOKIE, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use crate::Context;
use crate::access::is_open;
use crate::bridge::Status;
use crate::cache::{Cache, TagSource};
use crate::call::dispatch::Policy;
use crate::call::{Body, CallError};
use crate::etag::{self, Condition, EntityTag, Malformed};
use crate::message::AnyMessage;
use crate::method::{Idempotency, MethodInfo};
use crate::precondition;

/// What caches are told of one response, and what its request asks.
pub(crate) struct Caching {
    method: &'static MethodInfo,
    cache: &'static Cache,
    /// What speaks of reading; `None` for a change, whose response has a tag at most.
    reading: Option<Reading>,
    tag: Option<EntityTag>,
    form: Form,
}

/// The form of a response before it is compressed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Form {
    /// Its name in tags, unless it is JSON or content that has one form alone.
    pub(crate) name: Option<&'static str>,
    /// The request header that it was chosen by.
    pub(crate) chosen_by: Option<&'static str>,
}

/// What the request of a read says.
struct Reading {
    if_match: Option<Result<Condition, Malformed>>,
    if_none_match: Option<Result<Condition, Malformed>>,
    has_credentials: bool,
}

impl Caching {
    /// What a request with this HTTP method and these headers needs; `None` if its response says nothing to caches.
    pub(crate) fn of(info: &'static MethodInfo, verb: &Method, headers: &HeaderMap) -> Option<Box<Self>> {
        let cache = info.cache?;
        Self::with(info, cache, verb, headers)
    }

    #[inline(never)]
    fn with(
        method: &'static MethodInfo,
        cache: &'static Cache,
        verb: &Method,
        headers: &HeaderMap,
    ) -> Option<Box<Self>> {
        let is_read =
            method.idempotency == Idempotency::NoSideEffects && matches!(*verb, Method::GET | Method::HEAD);
        // A `PUT` must not have the tag of anything but what was sent (RFC 9110, section 9.3.4).
        let has_tag =
            cache.etag.is_some() && *verb != Method::PUT && method.idempotency != Idempotency::NoSideEffects;
        let reading = is_read.then(|| Reading {
            if_match: Condition::of(headers, &IF_MATCH),
            if_none_match: Condition::of(headers, &IF_NONE_MATCH),
            has_credentials: headers.contains_key(AUTHORIZATION),
        });
        (is_read || has_tag)
            .then(|| Box::new(Self { method, cache, reading, tag: None, form: Form::default() }))
    }

    /// Takes the tag that a response message has, which goes out in a form.
    pub(crate) fn message(&mut self, message: &mut dyn AnyMessage, form: Form) {
        self.form = form;
        if let Some(TagSource::Version(of)) = self.cache.etag {
            self.tag = of(message.as_any_mut());
        }
    }

    /// Whether the tag is one of the content of the response.
    pub(crate) fn wants_content(&self) -> bool {
        matches!(self.cache.etag, Some(TagSource::Content))
    }

    /// Takes the tag of the content, if one was made.
    pub(crate) fn content(&mut self, tag: Option<EntityTag>) {
        if tag.is_some() {
            self.tag = tag;
        }
    }

    /// Says to caches what they may do with a response. What its handler has said stays.
    pub(crate) fn describe(&mut self, headers: &mut HeaderMap, ctx: &Context, policy: &Policy) {
        if !headers.contains_key(ETAG)
            && let Some(tag) = self.tag.take()
        {
            headers.insert(ETAG, tag.to_header());
            if let Some(form) = self.form.name {
                etag::add_form(headers, form);
            }
        }
        let Some(reading) = &self.reading else { return };
        for name in self.form.chosen_by.iter().chain(self.cache.vary) {
            add_vary(headers, name);
        }
        if !headers.contains_key(CACHE_CONTROL) {
            let is_private = self.cache.private
                || reading.has_credentials
                || ctx.principal().is_some()
                || headers.contains_key(SET_COOKIE)
                || !is_open(self.method, policy.default_deny);
            headers.insert(CACHE_CONTROL, cache_control(self.cache.max_age, is_private));
        }
    }

    /// Goes by what the request asks, now that the response is as it will be sent: one that the client has becomes 304.
    ///
    /// # Errors
    ///
    /// The request asks for another version, or for what cannot be understood.
    pub(crate) fn conclude(&self, response: &mut Response<Body>) -> Result<(), CallError> {
        let Some(Reading { if_match, if_none_match, .. }) = &self.reading else { return Ok(()) };
        if if_match.is_none() && if_none_match.is_none() {
            return Ok(());
        }
        let current = response.headers().get(ETAG).and_then(|value| EntityTag::parse(value.as_bytes()));
        match if_match {
            Some(Err(Malformed)) => return Err(precondition::malformed(&IF_MATCH).into()),
            Some(Ok(wanted)) if !wanted.has_strong(current.as_ref()) => {
                let status =
                    Status::failed_precondition("the response is of another version than `if-match` names");
                return Err(CallError::with_http(StatusCode::PRECONDITION_FAILED, status));
            }
            _ => {}
        }
        // To send all that there is, is never wrong: what cannot be understood is ignored.
        if let Some(Ok(known)) = if_none_match
            && known.has_weak(current.as_ref())
        {
            not_modified(response);
        }
        Ok(())
    }

    /// Keeps an error out of all caches, unless its status says something else.
    #[cold]
    pub(crate) fn refuse(&self, headers: &mut HeaderMap, status: &Status) {
        // They speak of the response that there would have been.
        for name in [ETAG, LAST_MODIFIED, EXPIRES] {
            headers.remove(name);
        }
        if self.reading.is_some() {
            let own = status.metadata().as_ref().get(CACHE_CONTROL).cloned();
            headers.insert(CACHE_CONTROL, own.unwrap_or(HeaderValue::from_static("no-store")));
        }
    }
}

/// The tag of the content of a response.
pub(crate) fn tag_of(media_type: &HeaderValue, content: &[u8]) -> EntityTag {
    // No media type has a zero in it.
    EntityTag::of_content([media_type.as_bytes(), &[0], content])
}

/// Adds a name to `Vary`, unless it is there.
pub(crate) fn add_vary(headers: &mut HeaderMap, name: &'static str) {
    // Nearly always nobody has said anything.
    if !headers.contains_key(VARY) {
        headers.insert(VARY, HeaderValue::from_static(name));
        return;
    }
    let mut names =
        headers.get_all(VARY).into_iter().flat_map(|value| value.as_bytes().split(|&byte| byte == b','));
    if names.any(|listed| listed.trim_ascii().eq_ignore_ascii_case(name.as_bytes())) {
        return;
    }
    headers.append(VARY, HeaderValue::from_static(name));
}

fn cache_control(max_age: Option<u32>, is_private: bool) -> HeaderValue {
    let text = match (max_age, is_private) {
        (None, false) => return HeaderValue::from_static("no-cache"),
        (None, true) => return HeaderValue::from_static("private, no-cache"),
        (Some(seconds), false) => format!("max-age={seconds}"),
        (Some(seconds), true) => format!("private, max-age={seconds}"),
    };
    HeaderValue::try_from(text).expect("a number is a header's value")
}

/// Makes a response one without content, of which only that is left that caches go by (RFC 9110, section 15.4.5).
fn not_modified(response: &mut Response<Body>) {
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    *response.body_mut() = Body::empty();
    let headers = response.headers_mut();
    for name in [CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE] {
        headers.remove(name);
    }
    if headers.contains_key(ETAG) {
        headers.remove(LAST_MODIFIED);
    }
}

#[cfg(test)]
mod tests;
