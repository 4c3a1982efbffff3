//! Floating-point defaults as protoc writes them: the fewest digits that give the value back, as C's `%g` does.

/// What `-nan` is called in a text for the parser, which takes no negative words as options.
pub(crate) const NEGATIVE_NAN: &str = "minus_nan_of_rsvc";

/// A `double`.
pub(crate) fn double(value: f64) -> String {
    let short = general(value, 15);
    if short.parse() == Ok(value) { short } else { general(value, 17) }
}

/// A `float`.
pub(crate) fn float(value: f32) -> String {
    let short = general(value.into(), 6);
    if short.parse() == Ok(value) { short } else { general(value.into(), 9) }
}

/// `%.{digits}g`: scientific for very small and large exponents, no zeros at the end.
fn general(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    match usize::try_from(exponent.max(0)) {
        Ok(above) if exponent >= -4 && above < digits => {
            // As many digits in all, those before the point counted.
            let below = digits - 1 - above + usize::try_from(-exponent.min(0)).unwrap_or(0);
            trim(&format!("{value:.below$}")).to_owned()
        }
        _ => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{}e{sign}{:02}", trim(mantissa), exponent.unsigned_abs())
        }
    }
}

fn trim(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_as_c_prints_them() {
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-2.5, "-2.5"),
            (0.1, "0.1"),
            (1e15, "1e+15"),
            (123_456_789_012_345.0, "123456789012345"),
            (1e-5, "1e-05"),
            (0.000_123, "0.000123"),
            (7e22, "7e+22"),
            (0.1 + 0.2, "0.30000000000000004"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ];
        for (value, text) in cases {
            assert_eq!(double(value), text);
        }
    }

    #[test]
    fn floats_as_c_prints_them() {
        for (value, text) in [
            (9e9, "9e+09"),
            (0.1, "0.1"),
            (1.5, "1.5"),
            (16_777_216.0, "16777216"),
            (f32::MAX, "3.40282347e+38"),
        ] {
            assert_eq!(float(value), text);
        }
    }
}
