//! What holds for every call, whatever its protocol.

pub(crate) mod body;
pub(crate) mod dispatch;
