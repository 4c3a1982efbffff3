//! Arithmetic, comparison and conversion of numbers.

use std::cmp::Ordering;

use super::Error;

type Result<T> = std::result::Result<T, Error>;

macro_rules! checked {
    ($($(#[$doc:meta])* $name:ident $ty:ty, $method:ident, $error:expr;)*) => {
        $($(#[$doc])*
        #[inline]
        pub fn $name(a: $ty, b: $ty) -> Result<$ty> {
            a.$method(b).ok_or($error)
        })*
    };
}

checked! {
    /// `a + b`
    add_int i64, checked_add, Error::OVERFLOW;
    /// `a + b`
    add_uint u64, checked_add, Error::OVERFLOW;
    /// `a - b`
    sub_int i64, checked_sub, Error::OVERFLOW;
    /// `a - b`
    sub_uint u64, checked_sub, Error::OVERFLOW;
    /// `a * b`
    mul_int i64, checked_mul, Error::OVERFLOW;
    /// `a * b`
    mul_uint u64, checked_mul, Error::OVERFLOW;
    /// `a / b`
    div_uint u64, checked_div, Error::DIVIDE_BY_ZERO;
    /// `a % b`
    rem_uint u64, checked_rem, Error::MODULUS_BY_ZERO;
}

/// `a / b`
#[inline]
pub fn div_int(a: i64, b: i64) -> Result<i64> {
    if b == 0 { Err(Error::DIVIDE_BY_ZERO) } else { a.checked_div(b).ok_or(Error::OVERFLOW) }
}

/// `a % b`
#[inline]
pub fn rem_int(a: i64, b: i64) -> Result<i64> {
    if b == 0 { Err(Error::MODULUS_BY_ZERO) } else { a.checked_rem(b).ok_or(Error::OVERFLOW) }
}

/// `-a`
#[inline]
pub fn neg_int(a: i64) -> Result<i64> {
    a.checked_neg().ok_or(Error::OVERFLOW)
}

/// `-a`
#[inline]
pub fn neg_double(a: f64) -> f64 {
    -a
}

/// A number of any of the three types, for comparison across them.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// `int`
    Int(i64),
    /// `uint`
    Uint(u64),
    /// `double`
    Double(f64),
}

impl From<i64> for Number {
    #[inline]
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}
impl From<u64> for Number {
    #[inline]
    fn from(n: u64) -> Self {
        Self::Uint(n)
    }
}
impl From<f64> for Number {
    #[inline]
    fn from(n: f64) -> Self {
        Self::Double(n)
    }
}

impl Number {
    /// The mathematical order; none with NaN.
    #[inline]
    pub fn order(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(&b)),
            (Self::Uint(a), Self::Uint(b)) => Some(a.cmp(&b)),
            (Self::Double(a), Self::Double(b)) => a.partial_cmp(&b),
            (Self::Int(a), Self::Uint(b)) => Some(u64::try_from(a).map_or(Ordering::Less, |a| a.cmp(&b))),
            (Self::Uint(a), Self::Int(b)) => Some(u64::try_from(b).map_or(Ordering::Greater, |b| a.cmp(&b))),
            (Self::Int(a), Self::Double(b)) => order_with_double(INT, double_from_int(a), b),
            (Self::Uint(a), Self::Double(b)) => order_with_double(UINT, double_from_uint(a), b),
            (Self::Double(a), Self::Int(b)) => {
                order_with_double(INT, double_from_int(b), a).map(Ordering::reverse)
            }
            (Self::Double(a), Self::Uint(b)) => {
                order_with_double(UINT, double_from_uint(b), a).map(Ordering::reverse)
            }
        }
    }
}

/// The doubles that bound the ints, 2^63 on either side.
const INT: (f64, f64) = (-9_223_372_036_854_775_808.0, 9_223_372_036_854_775_808.0);
/// The doubles that bound the uints.
const UINT: (f64, f64) = (0.0, 18_446_744_073_709_551_616.0);

/// As the reference compares: a double beyond the bounds is on its side, else the integer is rounded to a double.
fn order_with_double(bounds: (f64, f64), a: f64, b: f64) -> Option<Ordering> {
    if b > bounds.1 {
        return Some(Ordering::Less);
    }
    if b < bounds.0 {
        return Some(Ordering::Greater);
    }
    a.partial_cmp(&b)
}

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident $test:expr;)*) => {
        $($(#[$doc])*
        #[inline]
        pub fn $name(a: impl Into<Number>, b: impl Into<Number>) -> bool {
            a.into().order(b.into()).is_some_and($test)
        })*
    };
}

