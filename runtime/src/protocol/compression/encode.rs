//! Compressing what goes out.

use std::io::Write as _;
use std::pin::Pin;
use std::task::{Context as Task, Poll};

use crate::bridge::Status;
use crate::call::{Body, HoldingBody};
use bytes::Bytes;
use flate2::write::GzEncoder;
use http::HeaderMap;
use http_body::Frame;
#[cfg(feature = "zstd")]
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::Compression;

/// How much is compressed at once, so that a large body does not hold up the other calls of its thread. It takes less than a
/// millisecond: a thread that has work looks only after 61 steps what has come on its connections.
const STEP: usize = 8 * 1024;

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
    #[cfg(feature = "zstd")]
    Zstd(ZstdFrames),
}

/// From this size what a body has given becomes a frame of zstd, in bytes: what a block may have (RFC 8878, section 3.1.1.2).
#[cfg(feature = "zstd")]
const ZSTD_FRAME: usize = 128 * 1024;

/// Frames of zstd, one behind the other: a frame is compressed at once, since the encoder cannot go on later. A body may
/// have many, and has at least one.
#[cfg(feature = "zstd")]
#[derive(Default)]
struct ZstdFrames {
    /// What is to be a frame.
    pending: Vec<u8>,
    begun: bool,
    /// Frames that were not taken.
    out: Vec<u8>,
}

#[cfg(feature = "zstd")]
impl ZstdFrames {
    fn write(&mut self, data: &[u8]) {
        self.pending.extend_from_slice(data);
        if self.pending.len() >= ZSTD_FRAME {
            self.end_frame();
        }
    }

    fn end_frame(&mut self) {
        self.begun = true;
        let data = std::mem::take(&mut self.pending);
        self.out.extend(compress_to_vec(&*data, CompressionLevel::Fastest));
    }

    fn flush(&mut self) -> Vec<u8> {
        if !self.pending.is_empty() {
            self.end_frame();
        }
        std::mem::take(&mut self.out)
    }

    fn finish(mut self) -> Vec<u8> {
        if !self.begun {
            self.end_frame();
        }
        self.flush()
    }
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
            Compression::Zstd => Self::Zstd(ZstdFrames::default()),
            #[cfg(not(all(feature = "br", feature = "zstd")))]
            _ => coding.is_missing(),
        }
    }

    fn write(&mut self, data: &[u8]) {
        match self {
            Self::Gzip(encoder) => encoder.write_all(data).expect(MEMORY),
            #[cfg(feature = "br")]
            Self::Brotli(encoder) => encoder.write_all(data).expect(MEMORY),
            #[cfg(feature = "zstd")]
            Self::Zstd(frames) => frames.write(data),
        }
    }

    /// How much it holds of what it was given and of what it has written, in bytes. What it looks back at does not count.
    fn held(&self) -> usize {
        match self {
            Self::Gzip(encoder) => encoder.get_ref().capacity(),
            #[cfg(feature = "br")]
            Self::Brotli(encoder) => encoder.get_ref().capacity(),
            #[cfg(feature = "zstd")]
            Self::Zstd(frames) => frames.pending.capacity() + frames.out.capacity(),
        }
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
            Self::Zstd(frames) => frames.flush(),
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Gzip(encoder) => encoder.finish().expect(MEMORY),
            #[cfg(feature = "br")]
            Self::Brotli(encoder) => encoder.into_inner(),
            #[cfg(feature = "zstd")]
            Self::Zstd(frames) => frames.finish(),
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
    /// How long that was. All of it is held until the last of it is compressed.
    given: usize,
    trailers: Option<HeaderMap>,
}

impl Compressed {
    pub(crate) fn new(coding: Compression, inner: Body) -> Self {
        Self { inner, encoder: Some(Encoder::new(coding)), pending: Bytes::new(), given: 0, trailers: None }
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
                    Ok(bytes) => {
                        this.given = bytes.len();
                        this.pending = bytes;
                    }
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

impl HoldingBody for Compressed {
    fn held(&self) -> usize {
        let given = if self.pending.is_empty() { 0 } else { self.given };
        self.inner.held() + given + self.encoder.as_ref().map_or(0, Encoder::held)
    }
}

#[cfg(all(test, feature = "zstd"))]
mod tests {
    use super::*;

    #[test]
    fn a_large_body_becomes_frames_on_the_way() {
        let text: Vec<u8> = (0..1_u32 << 18).flat_map(u32::to_le_bytes).collect();
        let mut encoder = Encoder::new(Compression::Zstd);
        for (at, step) in text.chunks(STEP).enumerate() {
            encoder.write(step);
            let Encoder::Zstd(frames) = &encoder else { panic!("zstd was asked for") };
            assert!(frames.pending.len() < ZSTD_FRAME, "{}", frames.pending.len());
            assert_eq!(frames.out.is_empty(), (at + 1) * STEP < ZSTD_FRAME);
        }
        let bytes = encoder.finish();
        let begins = |place: &[u8]| *place == [0x28, 0xb5, 0x2f, 0xfd];
        assert_eq!(bytes.windows(4).filter(|place| begins(place)).count(), text.len() / ZSTD_FRAME);
        assert_eq!(Compression::Zstd.decompress(bytes.into(), text.len()).unwrap(), text);
    }
}
