//! What the first request of a case asks the server to do.

use anyhow::Result;
use conformance::connect::{
    BidiStreamRequest, ClientStreamRequest, IdempotentUnaryRequest, Named, RawHttpResponse,
    ServerStreamRequest, StreamResponseDefinition, UnaryRequest, UnaryResponseDefinition,
};
use prost_types::Any;

/// The definition of a response.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Definition {
    One(UnaryResponseDefinition),
    Stream(StreamResponseDefinition),
}

impl Definition {
    /// The definition in a request, if it has one.
    pub(crate) fn of(request: &Any) -> Result<Option<Self>> {
        if let Some(request) = UnaryRequest::from_any(request) {
            return Ok(request?.response_definition.map(Self::One));
        }
        if let Some(request) = IdempotentUnaryRequest::from_any(request) {
            return Ok(request?.response_definition.map(Self::One));
        }
        if let Some(request) = ClientStreamRequest::from_any(request) {
            return Ok(request?.response_definition.map(Self::One));
        }
        if let Some(request) = ServerStreamRequest::from_any(request) {
            return Ok(request?.response_definition.map(Self::Stream));
        }
        if let Some(request) = BidiStreamRequest::from_any(request) {
            return Ok(request?.response_definition.map(Self::Stream));
        }
        Ok(None)
    }

    /// The response in HTTP's terms, where a case gives that.
    pub(crate) fn raw_response(self) -> Option<RawHttpResponse> {
        match self {
            Self::One(definition) => definition.raw_response,
            Self::Stream(definition) => definition.raw_response,
        }
    }
}
