//! A WebSocket while it is open.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Task, Poll};
use std::time::Duration;

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout, timeout_at};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::ToHandler;
use super::decoder::{Event, Fault};
use super::exchange::ResponseFrames;
use super::frames::Frame;
use super::wire::{ReadError, ServerFrame, Wire};
use crate::Context;
use crate::bridge::{Code, Status};
use crate::call::idle::IdleTimeout;
use crate::deadline;
use crate::error::code_name;
use crate::protocol::rest::server::error;
use crate::protocol::rest::server::options::RestSettings;
use crate::protocol::rest::server::stream::format;

/// How long the client may take to close as well.
const CLOSING: Duration = Duration::from_secs(5);
/// How long it may take to hear why a call is over, if that is because it takes too long.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How much is read of what it goes on to send, in bytes.
const LINGER: usize = 256 * 1024;
/// The first of the close codes that are an application's own; a failed call has that of its status above it.
const FIRST_OWN_CODE: u16 = 4000;
/// A close frame has no more bytes of text.
const MAX_REASON: usize = 123;

/// A WebSocket that a call goes over.
pub(crate) struct Socket {
    pub(crate) settings: Arc<RestSettings>,
    /// That of the call, whose deadline covers what is sent.
    pub(crate) ctx: Context,
}

/// The client, as the two halves of a session know it: one that listens to it, and one that speaks.
struct Client<S> {
    wire: Mutex<Wire<S>>,
    /// Nobody listens to it: the handler has yet to take what it said before.
    unheard: AtomicBool,
}

/// How a session ended.
#[derive(Debug)]
enum Ending {
    /// The client is gone, or takes nothing.
    Gone,
    /// Both have closed, or the client has and gets the same answer.
    Closed(Option<CloseFrame>),
    /// The client does not keep to the protocol.
    Broken(CloseFrame),
    /// The call is given up.
    Failed(Status),
}

impl Socket {
    /// Runs the call to its end, or until the client goes; `answer` is the handler at work.
    pub(crate) async fn run(
        self,
        upgraded: Upgraded,
        frames: ToHandler,
        answer: impl Future<Output = Result<ResponseFrames, Status>>,
    ) {
        let options = &self.settings.options;
        let limit = options.received.size;
        let writing = IdleTimeout { timeout: Some(options.send_timeout), ..options.idle_timeout };
        let wire = Wire::new(TokioIo::new(upgraded), limit, options.idle_timeout, writing);
        let client = Client { wire: Mutex::new(wire), unheard: AtomicBool::new(false) };
        let ending = {
            let mut listening = pin!(listen(&client, frames, limit));
            let mut speaking = pin!(self.speak(&client, answer));
            tokio::select! {
                ending = &mut listening => ending,
                said = &mut speaking => match said {
                    // Its answer is its own close frame.
                    Some(()) => timeout(CLOSING, listening).await.unwrap_or(Ending::Gone),
                    None => Ending::Gone,
                },
            }
        };
        // The handler is dropped, with what it had to say.
        let last_words = match ending {
            Ending::Gone => return,
            Ending::Closed(frame) => client.end(vec![ServerFrame::Close(frame)], false),
            Ending::Broken(frame) => client.end(vec![ServerFrame::Close(Some(frame))], true),
            Ending::Failed(status) => client.end(self.farewell(&status), true),
        };
        // If they do not arrive, nobody waits for it.
        drop(timeout(CLOSING, last_words).await);
    }

    /// Sends what the handler answers, and then how the call ended. `None` if the client is gone.
    async fn speak<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        client: &Client<S>,
        answer: impl Future<Output = Result<ResponseFrames, Status>>,
    ) -> Option<()> {
        let interval = self.ping_interval();
        let mut pings = interval_at(Instant::now() + interval, interval);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut answer = pin!(answer);
        let mut responses = None;
        let end = loop {
            let frame = tokio::select! {
                answered = &mut answer, if responses.is_none() => match answered {
                    Ok(answered) => {
                        responses = Some(answered);
                        continue;
                    }
                    Err(status) => break status,
                },
                frame = next(&mut responses) => match frame {
                    Some(Ok(frame)) => frame,
                    Some(Err(status)) => break status,
                    None => break Status::ok(""),
                },
                _ = pings.tick() => {
                    if !client.is_there() {
                        tracing::debug!("a WebSocket's client does not answer");
                        return None;
                    }
                    ServerFrame::Ping
                }
            };
            match self.send(client, &frame).await {
                Ok(sent) => sent.ok()?,
                Err(too_late) => {
                    // Who has not taken it until now may not take the rest either.
                    client.push_all(&self.farewell(&too_late));
                    return timeout(LAST_WORDS, client.flush()).await.ok()?.ok();
                }
            }
        };
        client.push_all(&self.farewell(&end));
        client.flush().await.ok()
    }

    /// Sends a frame, unless the time of the call is over before it is out.
    async fn send<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        client: &Client<S>,
        frame: &ServerFrame,
    ) -> Result<io::Result<()>, Status> {
        client.wire().push(frame);
        match self.ctx.instant() {
            None => Ok(client.flush().await),
            Some(deadline) => timeout_at(deadline, client.flush()).await.map_err(|_| deadline::exceeded()),
        }
    }

    /// How a call ended, in frames.
    fn farewell(&self, end: &Status) -> Vec<ServerFrame> {
        let close = ServerFrame::Close(Some(close_frame(end)));
        if end.code() == Code::Ok {
            return vec![close];
        }
        let mut text = Vec::new();
        format::error(&error::json_in_stream(end, &self.ctx, &self.settings.options), &mut text);
        vec![ServerFrame::Text(text), close]
    }

    /// How often the client is asked whether it is there. Who has not answered by the next time is gone.
    fn ping_interval(&self) -> Duration {
        let options = &self.settings.options;
        let idle_timeout = options.idle_timeout.timeout;
        let interval = idle_timeout.map_or(options.keep_alive, |timeout| options.keep_alive.min(timeout / 2));
        interval.max(Duration::from_millis(1))
    }
}

