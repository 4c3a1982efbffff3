//! What HTTP caches may do with the responses of a method, as a constant that generated code writes down.

use std::any::Any;

use http::HeaderName;

use crate::etag::EntityTag;

/// What HTTP caches may do with the responses of a method: the option `cache` of `rsvc/v1/rsvc.proto`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Cache {
    /// How long a response is fresh, in seconds. `None`: caches ask each time.
    pub max_age: Option<u32>,
    /// Whether only the cache of one caller may keep a response.
    pub private: bool,
    /// Request headers that a response depends on, besides those that the protocol reads.
    pub vary: &'static [&'static str],
    pub(crate) etag: Option<TagSource>,
}

/// Where the entity tag of a response comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TagSource {
    /// A hash of the content.
    Content,
    /// The version in a response message.
    Version(fn(&dyn Any) -> Option<EntityTag>),
}

impl Cache {
    /// Caches ask each time, and there is no entity tag by which they could.
    #[must_use]
    pub const fn new() -> Self {
        Self { max_age: None, private: false, vary: &[], etag: None }
    }

    /// Sets how long a response is fresh, in seconds.
    #[must_use]
    pub const fn max_age(mut self, seconds: u32) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Keeps responses out of caches that several callers share.
    #[must_use]
    pub const fn private(mut self) -> Self {
        self.private = true;
        self
    }

    /// Sets the request headers that a response depends on, in lower case.
    ///
    /// # Panics
    /// If one is not the name of a header, where the constant is made.
    #[must_use]
    pub const fn vary(mut self, headers: &'static [&'static str]) -> Self {
        let mut index = 0;
        while index < headers.len() {
            std::mem::forget(HeaderName::from_static(headers[index]));
            index += 1;
        }
        self.vary = headers;
        self
    }

    /// Takes a hash of the content for the entity tag.
    #[must_use]
    pub const fn etag_of_content(mut self) -> Self {
        self.etag = Some(TagSource::Content);
        self
    }

    /// Takes the entity tag out of the response message.
    #[must_use]
    pub const fn etag(mut self, of: fn(&dyn Any) -> Option<EntityTag>) -> Self {
        self.etag = Some(TagSource::Version(of));
        self
    }
}

impl Default for Cache {
    fn default() -> Self {
        Self::new()
    }
}
