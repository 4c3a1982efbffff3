//! What HTTP caches may do with the responses of a method: `rsvc.v1.Cache`.

use super::FieldId;

/// What HTTP caches may do with the responses of a method.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cache {
    /// How long a response is fresh, in seconds.
    pub max_age: Option<u32>,
    /// Whether only the cache of one caller may keep a response.
    pub private: bool,
    pub etag: Option<ETag>,
    /// Request headers that a response depends on.
    pub vary: Vec<String>,
}

/// What the entity tag of a response is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ETag {
    /// A hash of the content.
    Content,
    /// A field: from the response down to it.
    Field(Vec<FieldId>),
}
