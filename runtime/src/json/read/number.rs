//! Numbers: as JSON numbers or in quotes, integers also with a fraction of zero or an exponent.

use std::borrow::Cow;

use super::{Error, Reader};

/// Powers of ten that a double has exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// The length of the run of digits at the start.
fn digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| b.is_ascii_digit()).count()
}

/// How far the JSON number at the start of `bytes` reaches; an error is where it is broken.
fn number_len(bytes: &[u8]) -> Result<usize, usize> {
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(&bytes[at..]);
    if whole == 0 || (whole > 1 && bytes[at] == b'0') {
        return Err(at);
    }
    at += whole;
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(&bytes[at + 1..]);
        if fraction == 0 {
            return Err(at + 1);
        }
        at += 1 + fraction;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(&bytes[at..]);
        if exponent == 0 {
            return Err(at);
        }
        at += exponent;
    }
    Ok(at)
}

/// The integer that a JSON number is: `100`, `1e2`, `100.0`. `None` where it is none, or beyond 64 bits.
pub(in crate::json) fn integer(text: &str) -> Option<i128> {
    let bytes = text.as_bytes();
    if number_len(bytes) != Ok(bytes.len()) {
        return None;
    }
    let (negative, bytes) = match bytes.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, bytes),
    };
    let (mantissa, exponent) = match bytes.iter().position(|b| matches!(b, b'e' | b'E')) {
        Some(at) => (&bytes[..at], &text[text.len() - bytes.len() + at + 1..]),
        None => (bytes, "0"),
    };
    let point = mantissa.iter().position(|&b| b == b'.').unwrap_or(mantissa.len());
    // Significant digits without zeros at either end, and the power of ten of the last of them.
    let mut significant: Vec<u8> = mantissa.iter().copied().filter(|&b| b != b'.').collect();
    let fraction = mantissa.len().saturating_sub(point + 1);
    let zeros = significant.iter().rev().take_while(|&&b| b == b'0').count();
    significant.truncate(significant.len() - zeros);
    let significant = &significant[significant.iter().take_while(|&&b| b == b'0').count()..];
    if significant.is_empty() {
        return Some(0);
    }
    // An exponent that no i64 holds is either far too large or leaves a fraction.
    let power = exponent
        .parse::<i64>()
        .ok()?
        .checked_add(i64::try_from(zeros).ok()? - i64::try_from(fraction).ok()?)?;
    let power = u32::try_from(power).ok()?;
    if significant.len() as u64 + u64::from(power) > 20 {
        return None;
    }
    let value =
        significant.iter().fold(0_i128, |value, b| value * 10 + i128::from(b - b'0')) * 10_i128.pow(power);
    Some(if negative { -value } else { value })
}

/// What a scan of a float found, where it is simple.
struct Decimal {
    negative: bool,
    digits: u64,
    power: i32,
    len: usize,
}

/// A number of at most 19 digits and a small exponent; anything else is `None`.
fn decimal(bytes: &[u8]) -> Option<Decimal> {
    let negative = bytes.first() == Some(&b'-');
    let mut at = usize::from(negative);
    let first = at;
    let mut digits = 0_u64;
    while let Some(digit @ 0..=9) = bytes.get(at).map(|b| b.wrapping_sub(b'0')) {
        digits = digits.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    let whole = at - first;
    if whole == 0 || (whole > 1 && bytes[first] == b'0') {
        return None;
    }
    let mut count = whole;
    let mut power = 0;
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        let start = at;
        while let Some(digit @ 0..=9) = bytes.get(at).map(|b| b.wrapping_sub(b'0')) {
            digits = digits.wrapping_mul(10).wrapping_add(u64::from(digit));
            at += 1;
        }
        let fraction = at - start;
        if fraction == 0 {
            return None;
        }
        count += fraction;
        power = -i32::try_from(fraction).ok()?;
    }
    if count > 19 || matches!(bytes.get(at), Some(b'e' | b'E')) {
        return None;
    }
    Some(Decimal { negative, digits, power, len: at })
}

/// For each width of integer: its reader.
macro_rules! integers {
    ($($value:ident: $type:ty, $name:literal;)*) => {$(
        #[doc = concat!("`", $name, "` and its kin.")]
        pub fn $value(&mut self) -> Result<$type, Error> {
            let at = self.pos;
            match self.plain_integer() {
                Some(value) => <$type>::try_from(value).ok(),
                None => self.odd_integer()?.and_then(|value| <$type>::try_from(value).ok()),
            }
            .ok_or_else(|| self.not_an_integer(at, $name))
        }
    )*};
}

