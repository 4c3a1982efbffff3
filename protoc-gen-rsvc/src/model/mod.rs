//! The schema as plain data: what the resolver makes of the descriptors, and all that an emitter reads.
//!
//! Nodes live in arenas and point at each other by id. Every decision is on the node: its Rust names
//! ([`crate::names`] fills them), where it came from, its documentation. Nothing here does any work.

mod arena;
mod behavior;
mod cache;
mod dump;
mod errors;
pub mod http;
mod newer;
pub mod openapi;
pub mod plan;
mod retry;
pub mod rules;
mod samples;
mod storage;
mod well_known;

use std::sync::Arc;
use std::time::Duration;

use prost_reflect::{DescriptorPool, EnumDescriptor, FieldDescriptor, MessageDescriptor};

pub use arena::{Arena, Id};
pub use behavior::{Behavior, TextFormat};
pub use cache::{Cache, ETag};
pub use errors::{ErrorSet, ErrorVariant, TemplatePart, TextTemplate};
pub use newer::is_newer;
pub use retry::{Retry, RetryKind};
pub use samples::{AuthorSample, SampleOf};
pub use storage::{FieldStorage, Shape};
pub use well_known::WellKnown;

use crate::diag::Place;
use crate::sorted::SortedSet;

pub type FileId = Id<File>;
pub type PackageId = Id<Package>;
pub type MessageId = Id<Message>;
pub type FieldId = Id<Field>;
pub type OneofId = Id<Oneof>;
pub type EnumId = Id<Enum>;
pub type ServiceId = Id<Service>;
pub type MethodId = Id<Method>;
pub type ErrorSetId = Id<ErrorSet>;

/// Everything that was read, resolved.
#[derive(Debug)]
pub struct Schema {
    /// The descriptors behind it, for emitters that need options or raw bytes.
    pub pool: DescriptorPool,
    /// Files in dependency order.
    pub files: Arena<File>,
    /// Packages, sorted by name. Only those with something to generate get an output file.
    pub packages: Arena<Package>,
    pub messages: Arena<Message>,
    pub fields: Arena<Field>,
    pub oneofs: Arena<Oneof>,
    pub enums: Arena<Enum>,
    pub services: Arena<Service>,
    pub methods: Arena<Method>,
    pub error_sets: Arena<ErrorSet>,
    /// How requests over REST find their methods.
    /// Validation rules; filled once all types are resolved.
    pub rules: rules::Rules,
    /// Samples that the author gives.
    pub samples: Vec<AuthorSample>,
}

/// Where a node came from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The definition in its `.proto`.
    pub place: Place,
    /// Comments, as protoc attaches them.
    pub comments: Comments,
    /// `option deprecated = true`.
    pub deprecated: bool,
}

/// The comments of a definition, without comment markers, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comments {
    pub leading: Option<Arc<str>>,
    pub trailing: Option<Arc<str>>,
}

#[derive(Debug)]
pub struct File {
    /// Path as imported, e.g. `shop/v1/shop.proto`.
    pub name: Arc<str>,
    pub package: PackageId,
    /// Whether code is generated for it, or its types come from elsewhere.
    pub generate: bool,
    /// Whether it was named, not only imported.
    pub root: bool,
    pub syntax: Syntax,
}

/// The language of a file, after the reduction of editions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    Proto2,
    Proto3,
}

#[derive(Debug)]
pub struct Package {
    /// Full name, empty for files without a package.
    pub name: String,
    /// Rust module path from the root of the tree, one identifier each.
    pub module: Vec<String>,
    /// The comment before the name of the package, of the first file that has one.
    pub comments: Comments,
    /// What its documents say of it.
    pub described: Option<openapi::OpenApi>,
    /// Name of its generated file, e.g. `shop.v1.rs`.
    pub file_name: String,
    /// `OPENAPI_SHOP_V1`, the constant in the tree's root with its OpenAPI document.
    pub openapi: String,
    /// Name under which prost-build sees it; see [`crate::names`].
    pub projected: String,
    pub files: Vec<FileId>,
    /// Top-level messages to generate, in the order of files and definitions.
    pub messages: Vec<MessageId>,
    pub enums: Vec<EnumId>,
    pub services: Vec<ServiceId>,
}

/// How a Rust type is named from anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypePath {
    /// In the generated tree: modules from the root, then the type.
    Local { module: Vec<String>, name: String },
    /// Elsewhere: a complete path or type, e.g. `::rsvc::prost_types::Timestamp` or `()`.
    Extern(String),
}

