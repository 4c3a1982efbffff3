//! Envelopes, as servers and clients read them.

use super::input::{Input, body, frames, now};
use crate::bridge::Status;
use crate::protocol::compression::Compression;
use crate::protocol::envelope::{Envelope, EnvelopeReader, append_flagged};

/// Two bytes steer: the compression with the limit, and the size of the frames. The rest is the body.
pub(super) fn envelope(data: &[u8]) {
    let mut input = Input(data);
    let (how, size) = (input.byte(), input.byte());
    let compression = Compression::SUPPORTED.get(usize::from(how & 3)).copied();
    let limit = 1 << (how >> 2 & 15);
    let (whole, end) = read(input.0, 0, limit);
    assert_eq!(read(input.0, size, limit), (whole.clone(), end.clone()), "frames make a difference");

    let mut again = Vec::new();
    for (flags, data) in whole {
        assert!(data.len() <= limit, "an envelope beyond the limit");
        append_flagged(&mut again, flags, &data);
        let envelope = Envelope { flags, data: data.into() };
        if let Ok(content) = envelope.content(compression, limit) {
            assert!(content.len() <= limit, "a message beyond the limit");
        }
    }
    assert!(input.0.starts_with(&again), "what was read is not what was sent");
    assert_eq!(end.is_none(), again.len() == input.0.len(), "an end that is none, or an error that is none");
}

/// The envelopes, and the message of the error at the end.
fn read(data: &[u8], size: u8, limit: usize) -> (Vec<(u8, Vec<u8>)>, Option<String>) {
    let mut reader = EnvelopeReader::new(body(frames(data, size)), limit);
    let mut envelopes = Vec::new();
    loop {
        match now(|task| reader.poll_next(task)) {
            None => return (envelopes, None),
            Some(Ok(Envelope { flags, data })) => envelopes.push((flags, data.to_vec())),
            Some(Err(error)) => return (envelopes, Some(Status::from(error).message().to_owned())),
        }
    }
}
