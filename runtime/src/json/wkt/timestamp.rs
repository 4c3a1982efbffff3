//! `google.protobuf.Timestamp`: RFC 3339.

use prost_types::Timestamp;

use super::SECONDS;
use super::datetime::{
    DateTime, MAX_SECONDS, MIN_SECONDS, push_digits, push_nanos, take, take_digits, take_nanos,
};
use crate::json::meter::Meter;
use crate::json::{Error, Json, MessageInfo, Reader, Writer};

impl Json for Timestamp {
    fn info() -> &'static MessageInfo {
        static INFO: MessageInfo =
            MessageInfo::well_known::<Timestamp>("google.protobuf.Timestamp", &SECONDS);
        &INFO
    }

    fn write_json(&self, writer: &mut Writer) {
        let nanos = u32::try_from(self.nanos).ok().filter(|&nanos| nanos < 1_000_000_000);
        match nanos {
            Some(nanos) if (MIN_SECONDS..=MAX_SECONDS).contains(&self.seconds) => {
                writer.ascii_value(|out| format(out, self.seconds, nanos));
            }
            _ => writer.fail(format!(
                "a timestamp of {} seconds and {} nanos is outside of years 1 to 9999",
                self.seconds, self.nanos
            )),
        }
    }

    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        let at = reader.pos();
        let text = reader.str_value()?;
        match parse(text.as_bytes()) {
            Some((seconds, nanos)) => {
                *self = Self { seconds, nanos };
                Ok(())
            }
            None => Err(reader.wrong_text(at, &text, "an RFC 3339 timestamp of years 1 to 9999")),
        }
    }

    fn measure(reader: &mut Reader<'_>, _: &mut Meter) -> Result<(), Error> {
        reader.skip_value()
    }
}

/// `2024-02-29T12:30:00.500Z`.
fn format(out: &mut Vec<u8>, seconds: i64, nanos: u32) {
    let t = DateTime::from_seconds(seconds);
    let parts =
        [(t.year, 4, b'-'), (t.month, 2, b'-'), (t.day, 2, b'T'), (t.hour, 2, b':'), (t.minute, 2, b':')];
    for (value, width, after) in parts {
        push_digits(out, value.unsigned_abs(), width);
        out.push(after);
    }
    push_digits(out, t.second.unsigned_abs(), 2);
    push_nanos(out, nanos);
    out.push(b'Z');
}

/// Seconds and nanos.
fn parse(mut text: &[u8]) -> Option<(i64, i32)> {
    let text = &mut text;
    let year = take_digits(text, 4)?;
    take(text, b'-')?;
    let month = take_digits(text, 2)?;
    take(text, b'-')?;
    let day = take_digits(text, 2)?;
    take(text, b'T')?;
    let hour = take_digits(text, 2)?;
    take(text, b':')?;
    let minute = take_digits(text, 2)?;
    take(text, b':')?;
    let second = take_digits(text, 2)?;
    let nanos = take_nanos(text)?;
    let seconds = DateTime { year, month, day, hour, minute, second }.to_seconds()? - offset(text)?;
    (text.is_empty() && (MIN_SECONDS..=MAX_SECONDS).contains(&seconds)).then_some((seconds, nanos))
}

/// Takes `Z` or `+hh:mm`: seconds east of Greenwich.
fn offset(text: &mut &[u8]) -> Option<i64> {
    let (&sign, rest) = text.split_first()?;
    *text = rest;
    let sign = match sign {
        b'Z' => return Some(0),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = take_digits(text, 2)?;
    take(text, b':')?;
    let minutes = take_digits(text, 2)?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}
