//! Error sets: messages with `(rsvc.v1.error_set)`.

use std::time::Duration;

use rsvc_common::codes::CodeRow;

use super::{FieldId, MessageId};
use crate::diag::Place;

/// A set of errors, which becomes one Rust enum. Its message has no struct; the enum has its name.
#[derive(Debug)]
pub struct ErrorSet {
    pub message: MessageId,
    /// Who defines the reasons.
    pub domain: String,
    /// In the order of definition.
    pub errors: Vec<ErrorVariant>,
    /// The annotation.
    pub place: Place,
}

/// One error. Its variant is named by its field.
#[derive(Debug)]
pub struct ErrorVariant {
    pub field: FieldId,
    pub payload: MessageId,
    /// `ErrorInfo.reason`: `NOT_FOUND`.
    pub reason: String,
    pub code: &'static CodeRow,
    /// As given, or that of the code.
    pub http_status: u16,
    pub message: TextTemplate,
    pub retry_after: Option<Duration>,
    /// Descriptions and addresses of pages.
    pub help: Vec<(String, String)>,
    /// Languages and texts for users.
    pub localized: Vec<(String, TextTemplate)>,
    /// Fields of the payload that go into `ErrorInfo.metadata`.
    pub metadata: Vec<FieldId>,
    /// Whether the payload is in a `Box`, to keep the enum small; see [`crate::storage`].
    pub boxed: bool,
    /// The function that makes one from the fields of the payload: `not_found`.
    pub constructor: String,
    /// The annotation.
    pub place: Place,
}

/// A text with fields of the payload in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextTemplate(pub Vec<TemplatePart>);

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplatePart {
    Text(String),
    /// A path of fields; all but the last are messages, the last is a scalar or an enum.
    Field(Vec<FieldId>),
}
