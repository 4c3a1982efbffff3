//! HTTP/2 connections whose clients send frames that are cheap for them and make work for the server: pings, settings,
//! priorities, resets, and data without a byte. h2 bounds the continuations of a head by itself, and resets of calls that
//! the server has not begun with; of those that it has begun with there would be no bound.

use std::io;
use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Duration, Instant};

use super::session::ConnectionUse;

/// The length of a frame's header.
const HEADER: usize = 9;
/// What a connection begins with, before the first frame.
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// So many control frames are taken at once.
const BURST: u32 = 1000;
/// How often one more is taken.
const INTERVAL: Duration = Duration::from_millis(20);
/// One more is taken for so many bytes sent: clients that measure how fast a connection is answer data with pings, one
/// each round trip. What acknowledges a ping is less.
const BYTES: usize = 32;

/// Frame types, by [RFC 9113, section 6](https://www.rfc-editor.org/rfc/rfc9113#section-6).
const DATA: u8 = 0x0;
const PRIORITY: u8 = 0x2;
const RST_STREAM: u8 = 0x3;
const SETTINGS: u8 = 0x4;
const PING: u8 = 0x6;

/// Ends a connection that brings too many control frames: more than [`BURST`], and more than one every [`INTERVAL`] and
/// for every [`BYTES`] that it is sent. It also notes whether its client takes what is written.
pub(super) struct ControlFrames<I> {
    io: I,
    usage: ConnectionUse,
    blocked: bool,
    frames: Frames,
    /// How many are taken now.
    left: u32,
    /// When `left` was reckoned last.
    at: Instant,
    /// How many bytes were sent since.
    sent: usize,
}

impl<I> ControlFrames<I> {
    pub(super) fn new(io: I, usage: ConnectionUse) -> Self {
        let frames = Frames::new();
        Self { io, usage, blocked: false, frames, left: BURST, at: Instant::now(), sent: 0 }
    }

    /// Notes what became of writing.
    #[inline]
    fn note<T>(&mut self, written: Poll<T>) -> Poll<T> {
        if written.is_pending() != self.blocked {
            self.blocked = written.is_pending();
            self.usage.note_blocked(self.blocked);
        }
        written
    }

    #[inline]
    fn note_sent(&mut self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(count)) = written {
            self.sent = self.sent.saturating_add(count);
        }
        self.note(written)
    }

    /// Takes so many frames, if there are not too many.
    #[cold]
    fn take(&mut self, count: u32) -> io::Result<()> {
        if self.left < count {
            let waited = self.at.elapsed().as_millis() / INTERVAL.as_millis();
            let waited = u32::try_from(waited).unwrap_or(BURST);
            let sent = u32::try_from(self.sent / BYTES).unwrap_or(BURST);
            self.left = self.left.saturating_add(waited).saturating_add(sent).min(BURST);
            self.at = Instant::now();
            self.sent = 0;
        }
        let Some(left) = self.left.checked_sub(count) else {
            tracing::debug!("a client sends too many control frames");
            return Err(io::Error::other("too many control frames"));
        };
        self.left = left;
        Ok(())
    }
}

/// Finds the frames in what is read.
struct Frames {
    header: [u8; HEADER],
    /// How much of the next header has been read.
    filled: usize,
    /// How much of a frame, or of the preface, is still to come.
    skip: usize,
}

impl Frames {
    fn new() -> Self {
        Self { header: [0; HEADER], filled: 0, skip: PREFACE.len() }
    }

    /// Reads on; how many control frames have begun.
    #[inline]
    fn count(&mut self, mut bytes: &[u8]) -> u32 {
        let mut control = 0;
        loop {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            if bytes.is_empty() {
                return control;
            }
            let header = if self.filled == 0
                && let Some((header, rest)) = bytes.split_first_chunk::<HEADER>()
            {
                bytes = rest;
                *header
            } else {
                let taken = (HEADER - self.filled).min(bytes.len());
                self.header[self.filled..self.filled + taken].copy_from_slice(&bytes[..taken]);
                self.filled += taken;
                bytes = &bytes[taken..];
                if self.filled < HEADER {
                    return control;
                }
                self.filled = 0;
                self.header
            };
            let [high, middle, low, kind, flags, ..] = header;
            self.skip = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
            control += u32::from(is_control(kind, flags, self.skip));
        }
    }
}

