//! zstd, read in whole blocks: its decoder cannot stop in the middle of one.

use std::io::{self, ErrorKind, Read};

use bytes::{Buf, BytesMut};
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::feed::Feed;
use super::held::DecoderShare;

/// The largest window that RFC 9659 allows in HTTP.
const MAX_WINDOW: u64 = 8 << 20;
/// The most that comes out of a block.
const MAX_BLOCK: usize = 128 << 10;
/// The magic number of a frame and the byte that says how its header goes on.
const FRAME_START: usize = 5;
/// The magic number of a frame without content, and its length.
const SKIPPED_HEADER: usize = 8;
const BLOCK_HEADER: usize = 3;
const CHECKSUM: usize = 4;

/// Reads frame after frame. What a frame holds is asked for before it is taken: nothing comes out of it before its window
/// is full.
pub(crate) struct ZstdDecoder {
    feed: Feed,
    share: Option<DecoderShare>,
    /// How much this frame has decoded that it looks back at, and the most that this may be.
    decoded: usize,
    most: usize,
    /// How much of the share that takes.
    held: usize,
    arrived: BytesMut,
    complete: bool,
    decoder: FrameDecoder,
    /// Whether a frame has begun and its last block has not been decoded.
    in_frame: bool,
    /// How many bytes of a frame without content are still to come.
    skip: usize,
}

impl ZstdDecoder {
    /// Decodes `feed`, with memory of `share`. Without one nobody counts it.
    pub(crate) fn new(feed: Feed, share: Option<DecoderShare>) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_WINDOW);
        let arrived = BytesMut::new();
        Self {
            feed,
            share,
            decoded: 0,
            most: 0,
            held: 0,
            arrived,
            complete: false,
            decoder,
            in_frame: false,
            skip: 0,
        }
    }

    /// Asks for what a block needs.
    fn take(&mut self, bytes: usize) -> io::Result<()> {
        let Some(share) = &self.share else { return Ok(()) };
        self.decoded = self.decoded.saturating_add(bytes).min(self.most);
        // The decoder's buffer grows by powers of two, and has room for two blocks more.
        let room = match self.decoded.checked_sub(2 * MAX_BLOCK) {
            None | Some(0) => self.decoded.next_power_of_two(),
            Some(beyond) => beyond.next_power_of_two() + 2 * MAX_BLOCK,
        };
        let more = room.saturating_sub(self.held);
        if !share.take(more) {
            return Err(ErrorKind::OutOfMemory.into());
        }
        self.held += more;
        Ok(())
    }

    /// Everything of the frame has come out.
    fn give_back(&mut self) {
        if let Some(share) = &self.share {
            share.give_back(std::mem::take(&mut self.held));
        }
        self.decoded = 0;
    }

    /// Waits until `count` bytes are there, or all that there ever will be.
    fn fill(&mut self, count: usize) -> io::Result<()> {
        while self.arrived.len() < count && !self.complete {
            let part = self.feed.next()?;
            self.complete = part.is_empty();
            self.arrived.extend_from_slice(&part);
        }
        Ok(())
    }

    /// Begins the next frame; false if there is none.
    fn begin(&mut self) -> io::Result<bool> {
        self.fill(FRAME_START)?;
        if self.arrived.is_empty() {
            return Ok(false);
        }
        self.give_back();
        self.fill(header_length(&self.arrived))?;
        self.most = window(&self.arrived).saturating_add(MAX_BLOCK);
        let mut source = &*self.arrived;
        let begun = self.decoder.init(&mut source);
        let used = self.arrived.len() - source.len();
        match begun {
            Ok(()) => self.in_frame = true,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length, ..
            })) => {
                self.skip = usize::try_from(length).map_err(invalid)?;
            }
            Err(error) => return Err(invalid(error)),
        }
        self.arrived.advance(used);
        Ok(true)
    }

    /// Decodes the next block of the frame.
    fn block(&mut self) -> io::Result<()> {
        self.fill(BLOCK_HEADER)?;
        let Some(&[a, b, c]) = self.arrived.first_chunk() else {
            return Err(ErrorKind::UnexpectedEof.into());
        };
        let header = u32::from_le_bytes([a, b, c, 0]);
        let (last, kind, size) = (header & 1 == 1, header >> 1 & 3, (header >> 3) as usize);
        // A repeated byte stands there once.
        let content = if kind == 1 { 1 } else { size };
        self.fill(BLOCK_HEADER + content + if last { CHECKSUM } else { 0 })?;
        self.take(if kind == 2 { MAX_BLOCK } else { size })?;
        let mut source = &*self.arrived;
        let decoded = self.decoder.decode_blocks(&mut source, BlockDecodingStrategy::UptoBlocks(1));
        let used = self.arrived.len() - source.len();
        self.in_frame = !decoded.map_err(invalid)?;
        self.arrived.advance(used);
        Ok(())
    }
}

