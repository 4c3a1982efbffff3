//! Samples that the author of a `.proto` gives.

use super::{FieldId, MessageId};
use crate::diag::Place;

/// `(rsvc.v1.sample)` or `(rsvc.v1.message_sample)`
#[derive(Clone, Debug)]
pub struct AuthorSample {
    /// What it is a sample of.
    pub of: SampleOf,
    /// ProtoJSON, as it is written.
    pub text: String,
    /// The option.
    pub place: Place,
}

/// What a sample is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleOf {
    Field(FieldId),
    Message(MessageId),
}
