//! Finding the bytes of a JSON string that need attention, eight at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Marks the high bit of the first byte (from the lowest) that is a quote, a backslash or a control.
/// Bits above that one may be false.
#[inline]
fn marks(word: u64) -> u64 {
    let quote = word ^ (ONES * u64::from(b'"'));
    let backslash = word ^ (ONES * u64::from(b'\\'));
    let zero_quote = quote.wrapping_sub(ONES) & !quote;
    let zero_backslash = backslash.wrapping_sub(ONES) & !backslash;
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (zero_quote | zero_backslash | control) & HIGH
}

/// The index of the first quote, backslash or control character at or after `at`, or the length.
#[inline]
pub(super) fn find_special(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let marks = marks(u64::from_le_bytes(*chunk));
        if marks != 0 {
            return at + (marks.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    let Some(rest) = bytes.get(at..) else { return at };
    // What is missing is zero, a control: it marks the end.
    at + (marks(last_word(rest)).trailing_zeros() / 8) as usize
}

/// As many bytes as are looked at together in a text that hardly has a special one.
const WIDE: usize = 16;

/// Whether there is no quote, backslash or control character in a text.
#[inline]
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk() else { return find_special(bytes, 0) == bytes.len() };
    // What is behind the last whole part is looked at with some of what is before it.
    !bytes.as_chunks().0.iter().any(has_special) && !has_special(last)
}

/// Whether a special byte is among these.
#[allow(clippy::needless_bitwise_bool, reason = "without branches the compiler looks at all of them at once")]
#[inline]
fn has_special(bytes: &[u8; WIDE]) -> bool {
    bytes.iter().fold(false, |found, &byte| found | (byte < 0x20) | (byte == b'"') | (byte == b'\\'))
}

/// Fewer than eight bytes as a word, without a loop over them: the parts may overlap.
#[inline]
fn last_word(bytes: &[u8]) -> u64 {
    let len = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let [first, last] = [first, last].map(|part| u64::from(u32::from_le_bytes(*part)));
        return first | last << (8 * (len - 4));
    }
    match (bytes.first(), bytes.get(len / 2), bytes.last()) {
        (Some(&first), Some(&middle), Some(&last)) => {
            u64::from(first) | u64::from(middle) << (8 * (len / 2)) | u64::from(last) << (8 * (len - 1))
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{find_special, is_plain};

    #[test]
    fn finds_every_special_byte_at_every_place() {
        for len in 0..40 {
            for at in 0..len {
                for byte in 0..=255_u8 {
                    let mut bytes = vec![b'\xfe'; len];
                    bytes[at] = byte;
                    let special = byte < 0x20 || byte == b'"' || byte == b'\\';
                    assert_eq!(find_special(&bytes, 0), if special { at } else { len }, "{byte} at {at}");
                    assert_eq!(is_plain(&bytes), !special, "{byte} at {at} of {len}");
                }
            }
        }
    }
}
