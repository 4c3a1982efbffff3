//! Streams of messages of other crates that have prost's code alone.

use futures_util::StreamExt as _;

use crate::json::{Plain, PlainMessage};
use crate::stream::{RequestStream, ResponseStream};

/// The requests that a handler reads.
pub fn requests<P: PlainMessage>(stream: RequestStream<Plain<P>>) -> RequestStream<P::Message> {
    RequestStream::new(stream.map(|message| message.map(Plain::into_inner)))
}

/// The requests that a client sends.
pub fn wrap_requests<P: PlainMessage>(stream: RequestStream<P::Message>) -> RequestStream<Plain<P>> {
    RequestStream::new(stream.map(|message| message.map(Plain)))
}

/// The responses that a caller reads.
pub fn responses<P: PlainMessage, E: Send + 'static>(
    stream: ResponseStream<Plain<P>, E>,
) -> ResponseStream<P::Message, E> {
    ResponseStream::new(stream.map(|message| message.map(Plain::into_inner)))
}

/// The responses that a handler sends.
pub fn wrap_responses<P: PlainMessage, E: Send + 'static>(
    stream: ResponseStream<P::Message, E>,
) -> ResponseStream<Plain<P>, E> {
    ResponseStream::new(stream.map(|message| message.map(Plain)))
}