comparisons! {
    /// `a < b` across types.
    lt Ordering::is_lt;
    /// `a <= b` across types.
    le Ordering::is_le;
    /// `a > b` across types.
    gt Ordering::is_gt;
    /// `a >= b` across types.
    ge Ordering::is_ge;
    /// `a == b` across types.
    eq Ordering::is_eq;
}

/// `int(a)`
#[inline]
pub fn int_from_uint(a: u64) -> Result<i64> {
    i64::try_from(a).map_err(|_| Error::OVERFLOW)
}

/// `int(a)`: the whole part.
#[inline]
#[allow(clippy::cast_possible_truncation)] // the range is checked
pub fn int_from_double(a: f64) -> Result<i64> {
    // Both bounds are excluded, as the reference does: neighbours of 2^63 are 1024 apart.
    if a > -9_223_372_036_854_775_808.0 && a < 9_223_372_036_854_775_808.0 {
        Ok(a as i64)
    } else {
        Err(Error::OVERFLOW)
    }
}

/// `int(a)`
pub fn int_from_str(a: &str) -> Result<i64> {
    a.parse().map_err(|_| Error::CONVERSION)
}

/// `uint(a)`
#[inline]
pub fn uint_from_int(a: i64) -> Result<u64> {
    u64::try_from(a).map_err(|_| Error::OVERFLOW)
}

/// `uint(a)`: the whole part.
#[inline]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // the range is checked
pub fn uint_from_double(a: f64) -> Result<u64> {
    if (0.0..18_446_744_073_709_551_616.0).contains(&a) { Ok(a as u64) } else { Err(Error::OVERFLOW) }
}

/// `uint(a)`
pub fn uint_from_str(a: &str) -> Result<u64> {
    // A sign makes it an int.
    if a.starts_with('+') { Err(Error::CONVERSION) } else { a.parse().map_err(|_| Error::CONVERSION) }
}

/// `double(a)`
#[inline]
#[allow(clippy::cast_precision_loss)] // what the conversion means
pub fn double_from_int(a: i64) -> f64 {
    a as f64
}

/// `double(a)`
#[inline]
#[allow(clippy::cast_precision_loss)] // what the conversion means
pub fn double_from_uint(a: u64) -> f64 {
    a as f64
}

/// `double(a)`
pub fn double_from_str(a: &str) -> Result<f64> {
    let d: f64 = a.parse().map_err(|_| Error::CONVERSION)?;
    // Digits beyond the range are not an infinity, only its name is.
    if d.is_infinite() && a.contains(|c: char| c.is_ascii_digit()) { Err(Error::OVERFLOW) } else { Ok(d) }
}

/// `bool(a)`
pub fn bool_from_str(a: &str) -> Result<bool> {
    match a {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(Error::CONVERSION),
    }
}

/// The key of a map with int keys.
pub fn key_int(a: impl Into<Number>) -> Result<i64> {
    match a.into() {
        Number::Int(n) => Ok(n),
        Number::Uint(n) => i64::try_from(n).map_err(|_| Error::NO_SUCH_KEY),
        Number::Double(d) if d.fract() == 0.0 => int_from_double(d).map_err(|_| Error::NO_SUCH_KEY),
        Number::Double(_) => Err(Error::NO_SUCH_KEY),
    }
}

/// A double as a field of type `float` holds it.
#[allow(clippy::cast_possible_truncation)] // that is what it is for
pub fn to_float(a: f64) -> f64 {
    f64::from(a as f32)
}

/// An int as a field of type `int32` holds it.
pub fn to_int32(a: i64) -> Result<i64> {
    i32::try_from(a).map(i64::from).map_err(|_| Error::OVERFLOW)
}

/// A uint as a field of type `uint32` holds it.
pub fn to_uint32(a: u64) -> Result<u64> {
    u32::try_from(a).map(u64::from).map_err(|_| Error::OVERFLOW)
}

/// The key of a map with uint keys.
pub fn key_uint(a: impl Into<Number>) -> Result<u64> {
    match a.into() {
        Number::Uint(n) => Ok(n),
        Number::Int(n) => u64::try_from(n).map_err(|_| Error::NO_SUCH_KEY),
        Number::Double(d) if d.fract() == 0.0 => uint_from_double(d).map_err(|_| Error::NO_SUCH_KEY),
        Number::Double(_) => Err(Error::NO_SUCH_KEY),
    }
}

/// `a.isNan()`
#[inline]
pub fn is_nan(a: f64) -> bool {
    a.is_nan()
}

/// `a.isInf()`
#[inline]
pub fn is_inf(a: f64) -> bool {
    a.is_infinite()
}

/// `a.isInf(sign)`: of that sign, or of any for zero.
#[inline]
pub fn is_inf_sign(a: f64, sign: i64) -> bool {
    a.is_infinite() && (sign == 0 || (sign > 0) == (a > 0.0))
}

