//! REST bindings: one node says all that the server, the client and the description of a method need.

use super::{FieldId, MethodId};
use crate::diag::Place;

/// One pattern of a method's `google.api.http`: the rule itself, or one of its `additional_bindings`.
#[derive(Clone, Debug)]
pub struct Binding {
    pub method: MethodId,
    pub verb: Verb,
    pub template: PathTemplate,
    /// The variables of the template, in its order.
    pub variables: Vec<PathVariable>,
    /// Fields of the request that query parameters set, with all that is below them. A field of which the path
    /// sets a part is among them.
    pub query: Vec<FieldId>,
    pub body: Body,
    /// The field of the response that is sent; `None` is all of it.
    pub response_body: Option<FieldId>,
    /// The field mask that is filled from the body where the request does not bring it.
    pub fill_update_mask: Option<FieldId>,
    /// The forms that the body can be; `None` for none.
    pub forms: Option<Forms>,
    /// Where the annotation stands.
    pub place: Place,
}

/// The HTTP method of a binding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    Get,
    Put,
    Post,
    Delete,
    Patch,
    /// `custom`: any other method, as it is written.
    Custom(String),
    /// `custom { kind: "*" }`: whatever the method.
    Any,
}

impl Verb {
    /// The name as HTTP has it; `*` for any.
    pub fn name(&self) -> &str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Patch => "PATCH",
            Self::Custom(name) => name,
            Self::Any => "*",
        }
    }
}

/// A path template, its variables flattened into the segments that they cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTemplate {
    /// As written.
    pub text: String,
    pub segments: Vec<Segment>,
    /// The custom verb behind the last colon.
    pub verb: Option<String>,
}

/// What one segment of a path has to be. Ordered from the most to the least specific.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// This text, percent-encoded with upper-case digits.
    Literal(String),
    /// `*`: any one segment.
    Single,
    /// `**`: any number of segments. At most one of a template.
    Rest,
}

/// A variable of a path template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathVariable {
    /// The fields from the request down to the one that is set.
    pub fields: Vec<FieldId>,
    /// Its first segment.
    pub start: usize,
    /// The segment after its last; of `**` that one counts.
    pub end: usize,
    /// Whether its pattern is more than one segment, so that `%2F` stays as it is (`google/api/http.proto`).
    pub multi: bool,
}

/// What the body of the HTTP request holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing: no body is read.
    None,
    /// Every field that the path does not set.
    Whole,
    /// One field of the request.
    Field(FieldId),
}

/// `rsvc.v1.Forms`: the forms of HTML that a body can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forms {
    pub urlencoded: bool,
    pub multipart: bool,
    pub files: Vec<FormFile>,
}

/// Where the parts of a form go that are files. Each path leads from the message of the body to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormFile {
    pub content: Vec<FieldId>,
    pub filename: Option<Vec<FieldId>>,
    pub media_type: Option<Vec<FieldId>>,
}
