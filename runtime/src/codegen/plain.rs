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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Status;
    use crate::json::{Json as _, MessageInfo};
    use crate::pb::google::rpc::help::Link;

    struct StandIn;

    impl PlainMessage for StandIn {
        type Message = Link;

        fn info() -> &'static MessageInfo {
            Link::info()
        }
    }

    fn link(url: &str) -> Link {
        Link { description: String::new(), url: url.into() }
    }

    #[tokio::test]
    async fn streams_keep_their_messages_and_errors() {
        let items = || futures_util::stream::iter([Ok(link("a")), Err(Status::aborted("b"))]);
        let mut stream = requests(wrap_requests::<StandIn>(RequestStream::new(items())));
        assert_eq!(stream.message().await.unwrap(), Some(link("a")));
        assert_eq!(stream.message().await.unwrap_err().message(), "b");
        let mut stream = responses(wrap_responses::<StandIn, Status>(ResponseStream::new(items())));
        assert_eq!(stream.message().await.unwrap(), Some(link("a")));
        assert_eq!(stream.message().await.unwrap_err().message(), "b");
    }
}
