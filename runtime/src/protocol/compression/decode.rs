//! Decompressing what comes in, a bounded part at a time: whoever reads it sees how much it becomes, and can stop.

use std::io::{ErrorKind, Read};
use std::pin::Pin;
use std::task::{Context as Task, Poll, ready};

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use http::HeaderMap;
use http_body::{Body as _, Frame};

use crate::bridge::Status;
use crate::call::Body;
use crate::call::yield_budget::YieldBudget;

#[cfg(feature = "br")]
use super::brotli;
use super::feed::{Feed, FeedReader};
use super::held::DecoderShare;
#[cfg(feature = "zstd")]
use super::zstd::ZstdDecoder;
use super::{Compression, DecompressError};

/// How much comes out at once.
const STEP: usize = 16 * 1024;

/// `share` is what it may hold, if anybody counts that: gzip looks back 32 KiB, which is little.
#[cfg_attr(
    not(any(feature = "br", feature = "zstd")),
    allow(unused_variables, reason = "gzip asks for none")
)]
fn decoder(coding: Compression, feed: &Feed, share: Option<&DecoderShare>) -> Box<dyn Read + Send> {
    match coding {
        Compression::Gzip => Box::new(MultiGzDecoder::new(FeedReader::new(feed.clone()))),
        #[cfg(feature = "br")]
        Compression::Brotli => Box::new(brotli::decoder(feed, share)),
        #[cfg(feature = "zstd")]
        Compression::Zstd => Box::new(ZstdDecoder::new(feed.clone(), share.cloned())),
        #[cfg(not(all(feature = "br", feature = "zstd")))]
        _ => coding.is_missing(),
    }
}

/// Decompresses bytes that are there as a whole.
pub(super) fn whole(coding: Compression, data: Bytes, limit: usize) -> Result<Bytes, DecompressError> {
    let feed = Feed::default();
    // What is said of the size is not believed: room is made as it is needed.
    let mut out = Vec::with_capacity(data.len().saturating_mul(2).min(limit).min(STEP));
    feed.push(data);
    feed.complete();
    // One byte more than the limit shows that there is more.
    let mut decoder = decoder(coding, &feed, None).take(limit as u64 + 1);
    decoder.read_to_end(&mut out).map_err(|error| DecompressError::Malformed(error.to_string()))?;
    if out.len() > limit { Err(DecompressError::TooLarge) } else { Ok(out.into()) }
}

/// A body, decompressed as it comes in.
pub(crate) struct Decompressed {
    inner: Body,
    feed: Feed,
    decoder: Box<dyn Read + Send>,
    coding: Compression,
    stage: Stage,
    budget: YieldBudget,
    share: DecoderShare,
    /// What the inner body had behind its data.
    trailers: Option<HeaderMap>,
    /// The error of what is not in the coding, which the text begins with.
    malformed: fn(String) -> Status,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Decoding,
    /// The coding is complete, and nothing may follow.
    Complete,
    Over,
}

impl Decompressed {
    /// `share` is what the decoder may hold while the rest of the body has not arrived.
    pub(crate) fn new(coding: Compression, inner: Body, share: DecoderShare) -> Self {
        let feed = Feed::default();
        let decoder = decoder(coding, &feed, Some(&share));
        let (stage, budget) = (Stage::Decoding, YieldBudget::default());
        let malformed = |why| Status::invalid_argument(format!("the body of the request is not {why}"));
        Self { inner, feed, decoder, coding, stage, budget, share, trailers: None, malformed }
    }

    /// The same with another error for what is not in the coding: the text begins with its name.
    #[cfg(feature = "rest-client")]
    pub(crate) fn failing_with(self, malformed: fn(String) -> Status) -> Self {
        Self { malformed, ..self }
    }

    fn malformed(&self, why: &str) -> Status {
        (self.malformed)(format!("{}: {why}", self.coding.name()))
    }

    /// Whether something follows the end of the coding.
    fn goes_on(&mut self) -> bool {
        // Brotli's reader says so when it is asked again.
        !self.feed.is_empty()
            || self.decoder.read(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::InvalidData)
    }

    /// Nothing more comes out, and nothing is held any more: the body may live as long as its call.
    fn end(&mut self) {
        self.stage = Stage::Over;
        self.decoder = Box::new(std::io::empty());
        self.feed = Feed::default();
        self.share.release();
    }

    /// Gets more of the compressed body.
    fn poll_arrive(&mut self, task: &mut Task<'_>) -> Poll<Result<(), Status>> {
        match ready!(Pin::new(&mut self.inner).poll_frame(task)) {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => {
                    self.budget.spend(data.len());
                    self.feed.push(data);
                }
                Err(frame) => self.trailers = frame.into_trailers().ok(),
            },
            Some(Err(status)) => return Poll::Ready(Err(status)),
            None => self.feed.complete(),
        }
        Poll::Ready(Ok(()))
    }

    fn poll_data(&mut self, task: &mut Task<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        let mut out = vec![0; STEP];
        while self.stage == Stage::Decoding {
            ready!(self.budget.poll_proceed(task));
            if self.feed.is_complete() || self.inner.is_end_stream() {
                self.share.note_arrived();
            }
            match self.decoder.read(&mut out) {
                Ok(0) => self.stage = Stage::Complete,
                Ok(count) => {
                    self.budget.spend(count);
                    out.truncate(count);
                    return Poll::Ready(Ok(Some(out.into())));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => self.budget.spend(STEP),
                Err(error) if error.kind() == ErrorKind::WouldBlock => ready!(self.poll_arrive(task))?,
                Err(error) => {
                    let refusal = self.share.refusal();
                    return Poll::Ready(Err(refusal.unwrap_or_else(|| self.malformed(&error.to_string()))));
                }
            }
        }
        while self.stage == Stage::Complete {
            ready!(self.budget.poll_proceed(task));
            if self.goes_on() {
                return Poll::Ready(Err(self.malformed("something follows its end")));
            }
            if self.feed.is_complete() {
                self.end();
            } else {
                ready!(self.poll_arrive(task))?;
            }
        }
        Poll::Ready(Ok(None))
    }
}

impl http_body::Body for Decompressed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let data = ready!(self.poll_data(task));
        if data.is_err() {
            self.end();
        }
        let trailers = || self.trailers.take().map(|trailers| Ok(Frame::trailers(trailers)));
        Poll::Ready(data.transpose().map(|data| data.map(Frame::data)).or_else(trailers))
    }
}
