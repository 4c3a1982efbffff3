//! Messages in an `Any`.

use prost::{DecodeError, Message};
use prost_types::Any;

use super::conformance_payload::RequestInfo;
use super::{
    BidiStreamRequest, ClientStreamRequest, IdempotentUnaryRequest, ServerStreamRequest, UnaryRequest,
    UnimplementedRequest,
};

/// What stands before the name of a message in the URL of its type.
pub const TYPE_PREFIX: &str = "type.googleapis.com/";

/// A message that travels in an `Any`.
pub trait Named: Message + Default {
    /// Its full name.
    const NAME: &'static str;

    /// The message, packed.
    fn to_any(&self) -> Any {
        Any { type_url: format!("{TYPE_PREFIX}{}", Self::NAME), value: self.encode_to_vec() }
    }

    /// Whether an `Any` holds this message.
    fn is_in(any: &Any) -> bool {
        any.type_url.rsplit('/').next() == Some(Self::NAME)
    }

    /// The message in an `Any`; `None` if that holds another one.
    fn from_any(any: &Any) -> Option<Result<Self, DecodeError>> {
        Self::is_in(any).then(|| Self::decode(&*any.value))
    }
}

macro_rules! named {
    ($($message:ident: $name:literal,)*) => {
        $(impl Named for $message {
            const NAME: &'static str = concat!("connectrpc.conformance.v1.", $name);
        })*
    };
}

named! {
    UnaryRequest: "UnaryRequest",
    IdempotentUnaryRequest: "IdempotentUnaryRequest",
    UnimplementedRequest: "UnimplementedRequest",
    ClientStreamRequest: "ClientStreamRequest",
    ServerStreamRequest: "ServerStreamRequest",
    BidiStreamRequest: "BidiStreamRequest",
    RequestInfo: "ConformancePayload.RequestInfo",
}