impl Read for ZstdDecoder {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(buf);
            }
            if self.in_frame {
                self.block()?;
                // Nothing comes out before a window is full, which takes time: whoever reads may do something else.
                if self.decoder.can_collect() == 0 {
                    return Err(ErrorKind::Interrupted.into());
                }
                continue;
            }
            if let (Some(said), Some(found)) =
                (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum())
                && said != found
            {
                return Err(invalid("the checksum is wrong"));
            }
            if self.skip > 0 {
                self.fill(1)?;
                let skipped = self.skip.min(self.arrived.len());
                if skipped == 0 {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
                self.arrived.advance(skipped);
                self.skip -= skipped;
            } else if !self.begin()? {
                return Ok(0);
            }
        }
    }
}

/// How long the header of the frame is that starts here.
fn header_length(frame: &[u8]) -> usize {
    let Some((&[magic, .., descriptor], _)) = frame.split_first_chunk::<FRAME_START>() else { return 0 };
    if magic & 0xF0 == 0x50 {
        return SKIPPED_HEADER;
    }
    let single_segment = descriptor >> 5 & 1 == 1;
    let window = usize::from(!single_segment);
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let size = [usize::from(single_segment), 2, 4, 8][usize::from(descriptor >> 6)];
    FRAME_START + window + dictionary + size
}

/// How far the frame looks back that starts here, if its header is there.
fn window(frame: &[u8]) -> usize {
    match frame.split_first_chunk::<{ FRAME_START + 1 }>() {
        Some((&[.., descriptor, window], _)) if descriptor >> 5 & 1 == 0 => {
            let power = 1_usize.checked_shl(10 + u32::from(window >> 3)).unwrap_or(usize::MAX);
            power.saturating_add(power / 8 * usize::from(window & 7))
        }
        // All of its content, which is not believed: a window that is too large is refused.
        _ => usize::MAX,
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use crate::protocol::compression::{Compression, DecompressError};

    const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    /// The last block, of three bytes as they are.
    const ABC: [u8; 6] = [3 << 3 | 1, 0, 0, b'a', b'b', b'c'];

    fn read(frame: &[&[u8]]) -> Result<Vec<u8>, String> {
        match Compression::Zstd.decompress(frame.concat().into(), 1 << 20) {
            Ok(content) => Ok(content.into()),
            Err(DecompressError::Malformed(text)) => Err(text),
            Err(DecompressError::TooLarge) => unreachable!("it is small"),
        }
    }

    #[test]
    fn a_checksum_is_compared() {
        // A frame of known length with a checksum: the low half of XXH64.
        let head = [0x24, 3];
        let sum = [0x99, 0x09, 0x77, 0xad];
        assert_eq!(read(&[&MAGIC, &head, &ABC, &sum]), Ok(b"abc".to_vec()));
        for byte in 0..4 {
            let mut wrong = sum;
            wrong[byte] ^= 1;
            let error = read(&[&MAGIC, &head, &ABC, &wrong]).unwrap_err();
            assert!(error.contains("the checksum is wrong"), "{error}");
        }
        assert!(read(&[&MAGIC, &head, &ABC, &sum[..3]]).is_err());
    }

    #[test]
    fn a_window_has_a_limit() {
        // Powers of two from 1 KiB, and eighths beyond them.
        let window = |exponent: u8, eighths: u8| [0, exponent << 3 | eighths];
        for (exponent, eighths, taken) in [
            (0, 0, true),
            (12, 7, true),
            (13, 0, true),
            (13, 1, false),
            (14, 0, false),
            (21, 0, false),
            (31, 7, false),
        ] {
            let read = read(&[&MAGIC, &window(exponent, eighths), &ABC]);
            assert_eq!(read.ok(), taken.then(|| b"abc".to_vec()), "2^{} and {eighths}/8", 10 + exponent);
        }
    }

    #[test]
    fn frames_follow_each_other_and_some_have_no_content() {
        let frame = [&MAGIC[..], &[0, 0], &ABC].concat();
        let skipped = [&[0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0][..], b"xy"].concat();
        assert_eq!(read(&[&frame, &skipped, &frame]), Ok(b"abcabc".to_vec()));
        assert_eq!(read(&[&skipped]), Ok(Vec::new()));
        assert!(read(&[&skipped[..9]]).is_err());
        assert!(read(&[&frame, &frame[..frame.len() - 1]]).is_err());
    }
}
