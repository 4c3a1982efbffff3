//! `google.protobuf.Duration`: seconds with a fraction and an `s`.

use prost_types::Duration;

use super::SECONDS;
use super::datetime::{push_nanos, take, take_digits, take_nanos};
use crate::json::meter::Meter;
use crate::json::{Error, Json, MessageInfo, Reader, Writer};

/// About 10,000 years, the range that the type has.
const MAX_SECONDS: u64 = 315_576_000_000;

impl Json for Duration {
    fn info() -> &'static MessageInfo {
        static INFO: MessageInfo = MessageInfo::well_known::<Duration>("google.protobuf.Duration", &SECONDS);
        &INFO
    }

    fn write_json(&self, writer: &mut Writer) {
        let (seconds, nanos) = (self.seconds.unsigned_abs(), self.nanos.unsigned_abs());
        let negative = self.seconds < 0 || self.nanos < 0;
        let mixed = negative && (self.seconds > 0 || self.nanos > 0);
        if mixed || seconds > MAX_SECONDS || nanos >= 1_000_000_000 {
            return writer.fail(format!(
                "a duration of {} seconds and {} nanos is out of range",
                self.seconds, self.nanos
            ));
        }
        writer.ascii_value(|out| {
            if negative {
                out.push(b'-');
            }
            out.extend_from_slice(itoa::Buffer::new().format(seconds).as_bytes());
            push_nanos(out, nanos);
            out.push(b's');
        });
    }

    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        let at = reader.pos();
        let text = reader.str_value()?;
        match parse(text.as_bytes()) {
            Some((seconds, nanos)) => {
                *self = Self { seconds, nanos };
                Ok(())
            }
            None => Err(reader.wrong_text(at, &text, "a duration such as \"1.5s\"")),
        }
    }

    fn measure(reader: &mut Reader<'_>, _: &mut Meter) -> Result<(), Error> {
        reader.skip_value()
    }
}

fn parse(mut text: &[u8]) -> Option<(i64, i32)> {
    let text = &mut text;
    let sign = if take(text, b'-').is_some() { -1 } else { 1 };
    let width = text.iter().take_while(|b| b.is_ascii_digit()).count();
    if !(1..=12).contains(&width) {
        return None;
    }
    let seconds = take_digits(text, width)?;
    let nanos = take_nanos(text)?;
    take(text, b's')?;
    let fits = seconds.unsigned_abs() <= MAX_SECONDS;
    let nanos = if sign < 0 { -nanos } else { nanos };
    (text.is_empty() && fits).then_some((sign * seconds, nanos))
}
