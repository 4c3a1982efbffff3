//! The requests of a call with envelopes whose client streams.

use std::task::{Context as Task, Poll, ready};

use super::{Form, aside, broken};
use crate::Context;
use crate::bridge::Status;
use crate::call::aside::{Aside, LARGE};
use crate::call::dispatch::Admission;
use crate::message::AnyMessage;
use crate::protocol::compression::Compression;
use crate::protocol::envelope::Envelope;
use crate::protocol::timed_reader::TimedReader;
use crate::stream::{Incoming, poll_each};

/// The requests of a call whose client streams.
pub(super) struct Requests {
    pub(super) reader: TimedReader,
    pub(super) ctx: Context,
    pub(super) compression: Option<Compression>,
    pub(super) form: Form,
    pub(super) admission: Admission,
    /// The envelope that waits to be read.
    pub(super) next: Option<Envelope>,
    /// The message that is being read, if it is large.
    pub(super) aside: Option<Aside>,
}

impl Incoming for Requests {
    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Option<Result<(), Status>>> {
        if self.aside.is_some() || self.next.is_some() {
            return Poll::Ready(Some(Ok(())));
        }
        Poll::Ready(match ready!(self.reader.poll_next(task)) {
            Some(Ok(envelope)) => {
                self.next = Some(envelope);
                Some(Ok(()))
            }
            Some(Err(error)) => Some(Err(broken(&self.ctx, error))),
            None => None,
        })
    }

    fn poll_read(&mut self, task: &mut Task<'_>, message: &mut dyn AnyMessage) -> Poll<Result<(), Status>> {
        if let Some(aside) = &mut self.aside {
            let read = ready!(aside.poll(task, message));
            self.aside = None;
            return Poll::Ready(read.map_err(|error| error.status));
        }
        let envelope = self.next.take().expect("it was ready");
        self.poll_content(task, envelope, message)
    }

    fn poll_next(
        &mut self,
        task: &mut Task<'_>,
        message: &mut dyn AnyMessage,
    ) -> Poll<Option<Result<(), Status>>> {
        if self.aside.is_some() || self.next.is_some() {
            return poll_each(self, task, message);
        }
        match ready!(self.reader.poll_next(task)) {
            Some(Ok(envelope)) => self.poll_content(task, envelope, message).map(Some),
            Some(Err(error)) => Poll::Ready(Some(Err(broken(&self.ctx, error)))),
            None => Poll::Ready(None),
        }
    }
}

impl Requests {
    /// Reads the message of an envelope.
    #[allow(clippy::inline_always, reason = "it is on the way of each message of a stream")]
    #[inline(always)]
    fn poll_content(
        &mut self,
        task: &mut Task<'_>,
        mut envelope: Envelope,
        message: &mut dyn AnyMessage,
    ) -> Poll<Result<(), Status>> {
        let compression = self.compression;
        if envelope.is_large(compression, LARGE.min(self.form.limits.received.size)) {
            self.aside = Some(aside(self.form, self.admission.clone(), envelope, compression, message));
            return self.poll_read(task, message);
        }
        self.form.read(envelope, compression, message)?;
        Poll::Ready(self.admission.admit(message))
    }
}
