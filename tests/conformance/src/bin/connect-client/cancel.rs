//! When a call is to be given up.

use std::time::Duration;

use conformance::connect::ClientCompatRequest;
use conformance::connect::client_compat_request::cancel::CancelTiming;
use rsvc::Status;
use tokio::sync::watch;
use tokio::time::sleep;

/// When the suite wants a call to be cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cancel {
    Never,
    /// Instead of the end of the requests.
    BeforeCloseSend,
    /// So long after the end of the requests.
    AfterCloseSend(Duration),
    /// As soon as there are so many responses.
    AfterResponses(usize),
}

impl Cancel {
    pub(crate) fn of(request: &ClientCompatRequest) -> Self {
        let Some(cancel) = &request.cancel else { return Self::Never };
        match cancel.cancel_timing {
            Some(CancelTiming::BeforeCloseSend(())) => Self::BeforeCloseSend,
            Some(CancelTiming::AfterCloseSendMs(milliseconds)) => {
                Self::AfterCloseSend(Duration::from_millis(milliseconds.into()))
            }
            Some(CancelTiming::AfterNumResponses(count)) => Self::AfterResponses(count as usize),
            None => Self::AfterCloseSend(Duration::ZERO),
        }
    }
}

/// How a call that we gave up ends: a dropped call has no status of its own.
pub(crate) fn cancelled() -> Status {
    Status::cancelled("the caller gave up")
}

/// Whether all requests of a call are sent, said by who sends them.
pub(crate) struct Sent(watch::Sender<bool>);

impl Sent {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    pub(crate) fn note(&self) {
        self.0.send_replace(true);
    }

    /// Resolves when a call is to be cancelled for the time that has passed since the requests were sent.
    pub(crate) async fn long_enough(&self, cancel: Cancel) {
        let Cancel::AfterCloseSend(wait) = cancel else { return std::future::pending().await };
        // The sender lives as long as `self`: there is always an answer.
        let _ = self.0.subscribe().wait_for(|sent| *sent).await;
        sleep(wait).await;
    }
}