/// The next frame of the responses, once there are any.
async fn next(responses: &mut Option<ResponseFrames>) -> Option<Result<ServerFrame, Status>> {
    match responses {
        Some(responses) => poll_fn(|task| responses.poll_next(task)).await,
        None => std::future::pending().await,
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// The connection, for as long as one thing takes. All that have it are polled by one task.
    fn wire(&self) -> MutexGuard<'_, Wire<S>> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn poll<T>(&self, poll: impl Fn(&mut Wire<S>, &mut Task<'_>) -> Poll<T>) -> T {
        poll_fn(|task| poll(&mut self.wire(), task)).await
    }

    async fn discard(&self, mut limit: usize) {
        poll_fn(|task| self.wire().poll_discard(&mut limit, task)).await;
    }

    async fn flush(&self) -> io::Result<()> {
        self.poll(Wire::poll_flush).await
    }

    fn push_all(&self, frames: &[ServerFrame]) {
        let mut wire = self.wire();
        for frame in frames {
            wire.push(frame);
        }
    }

    /// Whether it said something since it was last asked, or could not.
    fn is_there(&self) -> bool {
        self.wire().was_heard() || self.unheard.load(Ordering::Relaxed)
    }

    /// Sends the last frames and closes. What `lingers` is at odds with what the client goes on to send: that is read, so
    /// that the connection is not reset before the client has read why.
    async fn end(&self, frames: Vec<ServerFrame>, lingers: bool) {
        self.push_all(&frames);
        if self.poll(Wire::poll_shutdown).await.is_ok() && lingers {
            self.discard(LINGER).await;
        }
    }
}

/// Reads what the client sends, as fast as the handler takes it, until it is gone.
async fn listen<S: AsyncRead + AsyncWrite + Unpin>(
    client: &Client<S>,
    frames: ToHandler,
    limit: usize,
) -> Ending {
    let mut frames = Some(frames);
    loop {
        let frame = match client.poll(Wire::poll_event).await {
            // An empty text cannot be a message.
            Ok(Event::Text(text)) if text.is_empty() => Frame::End,
            Ok(Event::Text(text)) => Frame::Text(text),
            Ok(Event::Binary(bytes)) => Frame::Binary(bytes),
            Ok(Event::Ping(_) | Event::Pong) => continue,
            Ok(Event::Close(frame)) => return Ending::Closed(frame),
            Err(ReadError::Fault(Fault::TooLarge)) => {
                let text = format!("a message of the stream is larger than {limit} bytes");
                Frame::Failed(Status::resource_exhausted(text))
            }
            Err(ReadError::Fault(Fault::NotUtf8)) => {
                Frame::Failed(Status::invalid_argument("a text is not UTF-8"))
            }
            Err(ReadError::Fault(Fault::Protocol(code, reason))) => {
                return Ending::Broken(CloseFrame { code, reason: reason.into() });
            }
            Err(ReadError::Stalled(status)) => return Ending::Failed(status),
            Err(ReadError::Gone) => return Ending::Gone,
        };
        let (is_last, failed) = match frame {
            Frame::End => (true, false),
            Frame::Failed(_) => (true, true),
            _ => (false, false),
        };
        if let Some(handler) = &frames {
            client.unheard.store(true, Ordering::Relaxed);
            let wanted = handler.send(frame).await.is_ok();
            client.unheard.store(false, Ordering::Relaxed);
            client.wire().note_heard();
            if !wanted || is_last {
                frames = None;
            }
        }
        if failed {
            // What else it sends cannot be understood; it is still told how the call ends.
            client.discard(usize::MAX).await;
            return Ending::Gone;
        }
    }
}

/// How a call ended, in the words of a close frame.
fn close_frame(end: &Status) -> CloseFrame {
    if end.code() == Code::Ok {
        return CloseFrame { code: CloseCode::Normal, reason: "".into() };
    }
    let mut reason = code_name(end.code()).to_owned();
    if !end.message().is_empty() {
        reason.push_str(": ");
        reason.push_str(end.message());
    }
    reason.truncate(reason.floor_char_boundary(MAX_REASON));
    CloseFrame { code: CloseCode::from(FIRST_OWN_CODE + end.code() as u16), reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_call_closes() {
        let ok = close_frame(&Status::ok(""));
        assert_eq!((u16::from(ok.code), ok.reason.as_str()), (1000, ""));
        let error = close_frame(&Status::not_found("no user"));
        assert_eq!((u16::from(error.code), error.reason.as_str()), (4005, "NOT_FOUND: no user"));
        let long = close_frame(&Status::aborted("ä".repeat(200)));
        assert_eq!(long.reason.len(), 123);
        assert!(long.reason.starts_with("ABORTED: ää"));
    }
}