#[derive(Debug)]
pub struct Message {
    /// Proto name, the last part.
    pub name: String,
    /// Proto name in full, without a leading dot.
    pub full_name: String,
    pub file: FileId,
    pub package: PackageId,
    pub parent: Option<MessageId>,
    /// Fields in the order of definition, those in oneofs included.
    pub fields: Vec<FieldId>,
    /// Oneofs in the order of definition, without the synthetic ones of `optional`.
    pub oneofs: Vec<OneofId>,
    /// Nested messages without map entries.
    pub messages: Vec<MessageId>,
    pub enums: Vec<EnumId>,
    /// A struct that is generated (`Local`), or one from elsewhere (`Extern`).
    pub rust: TypePath,
    /// The module of its nested types, last part.
    pub module_name: String,
    /// Name under which prost-build sees it; see [`crate::names`].
    pub projected: String,
    pub well_known: Option<WellKnown>,
    /// What stands in for its type where JSON is needed: it is of a crate that has prost's code alone.
    pub stand_in: Option<String>,
    /// What it says when it is not data but a set of errors.
    pub error_set: Option<ErrorSetId>,
    pub origin: Origin,
    pub descriptor: MessageDescriptor,
}

impl Message {
    /// Whether a struct is generated for it.
    pub fn is_generated(&self) -> bool {
        self.is_local() && self.error_set.is_none()
    }

    /// Whether its Rust type, a struct or the enum of an error set, is in the generated tree.
    pub fn is_local(&self) -> bool {
        matches!(self.rust, TypePath::Local { .. })
    }

    /// Whether it is content with its media type, as it is in a body.
    pub fn is_http_body(&self) -> bool {
        self.full_name == "google.api.HttpBody"
    }
}

#[derive(Debug)]
pub struct Field {
    pub name: String,
    pub full_name: String,
    pub json_name: String,
    pub number: u32,
    pub message: MessageId,
    pub oneof: Option<OneofId>,
    pub kind: FieldKind,
    /// Repeated numbers in one length-delimited record.
    pub packed: bool,
    /// proto2 default, as `descriptor.proto` writes it.
    pub default: Option<String>,
    /// `google.api.field_behavior`, in the order of their numbers.
    pub behaviors: SortedSet<Behavior>,
    /// `format` of `google.api.field_info`.
    pub format: Option<TextFormat>,
    /// The struct's field, or the variant when the field is in a oneof. Raw (`r#type`) where needed.
    pub rust_name: String,
    /// Name under which prost-build sees it; see [`crate::names`].
    pub projected: String,
    /// How prost stores it; see [`crate::storage`].
    pub storage: FieldStorage,
    pub origin: Origin,
    pub descriptor: FieldDescriptor,
}

/// Cardinality and type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldKind {
    Singular(ValueType, Presence),
    Repeated(ValueType),
    Map(Scalar, ValueType),
}

impl FieldKind {
    /// The type of the value or element, or a map's value.
    pub fn value(&self) -> &ValueType {
        match self {
            Self::Singular(t, _) | Self::Repeated(t) | Self::Map(_, t) => t,
        }
    }
}

/// Whether "unset" differs from the default value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Unset is the default value.
    Implicit,
    /// Unset differs: messages, `optional`, oneof members, proto2.
    Explicit,
    /// proto2 `required`.
    Required,
}

/// The type of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueType {
    Scalar(Scalar),
    Enum(EnumId),
    Message(MessageId),
    /// A proto2 group or a delimited field: a message with another encoding.
    Group(MessageId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scalar {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
}

impl Scalar {
    /// Its name in a `.proto`, which is that of its standard rules too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Double => "double",
            Self::Float => "float",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Sint32 => "sint32",
            Self::Sint64 => "sint64",
            Self::Fixed32 => "fixed32",
            Self::Fixed64 => "fixed64",
            Self::Sfixed32 => "sfixed32",
            Self::Sfixed64 => "sfixed64",
            Self::Bool => "bool",
            Self::String => "string",
            Self::Bytes => "bytes",
        }
    }
}

#[derive(Debug)]
pub struct Oneof {
    pub name: String,
    pub message: MessageId,
    pub fields: Vec<FieldId>,
    /// The struct's field.
    pub rust_name: String,
    /// The enum, in the module of the message.
    pub rust: TypePath,
    /// Name under which prost-build sees it; see [`crate::names`].
    pub projected: String,
    pub origin: Origin,
}

#[derive(Debug)]
pub struct Enum {
    pub name: String,
    pub full_name: String,
    pub file: FileId,
    pub package: PackageId,
    pub parent: Option<MessageId>,
    pub values: Vec<EnumValue>,
    /// proto2, or a closed enum of an edition: unknown numbers are not values.
    pub closed: bool,
    pub rust: TypePath,
    /// As for messages.
    pub stand_in: Option<String>,
    /// Name under which prost-build sees it; see [`crate::names`].
    pub projected: String,
    pub origin: Origin,
    pub descriptor: EnumDescriptor,
}

