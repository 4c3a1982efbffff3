//! Calls without a wire.

use futures_util::future::BoxFuture;

use super::ClientCall;
use crate::bridge::Status;
use crate::call::Outgoing;
use crate::message::AnyMessage;
use crate::stream::Incoming;

/// The requests of a call.
pub(crate) enum CallRequests<'a> {
    One(&'a mut dyn AnyMessage),
    Many(Box<dyn Outgoing>),
}

/// Makes calls without requests of HTTP, whatever their protocol: messages are handed over as they are.
pub(crate) trait Direct: Sync {
    /// Waits for the one response, and moves it into one that is empty.
    fn one<'a>(
        &'a self,
        call: ClientCall<'a>,
        requests: CallRequests<'a>,
        response: &'a mut dyn AnyMessage,
    ) -> BoxFuture<'a, Result<(), Status>>;

    /// Waits for the beginning of the responses.
    fn many<'a>(
        &'a self,
        call: ClientCall<'a>,
        requests: CallRequests<'a>,
    ) -> BoxFuture<'a, Result<Box<dyn Incoming>, Status>>;
}
