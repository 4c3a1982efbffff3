//! A WebSocket while it is open.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::sink::{Sink, SinkExt as _};
use futures_util::stream::{Stream, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::ToHandler;
use super::exchange::ResponseFrames;
use super::frames::Frame;
use crate::bridge::{Code, Status};
use crate::error::code_name;
use crate::protocol::rest::server::error;
use crate::protocol::rest::server::options::Options;
use crate::protocol::rest::server::stream::format;

/// How long the client may take to close as well.
const CLOSING: Duration = Duration::from_secs(5);
/// What is read and written at once, in bytes.
const BUFFER: usize = 8 * 1024;
/// The first of the close codes that are an application's own; a failed call has that of its status above it.
const FIRST_OWN_CODE: u16 = 4000;
/// A close frame has no more bytes of text.
const MAX_REASON: usize = 123;

/// A WebSocket that a call goes over.
pub(crate) struct Socket {
    pub(crate) options: Options,
}

/// What one half of a session knows of the other.
#[derive(Default)]
struct Client {
    /// It said something since it was last asked.
    heard: AtomicBool,
    /// Nobody listens to it: the handler has yet to take what it said before.
    unheard: AtomicBool,
}

impl Socket {
    /// Runs the call to its end, or until the client goes; `answer` is the handler at work.
    pub(crate) async fn run(
        self,
        upgraded: Upgraded,
        frames: ToHandler,
        answer: impl Future<Output = Result<ResponseFrames, Status>>,
    ) {
        let limit = self.options.max_body_size;
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .write_buffer_size(BUFFER)
            .max_message_size(Some(limit))
            .max_frame_size(Some(limit));
        let io = TokioIo::new(upgraded);
        let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
        let (sink, source) = socket.split();
        let client = Client::default();
        client.heard.store(true, Ordering::Relaxed);
        let mut listening = pin!(listen(source, frames, limit, &client));
        let mut speaking = pin!(self.speak(sink, answer, &client));
        tokio::select! {
            // The client is gone, and the handler is dropped with what it has to say.
            () = &mut listening => {}
            () = &mut speaking => drop(timeout(CLOSING, listening).await),
        }
    }

    /// Sends what the handler answers, and then how the call ended.
    async fn speak(
        self,
        mut sink: impl Sink<Message, Error = Error> + Unpin,
        answer: impl Future<Output = Result<ResponseFrames, Status>>,
        client: &Client,
    ) {
        let mut pings = interval_at(Instant::now() + self.options.keep_alive, self.options.keep_alive);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let Some(end) = send(&mut sink, answer, client, &mut pings).await else { return };
        if end.code() != Code::Ok {
            let mut text = Vec::new();
            format::error(&error::status_json(&end), &mut text);
            let text = String::from_utf8(text).expect("JSON is UTF-8");
            if sink.feed(Message::text(text)).await.is_err() {
                return;
            }
        }
        // If it does not arrive, nobody waits for it.
        let _ = sink.send(Message::Close(Some(farewell(&end)))).await;
    }
}

/// Sends the messages. The end of the call, or `None` if the client is gone.
async fn send(
    sink: &mut (impl Sink<Message, Error = Error> + Unpin),
    answer: impl Future<Output = Result<ResponseFrames, Status>>,
    client: &Client,
    pings: &mut Interval,
) -> Option<Status> {
    let mut answer = pin!(answer);
    let answered = loop {
        tokio::select! {
            answered = &mut answer => break answered,
            _ = pings.tick() => ask(sink, client).await?,
        }
    };
    let mut responses = match answered {
        Ok(responses) => responses,
        Err(status) => return Some(status),
    };
    loop {
        tokio::select! {
            frame = poll_fn(|task| responses.poll_next(task)) => match frame {
                Some(Ok(frame)) => sink.send(frame).await.ok()?,
                Some(Err(status)) => return Some(status),
                None => return Some(Status::ok("")),
            },
            _ = pings.tick() => ask(sink, client).await?,
        }
    }
}

/// Asks whether the client is there. `None` if it is not: it did not answer the last time.
async fn ask(sink: &mut (impl Sink<Message, Error = Error> + Unpin), client: &Client) -> Option<()> {
    let heard = client.heard.swap(false, Ordering::Relaxed);
    if !heard && !client.unheard.load(Ordering::Relaxed) {
        tracing::debug!("a WebSocket's client does not answer");
        return None;
    }
    sink.send(Message::Ping(bytes::Bytes::new())).await.ok()
}

/// Reads what the client sends, as fast as the handler takes it, until it is gone.
async fn listen(
    mut source: impl Stream<Item = Result<Message, Error>> + Unpin,
    frames: ToHandler,
    limit: usize,
    client: &Client,
) {
    let mut frames = Some(frames);
    while let Some(message) = source.next().await {
        client.heard.store(true, Ordering::Relaxed);
        let frame = match message {
            // An empty text cannot be a message.
            Ok(Message::Text(text)) if text.is_empty() => Frame::End,
            Ok(Message::Text(text)) => Frame::Text(text.into()),
            Ok(Message::Binary(bytes)) => Frame::Binary(bytes),
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => continue,
            Err(Error::Capacity(_)) => {
                let text = format!("a message of the stream is larger than {limit} bytes");
                Frame::Failed(Status::resource_exhausted(text))
            }
            Err(Error::Utf8(_)) => Frame::Failed(Status::invalid_argument("a text is not UTF-8")),
            Ok(Message::Close(_)) | Err(_) => return,
        };
        let (is_last, failed) = match frame {
            Frame::End => (true, false),
            Frame::Failed(_) => (true, true),
            _ => (false, false),
        };
        if let Some(handler) = &frames {
            client.unheard.store(true, Ordering::Relaxed);
            let wanted = handler.send(frame).await.is_ok();
            client.heard.store(true, Ordering::Relaxed);
            client.unheard.store(failed, Ordering::Relaxed);
            if !wanted || is_last {
                frames = None;
            }
        }
        if failed {
            // What else it sends cannot be understood; it is still told how the call ends.
            return std::future::pending().await;
        }
    }
}

/// How a call ended, in the words of a close frame.
fn farewell(end: &Status) -> CloseFrame {
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
        let ok = farewell(&Status::ok(""));
        assert_eq!((u16::from(ok.code), ok.reason.as_str()), (1000, ""));
        let error = farewell(&Status::not_found("no user"));
        assert_eq!((u16::from(error.code), error.reason.as_str()), (4005, "NOT_FOUND: no user"));
        let long = farewell(&Status::aborted("ä".repeat(200)));
        assert_eq!(long.reason.len(), 123);
        assert!(long.reason.starts_with("ABORTED: ää"));
    }
}
