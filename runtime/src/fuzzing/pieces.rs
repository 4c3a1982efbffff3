//! Bodies that are cut into messages: JSON texts on a server, events on a client.

use bytes::Bytes;

use super::input::{Input, frames};
use crate::transcode::split::{Shape, SplitError, Splitter};

const LIMIT: usize = 256;

/// Two bytes steer: the shape, and the size of the frames. The rest is the body.
pub(super) fn split(data: &[u8]) {
    let mut input = Input(data);
    let (shape, size) = (input.byte(), input.byte());
    let shape = if shape & 1 == 0 { Shape::Any } else { Shape::Sequence };
    let whole = split_frames(shape, frames(input.0, 0));
    assert_eq!(split_frames(shape, frames(input.0, size)), whole, "frames make a difference");
    let mut end = 0;
    for (number, (content, offset, index)) in whole.0.iter().enumerate() {
        assert!(content.len() <= LIMIT, "a message beyond the limit");
        assert_eq!(*index, number, "messages are counted");
        assert!(*offset >= end, "a byte belongs to two messages");
        end = offset + content.len();
        assert_eq!(input.0.get(*offset..end), Some(&content[..]), "a message is what stands in the body");
    }
}

/// Messages with their offsets and indexes, and the error that ended them.
type Pieces = (Vec<(Bytes, usize, usize)>, Option<SplitError>);

fn split_frames(shape: Shape, frames: Vec<Bytes>) -> Pieces {
    let mut splitter = Splitter::new(shape, LIMIT);
    let mut pieces = Vec::new();
    for frame in frames {
        splitter.push(frame);
        loop {
            match splitter.next() {
                Ok(Some(piece)) => pieces.push((piece.content, piece.offset, piece.index)),
                Ok(None) => break,
                Err(error) => return (pieces, Some(error)),
            }
        }
    }
    match splitter.finish() {
        Ok(last) => {
            pieces.extend(last.map(|piece| (piece.content, piece.offset, piece.index)));
            (pieces, None)
        }
        Err(error) => (pieces, Some(error)),
    }
}

/// A byte steers: the size of the frames. The rest is a stream of events.
#[cfg(feature = "rest-client")]
pub(super) fn events(data: &[u8]) {
    let mut input = Input(data);
    let size = input.byte();
    let whole = read_events(frames(input.0, 1));
    let cut = read_events(frames(input.0, size));
    assert!(whole.0.iter().chain(&cut.0).all(|(_, data)| data.len() <= LIMIT), "an event beyond the limit");
    // How long a line may be depends on what arrives with its end.
    if whole.1 && cut.1 {
        assert_eq!(cut, whole, "frames make a difference");
    }
}

/// Without the client there is nobody to read them.
#[cfg(not(feature = "rest-client"))]
pub(super) fn events(_: &[u8]) {}

/// The events, and whether all was read.
#[cfg(feature = "rest-client")]
fn read_events(frames: Vec<Bytes>) -> (Vec<(String, Vec<u8>)>, bool) {
    use crate::protocol::rest::client::Events;

    let mut events = Events::new(LIMIT);
    let mut found = Vec::new();
    for frame in frames {
        events.push(&frame);
        loop {
            match events.next() {
                Ok(Some(event)) => found.push((event.name, event.data)),
                Ok(None) => break,
                Err(_) => return (found, false),
            }
        }
    }
    (found, true)
}
