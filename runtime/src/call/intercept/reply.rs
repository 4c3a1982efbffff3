//! What an interceptor answers.

use std::any::TypeId;
use std::fmt;
use std::task::{Context as Task, Poll};

use crate::bridge::Status;
use crate::call::CallError;
use crate::call::exchange::Outgoing;
use crate::json::MessageInfo;
use crate::message::AnyMessage;
use crate::{Context, ResponseStream};

/// The answer of a call: what [`Next::run`](super::Next::run) brings, or one of an interceptor's own.
pub struct Reply(pub(super) Answer);

pub(crate) enum Answer {
    /// The handler has answered, or the server.
    Handled,
    Own(Own),
}

/// The answer of an interceptor.
pub(crate) enum Own {
    One(Box<dyn AnyMessage>),
    Many(&'static MessageInfo, TypeId, Box<dyn Outgoing>),
}

impl Reply {
    /// A response message, of the type that the method has; that of a stream, if its server streams. The handler's own is
    /// dropped.
    pub fn message<T: AnyMessage>(message: T) -> Self {
        Self(Answer::Own(Own::One(Box::new(message))))
    }

    /// A stream of response messages, of the type that the method has, for one whose server streams.
    pub fn messages<T: AnyMessage>(messages: ResponseStream<T>) -> Self {
        Self(Answer::Own(Own::Many(T::info(), TypeId::of::<T>(), Box::new(messages))))
    }

    pub(crate) fn into_answer(self) -> Answer {
        self.0
    }
}

impl Own {
    /// Itself, if it is of the type that the method has, and one where it has to be one.
    pub(crate) fn check(self, response: Option<TypeId>, streams: bool) -> Result<Self, Status> {
        let fits = match &self {
            Self::One(message) => response == Some(message.as_any().type_id()),
            Self::Many(_, of, _) => response == Some(*of) && streams,
        };
        if fits { Ok(self) } else { Err(misfit()) }
    }

    /// The messages, and the table of their type.
    pub(crate) fn into_stream(self) -> (&'static MessageInfo, Box<dyn Outgoing>) {
        match self {
            Self::One(message) => (message.table(), Box::new(OneMessage(Some(message)))),
            Self::Many(table, _, messages) => (table, messages),
        }
    }
}

/// A stream of one message.
struct OneMessage(Option<Box<dyn AnyMessage>>);

impl Outgoing for OneMessage {
    fn poll_next(
        &mut self,
        _: &mut Task<'_>,
        _: &Context,
        take: &mut dyn FnMut(&mut dyn AnyMessage) -> Result<(), Status>,
    ) -> Poll<Option<Result<(), CallError>>> {
        Poll::Ready(self.0.take().map(|mut message| take(&mut *message).map_err(CallError::from)))
    }
}

#[cold]
fn misfit() -> Status {
    tracing::error!("an interceptor answers with what is not a response of the method");
    Status::internal("the call failed")
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Answer::Handled => "Reply(handled)",
            Answer::Own(_) => "Reply(own)",
        })
    }
}