impl<'a> Reader<'a> {
    integers! {
        i32_value: i32, "int32";
        u32_value: u32, "uint32";
        i64_value: i64, "int64";
        u64_value: u64, "uint64";
    }

    /// Takes an integer as everyone writes it, in quotes or without.
    #[inline]
    fn plain_integer(&mut self) -> Option<i128> {
        let bytes = self.input();
        let quoted = self.byte() == b'"';
        let mut at = self.pos + usize::from(quoted);
        let negative = bytes.get(at) == Some(&b'-');
        at += usize::from(negative);
        let first = at;
        let mut value = 0_u64;
        while let Some(digit @ 0..=9) = bytes.get(at).map(|b| b.wrapping_sub(b'0')) {
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            at += 1;
        }
        let count = at - first;
        // Nineteen digits cannot overflow.
        if count == 0 || count > 19 || (count > 1 && bytes[first] == b'0') {
            return None;
        }
        match bytes.get(at) {
            Some(b'"') if quoted => at += 1,
            Some(b'.' | b'e' | b'E') => return None,
            _ if quoted => return None,
            _ => {}
        }
        self.pos = at;
        Some(if negative { -i128::from(value) } else { i128::from(value) })
    }

    /// Takes any other number; `None` when it is not an integer.
    #[cold]
    fn odd_integer(&mut self) -> Result<Option<i128>, Error> {
        let (text, _) = self.number_or_string()?;
        Ok(integer(&text))
    }

    #[cold]
    fn not_an_integer(&self, at: usize, name: &str) -> Error {
        self.data(at, format!("{} is not an {name}", shown(&self.text[at..self.pos])))
    }

    /// Takes a JSON number.
    pub(in crate::json) fn number_text(&mut self) -> Result<&'a str, Error> {
        match number_len(&self.input()[self.pos..]) {
            Ok(len) => {
                let text = &self.text[self.pos..self.pos + len];
                self.pos += len;
                Ok(text)
            }
            Err(at) => Err(self.syntax(self.pos + at, "a broken number".into())),
        }
    }

    /// Takes a number or a string; whether it was a string comes with it.
    fn number_or_string(&mut self) -> Result<(Cow<'a, str>, bool), Error> {
        match self.byte() {
            b'"' => self.str_value().map(|text| (text, true)),
            b'-' | b'0'..=b'9' => self.number_text().map(|text| (Cow::Borrowed(text), false)),
            _ => Err(self.expected("a number")),
        }
    }

    /// `double`.
    pub fn f64_value(&mut self) -> Result<f64, Error> {
        if let Some(number) = decimal(&self.input()[self.pos..])
            && number.digits <= 1 << f64::MANTISSA_DIGITS
            && let Some(power) = POWERS.get(number.power.unsigned_abs() as usize)
        {
            // Both are exact, so that the quotient is rounded once.
            #[allow(clippy::cast_precision_loss)]
            let value = number.digits as f64 / power;
            self.pos += number.len;
            return Ok(if number.negative { -value } else { value });
        }
        self.odd_float("double", |text| text.parse().ok().filter(|value: &f64| value.is_finite()))
    }

    /// `float`.
    pub fn f32_value(&mut self) -> Result<f32, Error> {
        if let Some(number) = decimal(&self.input()[self.pos..])
            && number.digits <= 1 << f32::MANTISSA_DIGITS
            && let Some(power @ 0..=10) = number.power.checked_neg()
        {
            #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            // exact: ten is 2 * 5, 5^10 < 2^24
            let value = number.digits as f32 / POWERS[power as usize] as f32;
            self.pos += number.len;
            return Ok(if number.negative { -value } else { value });
        }
        self.odd_float("float", |text| text.parse().ok().filter(|value: &f32| value.is_finite()))
    }

    /// Takes any other number.
    fn odd_float<T: From<f32>>(&mut self, name: &str, parse: fn(&str) -> Option<T>) -> Result<T, Error> {
        let at = self.pos;
        let (text, quoted) = self.number_or_string()?;
        let value = match &*text {
            "NaN" if quoted => Some(T::from(f32::NAN)),
            "Infinity" if quoted => Some(T::from(f32::INFINITY)),
            "-Infinity" if quoted => Some(T::from(f32::NEG_INFINITY)),
            text if quoted && number_len(text.as_bytes()) != Ok(text.len()) => None,
            text => parse(text),
        };
        value.ok_or_else(|| self.data(at, format!("{} is not a {name}", shown(&self.text[at..self.pos]))))
    }
}

/// A value in an error: not too much of it.
pub(in crate::json) fn shown(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(40) {
        None => Cow::Borrowed(text),
        Some((cut, _)) => Cow::Owned(format!("{}…", &text[..cut])),
    }
}
