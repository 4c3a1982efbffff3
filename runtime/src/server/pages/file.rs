//! A file of a site, with all that is said of it.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::HeaderValue;

use crate::etag::EntityTag;
use crate::protocol::compression::Compression;

/// Files that are smaller are not compressed: it would gain nothing.
const COMPRESS_FROM: usize = 1024;

/// A policy for pages whose pictures come from these sources.
macro_rules! policy {
    ($images:literal) => {
        concat!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src ",
            $images,
            "; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
    };
}

/// What a page may do: its own scripts and styles, and calls to where it comes from.
const PAGE_POLICY: &str = policy!("'self'");

/// What the page of Swagger UI may do: the same, and show the pictures that are written in its own styles.
#[cfg(feature = "swagger-ui")]
const SWAGGER_UI_POLICY: &str = policy!("'self' data:");

/// What a document may do that somebody opens in a browser: nothing.
const DOCUMENT_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// A file.
#[derive(Clone)]
pub(super) struct File {
    pub(super) content: Bytes,
    pub(super) media_type: HeaderValue,
    pub(super) policy: HeaderValue,
    pub(super) tag: EntityTag,
    /// The content in gzip, once somebody has asked for it.
    gzip: Arc<OnceLock<Bytes>>,
}

impl File {
    pub(super) fn page(name: &str, text: Cow<'static, str>) -> Self {
        Self::new(name, text, PAGE_POLICY)
    }

    pub(super) fn document(name: &str, text: Cow<'static, str>) -> Self {
        Self::new(name, text, DOCUMENT_POLICY)
    }

    /// A file of Swagger UI, which may be there in gzip as well.
    #[cfg(feature = "swagger-ui")]
    pub(super) fn carried(name: &str, content: Bytes, gzip: Option<Bytes>) -> Self {
        let mut file = Self::of(name, content, SWAGGER_UI_POLICY);
        file.gzip = Arc::new(gzip.map_or_else(OnceLock::new, OnceLock::from));
        file
    }

    fn new(name: &str, text: Cow<'static, str>, policy: &'static str) -> Self {
        let content = match text {
            Cow::Borrowed(text) => Bytes::from_static(text.as_bytes()),
            Cow::Owned(text) => Bytes::from(text),
        };
        Self::of(name, content, policy)
    }

    fn of(name: &str, content: Bytes, policy: &'static str) -> Self {
        Self {
            tag: EntityTag::of_content([&content]),
            media_type: HeaderValue::from_static(media_type(name)),
            policy: HeaderValue::from_static(policy),
            content,
            gzip: Arc::default(),
        }
    }

    /// The content in gzip, if it is there, or if that is worth it and this build can.
    pub(super) fn gzip(&self) -> Option<Bytes> {
        if let Some(gzip) = self.gzip.get() {
            return Some(gzip.clone());
        }
        let is_worth = self.content.len() >= COMPRESS_FROM && Compression::Gzip.is_supported();
        is_worth.then(|| self.gzip.get_or_init(|| Compression::Gzip.compress(&self.content).into()).clone())
    }
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("yaml" | "yml") => "application/yaml",
        _ => "text/plain; charset=utf-8",
    }
}