/// Whether a frame makes work and moves nothing.
#[inline]
fn is_control(kind: u8, flags: u8, length: usize) -> bool {
    match kind {
        // An acknowledgement answers the server's own, a frame without data may end a stream.
        PING | SETTINGS | DATA => flags & 1 == 0 && (kind != DATA || length == 0),
        PRIORITY | RST_STREAM => true,
        _ => false,
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for ControlFrames<I> {
    #[inline]
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(task, buf))?;
        let count = self.frames.count(&buf.filled()[before..]);
        Poll::Ready(if count == 0 { Ok(()) } else { self.take(count) })
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for ControlFrames<I> {
    #[inline]
    fn poll_write(mut self: Pin<&mut Self>, task: &mut Task<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(task, buf);
        self.note_sent(written)
    }

    #[inline]
    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(task);
        self.note(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(task)
    }

    #[inline]
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(task, bufs);
        self.note_sent(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use proptest::prelude::*;
    use tokio::io::{AsyncWriteExt as _, BufWriter, DuplexStream};

    use super::*;

    fn frame(kind: u8, flags: u8, length: usize) -> Vec<u8> {
        let mut frame = u32::try_from(length).unwrap().to_be_bytes()[1..].to_vec();
        frame.extend([kind, flags, 0, 0, 0, 1]);
        frame.resize(HEADER + length, 0);
        frame
    }

    proptest! {
        #[test]
        fn frames_are_found_however_they_are_cut(
            frames in prop::collection::vec((0_u8..10, 0_u8..2, 0_usize..30), 0..20),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        ) {
            let mut wire = PREFACE.to_vec();
            let mut expected = 0;
            for &(kind, flags, length) in &frames {
                wire.extend(frame(kind, flags, length));
                expected += u32::from(is_control(kind, flags, length));
            }
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(wire.len() + 1)).collect();
            cuts.extend([0, wire.len()]);
            cuts.sort_unstable();
            let mut found = Frames::new();
            let count: u32 = cuts.windows(2).map(|cut| found.count(&wire[cut[0]..cut[1]])).sum();
            prop_assert_eq!(count, expected);
        }
    }

    #[test]
    fn what_moves_something_is_not_counted() {
        for (kind, flags, length) in
            [(DATA, 0, 1), (DATA, 1, 0), (1, 4, 20), (SETTINGS, 1, 0), (PING, 1, 8), (8, 0, 4)]
        {
            assert!(!is_control(kind, flags, length), "{kind}");
        }
        for (kind, length) in [(PING, 8), (SETTINGS, 6), (PRIORITY, 5), (RST_STREAM, 4), (DATA, 0)] {
            assert!(is_control(kind, 0, length), "{kind}");
        }
    }

    /// A connection, the other end of it, and its use.
    fn connected(room: usize) -> (ControlFrames<BufWriter<DuplexStream>>, DuplexStream, ConnectionUse) {
        let (ours, theirs) = tokio::io::duplex(room);
        let usage = crate::server::session::track(true, usize::MAX).0;
        // Nothing is kept back but until it is flushed.
        (ControlFrames::new(BufWriter::with_capacity(8, ours), usage.clone()), theirs, usage)
    }

    #[tokio::test]
    async fn what_is_written_and_read_passes_and_is_counted() {
        use tokio::io::AsyncReadExt as _;

        let (mut io, mut theirs, _) = connected(64);
        assert!(io.is_write_vectored());
        assert_eq!(io.write(b"ab").await.unwrap(), 2);
        assert_eq!(io.write_vectored(&[io::IoSlice::new(b"c"), io::IoSlice::new(b"de")]).await.unwrap(), 3);
        assert_eq!(io.sent, 5);
        io.flush().await.unwrap();
        let mut read = [0; 5];
        theirs.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"abcde");
        theirs.write_all(b"fg").await.unwrap();
        io.read_exact(&mut read[..2]).await.unwrap();
        assert_eq!(&read[..2], b"fg");
        io.shutdown().await.unwrap();
        assert_eq!(theirs.read(&mut read).now_or_never().expect("the end").unwrap(), 0);
    }

    #[tokio::test]
    async fn who_does_not_read_keeps_a_connection_in_use() {
        use tokio::io::AsyncReadExt as _;

        let (mut io, mut theirs, usage) = connected(16);
        let many = [0; 16];
        io.write_all(&many).await.unwrap();
        assert!(usage.is_idle());
        assert!(io.write(&many).now_or_never().is_none());
        assert!(!usage.is_idle(), "the client is waited for");
        theirs.read_exact(&mut [0; 16]).await.unwrap();
        io.write_all(&many[..4]).await.unwrap();
        assert!(usage.is_idle());
        io.write_all(&many[..8]).await.unwrap();
        io.write_all(&many[..8]).await.unwrap();
        assert!(io.flush().now_or_never().is_none());
        assert!(!usage.is_idle(), "to flush is to write");
    }

    #[tokio::test]
    async fn a_connection_with_too_many_breaks() {
        use tokio::io::AsyncReadExt as _;

        let (mut io, mut theirs, _) = connected(1 << 16);
        theirs.write_all(PREFACE).await.unwrap();
        theirs.write_all(&frame(PING, 0, 8).repeat(usize::try_from(BURST).unwrap())).await.unwrap();
        let mut read = vec![0; PREFACE.len() + (HEADER + 8) * usize::try_from(BURST).unwrap()];
        io.read_exact(&mut read).await.unwrap();
        theirs.write_all(&frame(PING, 0, 8)).await.unwrap();
        let error = io.read_exact(&mut read[..HEADER]).await.unwrap_err();
        assert_eq!(error.to_string(), "too many control frames");
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_are_taken_at_once_and_more_with_time() {
        let mut frames =
            ControlFrames::new(tokio::io::empty(), crate::server::session::track(true, usize::MAX).0);
        frames.take(BURST).unwrap();
        frames.take(1).unwrap_err();
        tokio::time::advance(INTERVAL * 10).await;
        frames.take(10).unwrap();
        frames.take(1).unwrap_err();
        tokio::time::advance(INTERVAL * 2 * BURST).await;
        frames.take(BURST).unwrap();
        frames.take(1).unwrap_err();
        frames.sent = BYTES * 7;
        frames.take(7).unwrap();
        frames.take(1).unwrap_err();
    }
}
