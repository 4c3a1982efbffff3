//! A WebSocket's connection: what is read from it, and what waits to be written.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};

use bytes::{Buf as _, BufMut as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::decoder::{Decoder, Event, Fault};
use crate::bridge::Status;
use crate::call::idle::{IdleTimeout, IdleTimer};

/// What is read at once, in bytes.
const READ: usize = 8 * 1024;
/// What is written at once: over HTTP/2 it is copied.
const WRITE: usize = 16 * 1024;

/// A frame to be sent.
#[derive(Debug)]
pub(crate) enum ServerFrame {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Ping,
    Close(Option<CloseFrame>),
}

/// Why nothing more can be read.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// The client is gone, or does not take what is written.
    Gone,
    /// What the client sent is at fault.
    Fault(Fault),
    /// A message has begun, and does not go on.
    Stalled(Status),
}

/// The connection. Of what is to be written, it holds one message at most, one ping, one pong and the close frame: more is
/// taken when those are out, and nothing is read as long as a pong waits.
#[derive(Debug)]
pub(crate) struct Wire<S> {
    io: S,
    arrived: BytesMut,
    decoder: Decoder,
    out: BytesMut,
    /// Whether the answer to a ping is among `out`.
    owes_pong: bool,
    /// Whether the last frame was sent.
    closed: bool,
    /// Whether something came since it was last asked.
    heard: bool,
    reading: IdleTimer,
    writing: IdleTimer,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// For messages of at most `limit` bytes.
    pub(crate) fn new(io: S, limit: usize, reading: IdleTimeout, writing: IdleTimeout) -> Self {
        Self {
            io,
            arrived: BytesMut::new(),
            decoder: Decoder::new(limit),
            out: BytesMut::new(),
            owes_pong: false,
            closed: false,
            heard: true,
            reading: IdleTimer::new(reading),
            writing: IdleTimer::new(writing),
        }
    }

    /// Whether something came since this was last asked. Within a message no pong can come, and its idle timeout counts alone.
    pub(crate) fn was_heard(&mut self) -> bool {
        std::mem::take(&mut self.heard) || self.is_open()
    }

    fn is_open(&self) -> bool {
        self.decoder.is_open() || !self.arrived.is_empty()
    }

    /// Takes it as if something had come.
    pub(crate) fn note_heard(&mut self) {
        self.heard = true;
    }

    /// Adds a frame to what is to be written. Nothing follows a close frame.
    pub(crate) fn push(&mut self, frame: &ServerFrame) {
        match frame {
            ServerFrame::Text(content) => self.append(OpCode::Data(Data::Text), content),
            ServerFrame::Binary(content) => self.append(OpCode::Data(Data::Binary), content),
            ServerFrame::Ping => self.append(OpCode::Control(Control::Ping), &[]),
            ServerFrame::Close(frame) => {
                let mut content = Vec::new();
                if let Some(CloseFrame { code, reason }) = frame {
                    content.extend(u16::from(code).to_be_bytes());
                    content.extend(reason.as_bytes());
                }
                self.append(OpCode::Control(Control::Close), &content);
                self.closed = true;
            }
        }
    }

    fn append(&mut self, opcode: OpCode, content: &[u8]) {
        if self.closed {
            return;
        }
        let header = FrameHeader { opcode, ..FrameHeader::default() };
        self.out.reserve(header.len(content.len() as u64) + content.len());
        header.format(content.len() as u64, &mut (&mut self.out).writer()).expect("memory takes everything");
        self.out.extend_from_slice(content);
    }

    /// Writes all that is to be written. An error is the end of the connection: the client is gone or does not read.
    pub(crate) fn poll_flush(&mut self, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            let part = &self.out[..self.out.len().min(WRITE)];
            let Poll::Ready(written) = Pin::new(&mut self.io).poll_write(task, part) else {
                return self.poll_writable(task);
            };
            match written? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => {
                    self.out.advance(count);
                    self.writing.progress(count);
                }
            }
        }
        // A large message leaves nothing behind.
        self.out = BytesMut::new();
        self.owes_pong = false;
        let Poll::Ready(flushed) = Pin::new(&mut self.io).poll_flush(task) else {
            return self.poll_writable(task);
        };
        self.writing.reset();
        Poll::Ready(flushed)
    }

    fn poll_writable(&mut self, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        ready!(self.writing.poll_expired(task));
        tracing::debug!("a WebSocket's client does not read");
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// What the client says next. Pings are answered.
    pub(crate) fn poll_event(&mut self, task: &mut Task<'_>) -> Poll<Result<Event, ReadError>> {
        loop {
            if self.owes_pong {
                ready!(self.poll_flush(task)).map_err(|_| ReadError::Gone)?;
            }
            match self.decoder.next(&mut self.arrived).map_err(ReadError::Fault)? {
                Some(event) => {
                    self.reading.reset();
                    if let Event::Ping(content) = &event {
                        self.append(OpCode::Control(Control::Pong), content);
                        self.owes_pong = !self.closed;
                    }
                    return Poll::Ready(Ok(event));
                }
                None => match self.poll_arrive(task) {
                    Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(Err(ReadError::Gone)),
                    Poll::Ready(Ok(count)) => self.reading.progress(count),
                    Poll::Pending => return self.poll_stalled(task),
                },
            }
        }
    }

    /// Nothing more has arrived. An idle connection has no buffer.
    fn poll_stalled(&mut self, task: &mut Task<'_>) -> Poll<Result<Event, ReadError>> {
        if self.arrived.is_empty() {
            self.arrived = BytesMut::new();
        }
        if !self.is_open() {
            return Poll::Pending;
        }
        ready!(self.reading.poll_expired(task));
        Poll::Ready(Err(ReadError::Stalled(self.reading.too_slow("a message of the stream"))))
    }

    /// Reads without looking at what it is, until the client is gone or so many bytes have come.
    pub(crate) fn poll_discard(&mut self, limit: &mut usize, task: &mut Task<'_>) -> Poll<()> {
        loop {
            self.arrived.clear();
            match ready!(self.poll_arrive(task)) {
                Ok(count) if count > 0 && *limit >= count => *limit -= count,
                _ => return Poll::Ready(()),
            }
        }
    }

    fn poll_arrive(&mut self, task: &mut Task<'_>) -> Poll<io::Result<usize>> {
        let mut room = [MaybeUninit::uninit(); READ];
        let mut buf = ReadBuf::uninit(&mut room);
        ready!(Pin::new(&mut self.io).poll_read(task, &mut buf))?;
        self.heard = true;
        self.arrived.extend_from_slice(buf.filled());
        Poll::Ready(Ok(buf.filled().len()))
    }

    /// Says that nothing more will be written.
    pub(crate) fn poll_shutdown(&mut self, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_flush(task))?;
        Pin::new(&mut self.io).poll_shutdown(task)
    }
}
