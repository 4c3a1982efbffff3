//! What a service and its methods are, as constants that generated code writes down.

use std::any::Any;
use std::fmt;
use std::time::Duration;

use crate::cache::Cache;
use crate::condition::Condition;
use crate::retry::RetryPolicy;

/// A service: its name, its methods and the descriptors it came from.
///
/// ```
/// use rsvc::{MethodInfo, MethodKind, ServiceInfo};
///
/// const PING: MethodInfo = MethodInfo::new("demo.Echo", "Ping", "/demo.Echo/Ping", MethodKind::Unary);
/// const ECHO: ServiceInfo = ServiceInfo::new("demo.Echo", &[PING], b"");
///
/// assert_eq!(ECHO.methods[0].path, "/demo.Echo/Ping");
/// ```
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct ServiceInfo {
    /// The full name, as in `shop.v1.UserService`.
    pub name: &'static str,
    /// The methods, in the order of the `.proto`.
    pub methods: &'static [MethodInfo],
    /// An encoded `google.protobuf.FileDescriptorSet` that declares the service and all it needs.
    pub descriptor_set: &'static [u8],
}

impl ServiceInfo {
    /// Describes a service.
    #[must_use]
    pub const fn new(
        name: &'static str,
        methods: &'static [MethodInfo],
        descriptor_set: &'static [u8],
    ) -> Self {
        Self { name, methods, descriptor_set }
    }
}

impl fmt::Debug for ServiceInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceInfo")
            .field("name", &self.name)
            .field("methods", &self.methods)
            .finish_non_exhaustive()
    }
}

/// A method and what its options say.
///
/// ```
/// use rsvc::{Access, Idempotency, MethodInfo, MethodKind};
///
/// const PING: MethodInfo = MethodInfo::new("demo.Echo", "Ping", "/demo.Echo/Ping", MethodKind::Unary)
///     .idempotency(Idempotency::NoSideEffects)
///     .access(Access::Public);
///
/// assert_eq!(PING.access, Access::Public);
/// assert_eq!(PING.timeout, None);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct MethodInfo {
    /// The full name of the service.
    pub service: &'static str,
    /// The name of the method, as in the `.proto`.
    pub name: &'static str,
    /// The gRPC path, `/package.Service/Method`.
    pub path: &'static str,
    /// Which sides stream.
    pub kind: MethodKind,
    /// What a repeated call does.
    pub idempotency: Idempotency,
    /// Who may call it.
    pub access: Access,
    /// What has to be true of a call besides.
    pub(crate) condition: Option<Condition>,
    /// How long a call may take.
    pub timeout: Option<Duration>,
    /// What HTTP caches may do with its responses.
    pub cache: Option<&'static Cache>,
    /// When a client makes a call again. Left out: the client's default.
    pub retry: Option<RetryPolicy>,
    /// Where the mask is that the validation of requests goes by, if it goes by one.
    pub(crate) masked: Option<MaskedFields>,
}

impl MethodInfo {
    /// Describes a method without options.
    #[must_use]
    pub const fn new(
        service: &'static str,
        name: &'static str,
        path: &'static str,
        kind: MethodKind,
    ) -> Self {
        Self {
            service,
            name,
            path,
            kind,
            idempotency: Idempotency::Unknown,
            access: Access::Unspecified,
            condition: None,
            timeout: None,
            cache: None,
            retry: None,
            masked: None,
        }
    }

    /// Sets what a repeated call does.
    #[must_use]
    pub const fn idempotency(mut self, idempotency: Idempotency) -> Self {
        self.idempotency = idempotency;
        self
    }

    /// Sets who may call it.
    #[must_use]
    pub const fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Sets what has to be true of a call besides; for generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn condition(mut self, holds: Condition) -> Self {
        self.condition = Some(holds);
        self
    }

    /// Whether a call has to meet a condition besides its `access`: the option `access.cel` of `rsvc/v1/rsvc.proto`.
    pub const fn has_condition(&self) -> bool {
        self.condition.is_some()
    }

    /// Sets how long a call may take.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets what HTTP caches may do with its responses.
    #[must_use]
    pub const fn cache(mut self, cache: &'static Cache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Sets when a client makes a call again.
    #[must_use]
    pub const fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Has requests validated by the mask in them; for generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn masked(mut self, fields: MaskedFields) -> Self {
        self.masked = Some(fields);
        self
    }

    /// Whether requests are validated by the mask in them: the option `validate: MASKED` of `rsvc/v1/rsvc.proto`.
    pub const fn is_masked(&self) -> bool {
        self.masked.is_some()
    }
}

/// Where a request has a mask, and the resource that it is about; for generated code.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct MaskedFields {
    /// The number of the resource's field.
    pub(crate) resource: u32,
    /// The number of the mask's field.
    pub(crate) mask: u32,
    /// The paths of the mask in a request.
    pub(crate) paths: fn(&dyn Any) -> &[String],
    /// Fields of the resource that say which one it is, from the request down: they are tested whatever the mask.
    pub(crate) names: &'static [&'static [u32]],
}

impl MaskedFields {
    /// The numbers of the two fields of the request, and the paths of the mask; none where it is unset.
    pub const fn new(resource: u32, mask: u32, paths: fn(&dyn Any) -> &[String]) -> Self {
        Self { resource, mask, paths, names: &[] }
    }

    /// The fields of the resource that say which one it is, as paths of their numbers from the request down.
    #[must_use]
    pub const fn names(mut self, names: &'static [&'static [u32]]) -> Self {
        self.names = names;
        self
    }
}

/// Which sides of a method stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MethodKind {
    /// One request, one response.
    Unary,
    /// Many requests, one response.
    ClientStreaming,
    /// One request, many responses.
    ServerStreaming,
    /// Many requests, many responses.
    BidiStreaming,
}

impl MethodKind {
    /// Whether the client sends a stream of messages.
    pub const fn client_streams(self) -> bool {
        matches!(self, Self::ClientStreaming | Self::BidiStreaming)
    }

    /// Whether the server sends a stream of messages.
    pub const fn server_streams(self) -> bool {
        matches!(self, Self::ServerStreaming | Self::BidiStreaming)
    }
}

/// What a repeated call does: `google.protobuf.MethodOptions.IdempotencyLevel`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Idempotency {
    /// The `.proto` does not say.
    #[default]
    Unknown,
    /// The call changes nothing.
    NoSideEffects,
    /// Calling twice has the effect of calling once.
    Idempotent,
}

/// Who may call a method: the option `access` of `rsvc/v1/rsvc.proto`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Access {
    /// The `.proto` does not say: any authenticated caller may call where the server authenticates callers, and anyone
    /// where it does not. [`Server::require_access`](crate::Server::require_access) makes it an error.
    #[default]
    Unspecified,
    /// Anyone may call; no credentials are read.
    Public,
    /// Any authenticated caller may call.
    Authenticated,
    /// An authenticated caller with these scopes may call. Both conditions hold; an empty list asks for nothing.
    Scopes {
        /// The caller needs every one of these.
        all_of: &'static [&'static str],
        /// The caller needs at least one of these.
        any_of: &'static [&'static str],
    },
}
