//! A request and its response, as they passed by.

use super::fields::Fields;

/// How far a message has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum End {
    /// There may be more.
    #[default]
    Open,
    Complete,
    /// Its stream was reset or its connection lost.
    Broken,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    pub(crate) headers: Fields,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Fields,
    pub(crate) end: End,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Exchange {
    /// Of HTTP: 1 or 2.
    pub(crate) version: i32,
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) request: Message,
    /// Absent until the head of the response is here.
    pub(crate) status: Option<u16>,
    pub(crate) response: Message,
}

impl Message {
    pub(crate) fn is_complete(&self) -> bool {
        self.end == End::Complete
    }

    pub(crate) fn complete(&mut self) {
        if self.end == End::Open {
            self.end = End::Complete;
        }
    }

    pub(crate) fn break_off(&mut self) {
        if self.end == End::Open {
            self.end = End::Broken;
        }
    }
}