/// `math.isFinite(a)`
#[inline]
pub fn is_finite(a: f64) -> bool {
    a.is_finite()
}

macro_rules! doubles {
    ($($(#[$doc:meta])* $name:ident |$a:ident| $body:expr;)*) => {
        $($(#[$doc])*
        #[inline]
        pub fn $name($a: f64) -> f64 {
            $body
        })*
    };
}

doubles! {
    /// `math.ceil(a)`
    ceil |a| a.ceil();
    /// `math.floor(a)`
    floor |a| a.floor();
    /// `math.round(a)`, ties away from zero.
    round |a| a.round();
    /// `math.trunc(a)`
    trunc |a| a.trunc();
    /// `math.sqrt(a)`
    sqrt |a| a.sqrt();
    /// `math.abs(a)`
    abs |a| a.abs();
    /// `math.sign(a)`
    sign |a| if a > 0.0 { 1.0 } else if a < 0.0 { -1.0 } else { a };
}

/// `math.sqrt(a)`
pub fn sqrt_int(a: i64) -> f64 {
    double_from_int(a).sqrt()
}

/// `math.sqrt(a)`
pub fn sqrt_uint(a: u64) -> f64 {
    double_from_uint(a).sqrt()
}

/// `math.abs(a)`
pub fn abs_int(a: i64) -> Result<i64> {
    a.checked_abs().ok_or(Error::OVERFLOW)
}

/// `math.sign(a)`
pub fn sign_int(a: i64) -> i64 {
    a.signum()
}

/// `math.sign(a)`
pub fn sign_uint(a: u64) -> u64 {
    u64::from(a != 0)
}

/// `math.bitAnd(a, b)`
#[inline]
pub fn bit_and<T: std::ops::BitAnd>(a: T, b: T) -> T::Output {
    a & b
}

/// `math.bitOr(a, b)`
#[inline]
pub fn bit_or<T: std::ops::BitOr>(a: T, b: T) -> T::Output {
    a | b
}

/// `math.bitXor(a, b)`
#[inline]
pub fn bit_xor<T: std::ops::BitXor>(a: T, b: T) -> T::Output {
    a ^ b
}

/// `math.bitNot(a)`
#[inline]
pub fn bit_not<T: std::ops::Not>(a: T) -> T::Output {
    !a
}

/// How far to shift; beyond the width nothing is left.
fn distance(by: i64) -> Result<Option<u32>> {
    match by {
        0..=63 => Ok(u32::try_from(by).ok()),
        64.. => Ok(None),
        _ => Err(Error::new("a shift by a negative distance")),
    }
}

/// `math.bitShiftLeft(a, by)`
pub fn shift_left_int(a: i64, by: i64) -> Result<i64> {
    Ok(distance(by)?.map_or(0, |by| a << by))
}

/// `math.bitShiftLeft(a, by)`
pub fn shift_left_uint(a: u64, by: i64) -> Result<u64> {
    Ok(distance(by)?.map_or(0, |by| a << by))
}

/// `math.bitShiftRight(a, by)`, filling with zeros.
pub fn shift_right_int(a: i64, by: i64) -> Result<i64> {
    Ok(distance(by)?.map_or(0, |by| (a.cast_unsigned() >> by).cast_signed()))
}

/// `math.bitShiftRight(a, by)`
pub fn shift_right_uint(a: u64, by: i64) -> Result<u64> {
    Ok(distance(by)?.map_or(0, |by| a >> by))
}

/// `math.greatest(a, b)`
#[inline]
pub fn greatest<T: Ord>(a: T, b: T) -> T {
    if b > a { b } else { a }
}

/// `math.least(a, b)`
#[inline]
pub fn least<T: Ord>(a: T, b: T) -> T {
    if b < a { b } else { a }
}

/// `math.greatest(a, b)`
#[inline]
pub fn greatest_double(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}

/// `math.least(a, b)`
#[inline]
pub fn least_double(a: f64, b: f64) -> f64 {
    if b < a { b } else { a }
}

const EMPTY: Error = Error::new("an empty list has no extreme");

/// `math.greatest(list)`
pub fn greatest_of<T: Ord>(items: impl Iterator<Item = T>) -> Result<T> {
    items.reduce(greatest).ok_or(EMPTY)
}

/// `math.least(list)`
pub fn least_of<T: Ord>(items: impl Iterator<Item = T>) -> Result<T> {
    items.reduce(least).ok_or(EMPTY)
}

/// `math.greatest(list)`
pub fn greatest_double_of(items: impl Iterator<Item = f64>) -> Result<f64> {
    items.reduce(greatest_double).ok_or(EMPTY)
}

/// `math.least(list)`
pub fn least_double_of(items: impl Iterator<Item = f64>) -> Result<f64> {
    items.reduce(least_double).ok_or(EMPTY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_of_lists() {
        assert_eq!(greatest_double_of([1.5, 3.5, 2.5].into_iter()), Ok(3.5));
        assert_eq!(least_double_of([1.5, 0.5, 2.5].into_iter()), Ok(0.5));
        assert_eq!(greatest_of([1, 3, 2].into_iter()), Ok(3));
        assert_eq!(least_of([1, 0, 2].into_iter()), Ok(0));
        assert_eq!(greatest_double_of([].into_iter()), Err(EMPTY));
        assert_eq!(least_double_of([].into_iter()), Err(EMPTY));
        assert_eq!(greatest_of::<i64>([].into_iter()), Err(EMPTY));
        assert_eq!(least_of::<i64>([].into_iter()), Err(EMPTY));
    }

    /// 2^63 and 2^64.
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    const TWO_64: f64 = 18_446_744_073_709_551_616.0;

    #[test]
    fn integers_and_doubles_have_one_order() {
        for (a, b, expected) in [
            // As the reference has it: on the bound the integer is rounded.
            (Number::Uint(u64::MAX), TWO_64, Ordering::Equal),
            (Number::Uint(u64::MAX), 2.0 * TWO_64, Ordering::Less),
            (Number::Int(i64::MAX), 1e19, Ordering::Less),
            (Number::Uint(0), -0.5, Ordering::Greater),
            (Number::Int((1 << 53) + 1), 9_007_199_254_740_992.0, Ordering::Equal),
            (Number::Uint(u64::MAX), 1e19, Ordering::Greater),
            (Number::Uint(10_000_000_000_000_000_000), 1e19, Ordering::Equal),
            (Number::Uint(u64::MAX), 1e20, Ordering::Less),
            (Number::Uint(0), -1e300, Ordering::Greater),
            (Number::Uint(1), 1.5, Ordering::Less),
            (Number::Int(i64::MAX), TWO_63, Ordering::Equal),
            (Number::Int(i64::MIN), -TWO_63, Ordering::Equal),
            (Number::Int(i64::MIN), -1e19, Ordering::Greater),
            (Number::Int(-1), -1.5, Ordering::Greater),
            (Number::Int(-2), -1.5, Ordering::Less),
            (Number::Int(0), f64::INFINITY, Ordering::Less),
            (Number::Int(0), f64::NEG_INFINITY, Ordering::Greater),
        ] {
            assert_eq!(a.order(Number::Double(b)), Some(expected), "{a:?} {b}");
            assert_eq!(Number::Double(b).order(a), Some(expected.reverse()), "{b} {a:?}");
        }
        for a in [Number::Int(0), Number::Uint(0), Number::Double(0.0)] {
            assert_eq!(a.order(Number::Double(f64::NAN)), None);
        }
    }

    #[test]
    fn conversions_have_the_bounds_of_the_reference() {
        let below = |bound: f64| f64::from_bits(bound.to_bits() - 1);
        for (a, expected) in [
            (TWO_63, None),
            (-TWO_63, None),
            (below(TWO_63), Some(i64::MAX - 1023)),
            (-below(TWO_63), Some(-(i64::MAX - 1023))),
            (-1.9, Some(-1)),
            (f64::NAN, None),
        ] {
            assert_eq!(int_from_double(a).ok(), expected, "{a}");
        }
        for (a, expected) in [
            (TWO_64, None),
            (below(TWO_64), Some(u64::MAX - 2047)),
            (0.0, Some(0)),
            (-0.0, Some(0)),
            (-0.1, None),
            (f64::NAN, None),
        ] {
            assert_eq!(uint_from_double(a).ok(), expected, "{a}");
        }
    }

    #[test]
    fn infinities_have_a_sign() {
        for (a, of) in
            [(f64::INFINITY, [true, false]), (f64::NEG_INFINITY, [false, true]), (f64::MAX, [false; 2])]
        {
            assert_eq!([is_inf_sign(a, 1), is_inf_sign(a, -1)], of, "{a}");
            assert_eq!(is_inf_sign(a, 0), a.is_infinite(), "{a}");
        }
        assert!(!is_inf_sign(f64::NAN, 0));
    }

    #[test]
    fn a_key_is_a_whole_number() {
        for (a, int, uint) in [
            (Number::Double(1.0), Some(1), Some(1)),
            (Number::Double(-1.0), Some(-1), None),
            (Number::Double(1.5), None, None),
            (Number::Double(f64::NAN), None, None),
            (Number::Double(f64::INFINITY), None, None),
            (Number::Int(-1), Some(-1), None),
            (Number::Uint(u64::MAX), None, Some(u64::MAX)),
        ] {
            assert_eq!((key_int(a).ok(), key_uint(a).ok()), (int, uint), "{a:?}");
        }
    }
}
