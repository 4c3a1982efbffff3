//! Calls over REST, as `google.api.http` says.

pub(crate) mod answer;
pub(crate) mod call;
pub(crate) mod events;
pub(crate) mod url;
