//! Base64 as ProtoJSON has it: written with the standard alphabet and padding, read in either alphabet but not in a
//! mixture of them, with padding or without.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The mark of the two characters that the standard alphabet has alone.
const STANDARD: u8 = 0x40;
/// The mark of the two characters that the URL-safe alphabet has alone. Both marks together are an error, be it one
/// character that neither has or one of each.
const URL_SAFE: u8 = 0x80;

/// The value of each character, with the marks.
#[allow(clippy::cast_possible_truncation)] // there are 64
const VALUES: [u8; 256] = {
    let mut values = [0xff; 256];
    let mut i = 0;
    while i < 64 {
        values[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    values[b'+' as usize] |= STANDARD;
    values[b'/' as usize] |= STANDARD;
    values[b'-' as usize] = 0x3e | URL_SAFE;
    values[b'_' as usize] = 0x3f | URL_SAFE;
    values
};

fn digit(bits: u32) -> u8 {
    ALPHABET[(bits & 63) as usize]
}

/// Appends the base64 of `bytes`.
pub fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, b'=');
    let (chunks, rest) = bytes.as_chunks::<3>();
    let (quads, _) = out[start..].as_chunks_mut::<4>();
    for (&[a, b, c], quad) in chunks.iter().zip(&mut *quads) {
        let bits = u32::from_be_bytes([0, a, b, c]);
        *quad = [digit(bits >> 18), digit(bits >> 12), digit(bits >> 6), digit(bits)];
    }
    if let Some(last) = quads.get_mut(chunks.len()) {
        match *rest {
            [a] => [last[0], last[1]] = [digit(u32::from(a) >> 2), digit(u32::from(a) << 4)],
            [a, b] => {
                let bits = u32::from_be_bytes([0, a, b, 0]);
                [last[0], last[1], last[2]] = [digit(bits >> 18), digit(bits >> 12), digit(bits >> 6)];
            }
            _ => {}
        }
    }
}

/// The bytes of `text`.
///
/// # Errors
/// The index of the first wrong character; the length where that is wrong.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, usize> {
    let padding = text.iter().rev().take(2).take_while(|&&b| b == b'=').count();
    if padding > 0 && !text.len().is_multiple_of(4) {
        return Err(text.len());
    }
    let digits = &text[..text.len() - padding];
    let (quads, rest) = digits.as_chunks::<4>();
    let mut out = vec![0; digits.len() / 4 * 3];
    let (triples, _) = out.as_chunks_mut::<3>();
    let mut marks = 0;
    for (quad, triple) in quads.iter().zip(triples) {
        let [a, b, c, d] = quad.map(|byte| VALUES[usize::from(byte)]);
        marks |= a | b | c | d;
        let bits = value(a) << 18 | value(b) << 12 | value(c) << 6 | value(d);
        let [_, bytes @ ..] = bits.to_be_bytes();
        *triple = bytes;
    }
    let mut bits = 0;
    for &byte in rest {
        let digit = VALUES[usize::from(byte)];
        marks |= digit;
        bits = bits << 6 | value(digit);
    }
    if marks >= STANDARD | URL_SAFE {
        return Err(first_wrong(digits));
    }
    #[allow(clippy::cast_possible_truncation)] // what is cut off was written before
    match rest.len() {
        0 => {}
        2 => out.push((bits >> 4) as u8),
        3 => out.extend_from_slice(&[(bits >> 10) as u8, (bits >> 2) as u8]),
        _ => return Err(text.len()),
    }
    Ok(out)
}

#[cold]
fn first_wrong(digits: &[u8]) -> usize {
    let mut marks = 0;
    let is_wrong = |&byte: &u8| {
        marks |= VALUES[usize::from(byte)];
        marks >= STANDARD | URL_SAFE
    };
    digits.iter().position(is_wrong).unwrap_or(digits.len())
}

/// What a digit counts, without its marks.
fn value(digit: u8) -> u32 {
    u32::from(digit & 63)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn every_length_round_trips() {
        for len in 0..200_usize {
            let bytes: Vec<u8> = (0..len).map(|i| ((i * 89 + len * 31) % 256).try_into().unwrap()).collect();
            let mut text = Vec::new();
            encode(&bytes, &mut text);
            assert_eq!(decode(&text).as_deref(), Ok(&bytes[..]));
            let bare: Vec<u8> = text.iter().copied().filter(|&b| b != b'=').collect();
            assert_eq!(decode(&bare).as_deref(), Ok(&bytes[..]));
        }
    }

    #[test]
    fn known_answers() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            let mut out = Vec::new();
            encode(bytes.as_bytes(), &mut out);
            assert_eq!(out, text.as_bytes());
        }
        assert_eq!(decode(b"-_"), Ok(vec![0xfb]));
        assert_eq!(decode(b"+/=="), Ok(vec![0xfb]));
    }

    #[test]
    fn wrong_text_is_refused_with_its_place() {
        for (text, at) in [
            ("A", 1),
            ("=", 1),
            ("AA=", 3),
            ("A A=", 1),
            ("AAAA!AAA", 4),
            ("AA=A", 2),
            ("AAé=", 5),
            ("AAéA", 2),
            ("AéA", 1),
            ("+_8=", 1),
            ("AAA-AAAAA/AA", 9),
            ("-A/", 2),
            ("A===", 1),
        ] {
            let err = decode(text.as_bytes()).expect_err(text);
            assert_eq!(err, at, "{text}");
        }
    }
}