impl Enum {
    /// Whether a Rust enum is generated for it.
    pub fn is_generated(&self) -> bool {
        matches!(self.rust, TypePath::Local { .. })
    }
}

#[derive(Debug)]
pub struct EnumValue {
    pub name: String,
    pub number: i32,
    /// The variant; an alias shares that of the first value with its number.
    pub rust_name: String,
    /// Whether an earlier value has the same number; prost leaves it out.
    pub alias: bool,
    /// Name under which prost-build sees it; see [`crate::names`].
    pub projected: String,
    pub origin: Origin,
}

#[derive(Debug)]
pub struct Service {
    pub name: String,
    pub full_name: String,
    pub file: FileId,
    pub package: PackageId,
    pub methods: Vec<MethodId>,
    /// What its methods fail with; `None` is `Status`.
    pub error: Option<ErrorSetId>,
    /// What documents say of it.
    pub openapi: openapi::Tag,
    pub names: ServiceNames,
    pub origin: Origin,
}

/// Every identifier generated for a service, all in the module of its package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceNames {
    /// `UserService`
    pub service_trait: String,
    /// `UserServiceServer`
    pub server: String,
    /// `UserServiceClient`
    pub client: String,
    /// `UserServiceRestClient`
    pub rest_client: String,
    /// `DynUserService`, the trait that can be an object.
    pub object: String,
    /// `USER_SERVICE`, the constant that describes it.
    pub info: String,
    /// `USER_SERVICE_BINDINGS`, the constant with its REST bindings.
    pub bindings: String,
    /// `OPENAPI_SHOP_V1_USER_SERVICE`, the constant in the tree's root with its OpenAPI document.
    pub openapi: String,
}

#[derive(Debug)]
pub struct Method {
    pub name: String,
    pub full_name: String,
    pub service: ServiceId,
    pub input: MessageId,
    pub output: MessageId,
    pub kind: MethodKind,
    pub idempotency: Idempotency,
    pub access: Access,
    /// What has to be true of a call besides.
    pub condition: Option<Condition>,
    /// Default deadline, of the method or its service.
    pub timeout: Option<Duration>,
    /// What HTTP caches may do with its responses.
    pub cache: Option<Cache>,
    /// When clients make a call again, of the method or its service.
    pub retry: Option<Retry>,
    /// Which errors of the service's set it can return, as indices; empty is any.
    pub errors: Vec<usize>,
    /// What the validation of its requests goes by, if not by all of them.
    pub masked: Option<MaskedFields>,
    /// How it is reached over REST; none when it has no `google.api.http`.
    pub bindings: Vec<http::Binding>,
    /// What documents say of it.
    pub openapi: openapi::Operation,
    /// `get_user`
    pub rust_name: String,
    /// `__rsvc_get_user`, in the trait that can be an object. Another name, so that a call is never ambiguous.
    pub object_name: String,
    /// `USER_SERVICE_GET_USER`, the constant that describes it.
    pub info_name: String,
    pub origin: Origin,
}

impl Method {
    /// The path of its HTTP/2 requests: `/shop.v1.UserService/GetUser`.
    pub fn path(&self, service: &Service) -> String {
        format!("/{}/{}", service.full_name, self.name)
    }
}

/// A condition of `access`: CEL whose result is bool, over a call.
#[derive(Clone, Debug)]
pub struct Condition {
    pub plan: plan::Plan,
    /// The message of the claims; `None` is `google.protobuf.Struct`.
    pub claims: Option<MessageId>,
}

/// The fields of a request that is validated by a mask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedFields {
    /// The field mask.
    pub mask: FieldId,
    /// The message that it speaks of.
    pub resource: FieldId,
    /// The fields of the resource that paths of URLs set, each from the request down: they say which resource is meant.
    pub names: Vec<Vec<FieldId>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MethodKind {
    Unary,
    ClientStreaming,
    ServerStreaming,
    BidiStreaming,
}

impl MethodKind {
    pub fn client_streams(self) -> bool {
        matches!(self, Self::ClientStreaming | Self::BidiStreaming)
    }
    pub fn server_streams(self) -> bool {
        matches!(self, Self::ServerStreaming | Self::BidiStreaming)
    }
}

/// `google.protobuf.MethodOptions.idempotency_level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idempotency {
    Unknown,
    NoSideEffects,
    Idempotent,
}

/// Who may call a method: `rsvc.v1.Access`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Nothing was said.
    #[default]
    Unspecified,
    Public,
    Authenticated,
    Scopes {
        all_of: Vec<String>,
        any_of: Vec<String>,
    },
}
