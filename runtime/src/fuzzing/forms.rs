//! Multipart forms.

use bytes::Bytes;

use super::input::{Input, frames};
use crate::protocol::rest::server::{Event, FormLimits, Parts};

const BOUNDARY: &str = "XX";
const LIMITS: FormLimits = FormLimits { fields: 20, text: 1_000, part_header: 4_000 };

/// A byte steers: the size of the frames. The rest is a form.
pub(super) fn form(data: &[u8]) {
    let mut input = Input(data);
    let size = input.byte();
    let whole = read(frames(input.0, 0));
    let cut = read(frames(input.0, size));
    let fields = |(events, _): &Read| {
        events.iter().filter(|event| !matches!(event, Event::Content(_) | Event::FileEnd)).count()
    };
    assert!(fields(&whole) <= LIMITS.fields && fields(&cut) <= LIMITS.fields, "fields beyond the limit");
    for event in &whole.0 {
        if let Event::Text(part) = event {
            assert!(part.name.len() + part.value.len() <= LIMITS.text, "a field beyond the limit");
        }
    }
    // How much may stand before a part depends on what arrives with it, and nothing else on that.
    if ![&whole.1, &cut.1].into_iter().flatten().any(|error| error.contains("the head of a part")) {
        assert_eq!(cut, whole, "frames make a difference");
    }
    if whole.1.is_none()
        && let Some(written) = write(&whole.0)
    {
        assert_eq!(read(vec![written.into()]), whole, "what is written is not what was read");
    }
}

/// Events, of which what is the content of one file is one, and the error that ended them.
type Read = (Vec<Event>, Option<String>);

fn read(frames: Vec<Bytes>) -> Read {
    let mut parts = Parts::new(Some(BOUNDARY), LIMITS).expect("it is a boundary");
    let mut events: Vec<Event> = Vec::new();
    let mut frames = frames.into_iter();
    loop {
        match parts.next() {
            Ok(Some(Event::Content(more))) => match events.last_mut() {
                Some(Event::Content(content)) => *content = [&content[..], &more].concat().into(),
                _ => events.push(Event::Content(more)),
            },
            Ok(Some(event)) => events.push(event),
            Ok(None) if parts.is_over() => return (events, None),
            Ok(None) => match frames.next() {
                Some(frame) => parts.push(frame),
                None => parts.finish(),
            },
            Err(error) => return (whole_files(events), Some(error.status.message().to_owned())),
        }
    }
}

/// Without a file that has not ended: how much of it there was depends on the frames.
fn whole_files(mut events: Vec<Event>) -> Vec<Event> {
    let end = events.iter().rposition(|event| !matches!(event, Event::Content(_) | Event::File(_)));
    events.truncate(end.map_or(0, |end| end + 1));
    events
}

/// The form that says this, if its names can be written.
fn write(events: &[Event]) -> Option<Vec<u8>> {
    let plain =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte >= 0x80 || byte == b'.');
    let mut out = Vec::new();
    let head = |name: &str, filename: Option<&str>, media_type: Option<&str>, out: &mut Vec<u8>| {
        let writable = plain(name) && filename.is_none_or(plain);
        out.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"").bytes());
        out.extend(filename.iter().flat_map(|name| format!("; filename=\"{name}\"").into_bytes()));
        out.extend_from_slice(b"\r\n");
        out.extend(media_type.iter().flat_map(|said| format!("Content-Type: {said}\r\n").into_bytes()));
        out.extend_from_slice(b"\r\n");
        writable.then_some(())
    };
    for event in events {
        match event {
            Event::Text(part) => {
                head(&part.name, None, part.media_type.as_deref(), &mut out)?;
                out.extend_from_slice(&part.value);
                out.extend_from_slice(b"\r\n");
            }
            Event::File(file) => {
                head(&file.name, Some(&file.filename), file.media_type.as_deref(), &mut out)?;
            }
            Event::Content(content) => out.extend_from_slice(content),
            Event::FileEnd => out.extend_from_slice(b"\r\n"),
        }
    }
    out.extend(format!("--{BOUNDARY}--").bytes());
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        /// Forms that are nearly right, which a fuzzer is slow to find.
        #[test]
        fn forms_of_any_pieces(
            size in any::<u8>(),
            pieces in prop::collection::vec(prop::sample::select(vec![
                "--XX\r\n", "\r\n--XX\r\n", "\r\n--XX--", "--XX--\r\n", "\r\n", "\r\n\r\n", "--XX", "--X", "\r", "\n", "-",
                "Content-Disposition: form-data; name=\"a\"\r\n\r\n", "Content-Disposition: form-data; name=\"b\"",
                "; filename=\"c\"", "; filename=\"\"", "Content-Type: text/plain\r\n", "x", "é", " ", "\"", "\\",
                "Content-Type: application/octet-stream", "Content-Type: text/plain; charset=latin1",
            ]), 0..24),
        ) {
            super::form(&[&[size], pieces.concat().as_bytes()].concat());
        }
    }
}
