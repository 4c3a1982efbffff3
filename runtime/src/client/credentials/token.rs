//! [`Token`].

use std::fmt;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use tokio::time::Instant;

/// What a caller shows, and for how long it holds.
#[derive(Clone)]
#[must_use]
pub struct Token {
    /// `None` if no header can have it.
    value: Option<HeaderValue>,
    expires: Option<Instant>,
}

impl Token {
    /// A token as OAuth 2.0 has it: `Bearer TOKEN`.
    pub fn bearer(token: impl AsRef<str>) -> Self {
        Self::new("Bearer", token)
    }

    /// A user and a password: `Basic …`.
    pub fn basic(user: impl AsRef<str>, password: impl AsRef<str>) -> Self {
        Self::new("Basic", STANDARD.encode(format!("{}:{}", user.as_ref(), password.as_ref())))
    }

    /// Credentials of any scheme: `SCHEME CREDENTIALS`.
    pub fn new(scheme: &str, credentials: impl AsRef<str>) -> Self {
        let value = HeaderValue::try_from(format!("{scheme} {}", credentials.as_ref()));
        let value = value.ok().map(|mut value| {
            // It is not shown, and no table of HTTP/2 keeps it.
            value.set_sensitive(true);
            value
        });
        Self { value, expires: None }
    }

    /// Says how long it holds from now. Default: until a server refuses it.
    pub fn expires_in(mut self, time: Duration) -> Self {
        self.expires = Instant::now().checked_add(time);
        self
    }

    /// Says until when it holds, by the clock of this machine.
    pub fn expires_at(self, time: SystemTime) -> Self {
        // What has passed already is no time that is left.
        self.expires_in(time.duration_since(SystemTime::now()).unwrap_or(Duration::ZERO))
    }

    pub(super) fn value(&self) -> Option<&HeaderValue> {
        self.value.as_ref()
    }

    pub(super) fn expires(&self) -> Option<Instant> {
        self.expires
    }
}

/// Shows how long it holds, and nothing of what it is.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = self.expires.map(|expires| expires.saturating_duration_since(Instant::now()));
        f.debug_struct("Token").field("expires_in", &left).finish_non_exhaustive()
    }
}
