//! Who calls: tokens that a channel puts on its requests.

#[cfg(test)]
mod tests;
mod token;
mod tokens;
mod transport;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::bridge::Status;

pub use token::Token;
use tokens::Tokens;
pub(super) use transport::Authorized;

/// What a channel shows of its caller: a token in the header `authorization` of every request.
///
/// A token is kept for all calls. Before it expires a new one is asked for in the background, while the old one still
/// works; one request for a token is under way at a time. When that fails, calls fail only once the old token has expired:
/// with `UNAUTHENTICATED`, if the source says so, or else with `UNAVAILABLE`, and the source is asked again after a pause that
/// grows up to a minute.
///
/// A call that the server answers with `UNAUTHENTICATED` throws the token away, and is sent once more with a new one if its
/// request is not a stream. Streams over Connect end with such an answer, where it is not seen. That happens at most every 10 seconds, so that a server that refuses every token is no load for
/// the source.
///
/// Over plain text a token can be read by others. A channel that would send one so is not made, unless it is
/// [allowed](Self::over_plain_text). A call whose context has metadata `authorization` keeps that.
///
/// ```
/// use std::time::Duration;
/// use rsvc::client::{Credentials, Token};
///
/// # async fn fetch() -> Result<String, rsvc::Status> { Ok(String::new()) }
/// # fn example() -> Result<(), rsvc::client::ConnectError> {
/// let credentials = Credentials::new(|| async {
///     let token = fetch().await?;
///     Ok(Token::bearer(token).expires_in(Duration::from_secs(3600)))
/// });
/// let channel = rsvc::Channel::builder("https://users.example").credentials(credentials).connect_lazy()?;
/// # Ok(())
/// # }
/// ```
///
/// Clones share their token, so that several channels to the same servers need one.
#[derive(Clone)]
#[must_use]
pub struct Credentials {
    tokens: Arc<Tokens>,
    is_plain_text_allowed: bool,
}

impl Credentials {
    /// Tokens of a source that is asked again before they expire.
    pub fn new(source: impl TokenSource) -> Self {
        Self { tokens: Arc::new(Tokens::of(Box::new(source))), is_plain_text_allowed: false }
    }

    /// A token that stays what it is. When it expires, calls fail.
    #[allow(clippy::needless_pass_by_value, reason = "as the others take theirs")]
    pub fn fixed(token: Token) -> Self {
        Self { tokens: Arc::new(Tokens::fixed(&token)), is_plain_text_allowed: false }
    }

    /// [`fixed`](Self::fixed) with a bearer token.
    pub fn bearer(token: impl AsRef<str>) -> Self {
        Self::fixed(Token::bearer(token))
    }

    /// How long before a token expires a new one is asked for, or the last quarter of its life, if that is less. Default: a
    /// minute.
    pub fn refresh_before(self, margin: Duration) -> Self {
        self.tokens.set_margin(margin);
        self
    }

    /// Whether tokens may be sent over plain text: to an `http` endpoint, also one of this machine, or over a transport of
    /// one's own that is called as one. Default: no. A Unix socket needs no leave.
    pub fn over_plain_text(mut self, yes: bool) -> Self {
        self.is_plain_text_allowed = yes;
        self
    }

    /// Why they cannot be used for a channel, if they cannot.
    pub(super) fn check(&self, is_plain_text: bool) -> Result<(), &'static str> {
        if is_plain_text && !self.is_plain_text_allowed {
            return Err("credentials are not sent over plain text, unless `over_plain_text` allows it");
        }
        if self.tokens.is_invalid() {
            Err("the token has characters that no header may have")
        } else {
            Ok(())
        }
    }
}

/// Never shows a token.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("is_plain_text_allowed", &self.is_plain_text_allowed)
            .finish_non_exhaustive()
    }
}

/// Where tokens come from: a token server, a file, the metadata of a machine. Any closure that returns a future of a token is
/// one.
///
/// It is asked by a task of its own, one at a time, and has 30 seconds. Its error is `UNAUTHENTICATED` if it is of no use to
/// ask again with the same secret; any other one becomes `UNAVAILABLE`. Callers see the code, and find the error as the
/// [source](std::error::Error::source) of theirs.
pub trait TokenSource: Send + Sync + 'static {
    /// A new token.
    fn token(&self) -> impl Future<Output = Result<Token, Status>> + Send;
}

impl<F, Fut> TokenSource for F
where
    F: Fn() -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Token, Status>> + Send,
{
    fn token(&self) -> impl Future<Output = Result<Token, Status>> + Send {
        self()
    }
}

/// [`TokenSource`] without its type.
trait AnyTokenSource: Send + Sync + 'static {
    fn token(&self) -> BoxFuture<'_, Result<Token, Status>>;
}

impl<S: TokenSource> AnyTokenSource for S {
    fn token(&self) -> BoxFuture<'_, Result<Token, Status>> {
        Box::pin(TokenSource::token(self))
    }
}
