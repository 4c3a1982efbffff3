//! Everything of tonic that this crate names, in one place.
//!
//! Calls go by code of our own. What is tonic's are the types that a user may share with other crates ([`Status`],
//! metadata), the services that a tonic server mounts or that are mounted here, and the transport below a channel.

#[cfg(feature = "rpc")]
pub use tonic::metadata::{Ascii, AsciiMetadataKey, Binary, BinaryMetadataKey, MetadataMap, MetadataValue};
#[cfg(feature = "server")]
pub use tonic::server::NamedService;
pub use tonic::{Code, Status};
pub(crate) use tonic_types::{
    BadRequest, DebugInfo, ErrorDetails, ErrorInfo, Help, LocalizedMessage, RetryInfo, StatusExt, pb,
};
