//! Compressing what goes out.

use std::io::Write as _;
use std::pin::Pin;
use std::task::{Context as Task, Poll};

use crate::bridge::Status;
use crate::call::Body;
use bytes::Bytes;
use flate2::write::GzEncoder;
use http::HeaderMap;
use http_body::Frame;
#[cfg(feature = "zstd")]
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::Compression;

/// How much is compressed at once, so that a large body does not hold up the other calls of its thread.
const STEP: usize = 64 * 1024;

/// Brotli's effort. With it JSON gets smaller than with gzip's usual effort, in less time; one step more takes twice as
/// long for two percent.
#[cfg(feature = "br")]
const BROTLI_QUALITY: u32 = 3;

/// How far back brotli looks, as a power of two: what a stream costs in memory.
#[cfg(feature = "br")]
const BROTLI_WINDOW: u32 = 19;

/// Why writing does not fail.
const MEMORY: &str = "memory takes everything";

/// A coding at work, which writes into memory.
enum Encoder {
    Gzip(GzEncoder<Vec<u8>>),
    #[cfg(feature = "br")]
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
    /// A frame for every flush: a body may have many, and has at least one.
    #[cfg(feature = "zstd")]
    Zstd {
        pending: Vec<u8>,
        begun: bool,
    },
}

impl Encoder {
    fn new(coding: Compression) -> Self {
        match coding {
            Compression::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), flate2::Compression::default())),
            #[cfg(feature = "br")]
            Compression::Brotli => Self::Brotli(Box::new(brotli::CompressorWriter::new(
                Vec::new(),
                4096,
                BROTLI_QUALITY,
                BROTLI_WINDOW,
            ))),
            #[cfg(feature = "zstd")]
            Compression::Zstd => Self::Zstd { pending: Vec::new(), begun: false },
            #[cfg(not(all(feature = "br", feature = "zstd")))]
            _ => coding.is_missing(),
        }
    }

    fn write(&mut self, data: &[u8]) {
        let written = match self {
            Self::Gzip(encoder) => encoder.write_all(data),
            #[cfg(feature = "br")]
            Self::Brotli(encoder) => encoder.write_all(data),
            #[cfg(feature = "zstd")]
            Self::Zstd { pending, .. } => pending.write_all(data),
        };
        written.expect(MEMORY);
    }

    /// All that was written, in full.
    fn flush(&mut self) -> Vec<u8> {
        match self {
            Self::Gzip(encoder) => {
                encoder.flush().expect(MEMORY);
                std::mem::take(encoder.get_mut())
            }
            #[cfg(feature = "br")]
            Self::Brotli(encoder) => {
                encoder.flush().expect(MEMORY);
                std::mem::take(encoder.get_mut())
            }
            #[cfg(feature = "zstd")]
            Self::Zstd { pending, .. } if pending.is_empty() => Vec::new(),
            #[cfg(feature = "zstd")]
            Self::Zstd { pending, begun } => {
                *begun = true;
                let frame = compress_to_vec(&**pending, CompressionLevel::Fastest);
                pending.clear();
                frame
            }
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Gzip(encoder) => encoder.finish().expect(MEMORY),
            #[cfg(feature = "br")]
            Self::Brotli(encoder) => encoder.into_inner(),
            #[cfg(feature = "zstd")]
            Self::Zstd { pending, begun: true } if pending.is_empty() => Vec::new(),
            #[cfg(feature = "zstd")]
            Self::Zstd { pending, .. } => compress_to_vec(&*pending, CompressionLevel::Fastest),
        }
    }
}

/// Compresses bytes that are there as a whole.
pub(super) fn whole(coding: Compression, data: &[u8]) -> Vec<u8> {
    let mut encoder = Encoder::new(coding);
    encoder.write(data);
    encoder.finish()
}

/// A body, compressed as it goes out: what the inner body gives in one piece leaves in one piece.
pub(crate) struct Compressed {
    inner: Body,
    /// `None` once the coding is complete.
    encoder: Option<Encoder>,
    /// What the inner body gave and is not compressed yet.
    pending: Bytes,
    trailers: Option<HeaderMap>,
}

impl Compressed {
    pub(crate) fn new(coding: Compression, inner: Body) -> Self {
        Self { inner, encoder: Some(Encoder::new(coding)), pending: Bytes::new(), trailers: None }
    }

    /// Compresses a step of what is there; what is to be sent, if anything is.
    fn step(&mut self) -> Option<Vec<u8>> {
        let encoder = self.encoder.as_mut()?;
        encoder.write(&self.pending.split_to(self.pending.len().min(STEP)));
        if !self.pending.is_empty() {
            return None;
        }
        if http_body::Body::is_end_stream(&self.inner) {
            return self.encoder.take().map(Encoder::finish);
        }
        Some(encoder.flush())
    }

    /// The end of the coding, if there is anything to it.
    fn end(&mut self) -> Option<Vec<u8>> {
        self.encoder.take().map(Encoder::finish).filter(|bytes| !bytes.is_empty())
    }
}

impl http_body::Body for Compressed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let data = |bytes: Vec<u8>| Poll::Ready(Some(Ok(Frame::data(bytes.into()))));
        loop {
            if !this.pending.is_empty() {
                match this.step() {
                    Some(bytes) if !bytes.is_empty() => return data(bytes),
                    Some(_) => continue,
                    None => {
                        // There is more: the task may yield in between.
                        task.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                }
            }
            if this.encoder.is_none() {
                return Poll::Ready(this.trailers.take().map(|trailers| Ok(Frame::trailers(trailers))));
            }
            match std::task::ready!(Pin::new(&mut this.inner).poll_frame(task)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(bytes) => this.pending = bytes,
                    Err(frame) => {
                        this.trailers = frame.into_trailers().ok();
                        if let Some(bytes) = this.end() {
                            return data(bytes);
                        }
                    }
                },
                Some(Err(status)) => return Poll::Ready(Some(Err(status))),
                None => {
                    if let Some(bytes) = this.end() {
                        return data(bytes);
                    }
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.encoder.is_none() && self.trailers.is_none()
    }
}
