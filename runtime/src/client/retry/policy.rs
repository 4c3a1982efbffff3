//! What holds for the attempts at one call.

use crate::retry::RetryPolicy;

/// The policy of a call.
#[derive(Clone, Copy)]
pub(super) struct Policy {
    /// `None`: it is made again if no server has begun with it.
    pub(super) told: Option<RetryPolicy>,
    /// Whether the server may ask for another attempt whatever the code: nobody has named the codes.
    pub(super) is_default: bool,
}
