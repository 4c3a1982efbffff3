//! How protocols have messages in envelopes.

use crate::protocol::client::Dialect;
use crate::protocol::connect::client::ConnectStream;
use crate::protocol::grpc::client::{Grpc, GrpcWeb};
use crate::protocol::wire::Protocol;

pub(super) fn dialect(protocol: Protocol) -> &'static dyn Dialect {
    match protocol {
        Protocol::Grpc => &Grpc,
        Protocol::GrpcWeb => &GrpcWeb,
        Protocol::Connect => &ConnectStream,
    }
}
