//! What a generated error set is to the rest of the runtime.

use std::fmt;
use std::time::Duration;

use crate::bridge::{Code, Status};

use super::fill::{Incoming, Outgoing};

/// One error of a set, as its `.proto` declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorDefinition {
    /// The field's name: `not_found`.
    pub name: &'static str,
    /// What identifies it inside its domain: `NOT_FOUND`.
    pub reason: &'static str,
    /// The full name of its payload's message.
    pub payload: &'static str,
    /// The code that it travels with.
    pub code: Code,
    /// The HTTP status over REST.
    pub http_status: u16,
    /// When it makes sense to try again.
    pub retry_after: Option<Duration>,
    /// Pages that help, each a description and an address.
    pub help: &'static [(&'static str, &'static str)],
    /// The languages in which it has a text for users.
    pub locales: &'static [&'static str],
}

impl ErrorDefinition {
    /// An error with nothing more to say.
    pub const fn new(
        name: &'static str,
        reason: &'static str,
        payload: &'static str,
        code: Code,
        http_status: u16,
    ) -> Self {
        Self { name, reason, payload, code, http_status, retry_after: None, help: &[], locales: &[] }
    }

    /// Says when it makes sense to try again.
    #[must_use]
    pub const fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// Names pages that help.
    #[must_use]
    pub const fn help(mut self, links: &'static [(&'static str, &'static str)]) -> Self {
        self.help = links;
        self
    }

    /// Names the languages of its texts for users.
    #[must_use]
    pub const fn locales(mut self, locales: &'static [&'static str]) -> Self {
        self.locales = locales;
        self
    }
}

/// A generated error set: one variant for each error of the `.proto`, and one for every other [`Status`].
///
/// Implemented by generated code alone; the hidden methods change with the generator.
pub trait ErrorSet: std::error::Error + From<Status> + Into<Status> + Send + Sync + Sized + 'static {
    /// Who defines the reasons.
    const DOMAIN: &'static str;

    /// The errors, in the order of the `.proto`.
    const ERRORS: &'static [ErrorDefinition];

    /// What the `.proto` says of it; `None` for a status.
    fn definition(&self) -> Option<&'static ErrorDefinition> {
        self.which().ok().map(|index| &Self::ERRORS[index])
    }

    /// Which of [`ERRORS`](Self::ERRORS) it is, or the status that it is instead.
    #[doc(hidden)]
    fn which(&self) -> Result<usize, &Status>;

    /// Tells the payload and the metadata of one of the errors.
    #[doc(hidden)]
    fn describe(&self, out: &mut Outgoing);

    /// Writes the text for users in a language of the definition.
    #[doc(hidden)]
    fn localized(&self, locale: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// One of the errors from what arrived.
    #[doc(hidden)]
    fn restore(index: usize, incoming: &Incoming<'_>) -> Option<Self>;
}
