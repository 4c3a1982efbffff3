//! [`Document`].

use std::borrow::Cow;

/// A document of `OpenAPI` for [`Server::openapi`](crate::Server::openapi), as the generator writes it with its option
/// `openapi`.
///
/// ```
/// # const OPENAPI: &str = "{}";
/// use rsvc::server::Document;
///
/// // For callers that the authenticator knows.
/// let server = rsvc::Server::new().openapi("/openapi.json", Document::new(OPENAPI).authenticated());
/// ```
#[derive(Clone, Debug)]
#[must_use = "nobody sees it unless a server has it"]
pub struct Document {
    text: Cow<'static, str>,
    is_guarded: bool,
}

impl Document {
    /// A document for everyone.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self { text: text.into(), is_guarded: false }
    }

    /// Only callers may see it that the authenticator of the server knows.
    pub fn authenticated(mut self) -> Self {
        self.is_guarded = true;
        self
    }

    pub(super) fn into_parts(self) -> (Cow<'static, str>, bool) {
        (self.text, self.is_guarded)
    }
}

impl From<&'static str> for Document {
    fn from(text: &'static str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Document {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}
