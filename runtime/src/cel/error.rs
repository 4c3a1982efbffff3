use std::fmt;

/// Why an expression could not be evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(&'static str);

impl Error {
    /// An error with its text.
    pub const fn new(text: &'static str) -> Self {
        Self(text)
    }
    /// A function does not take values of these types.
    pub const NO_OVERLOAD: Self = Self("no such overload");
    /// A number does not fit.
    pub const OVERFLOW: Self = Self("integer overflow");
    /// A division by zero.
    pub const DIVIDE_BY_ZERO: Self = Self("division by zero");
    /// A remainder of a division by zero.
    pub const MODULUS_BY_ZERO: Self = Self("modulus by zero");
    /// A key is not in a map.
    pub const NO_SUCH_KEY: Self = Self("no such key");
    /// An index lies outside of a list or a string.
    pub const INDEX: Self = Self("index out of range");
    /// A text does not have the form that a conversion needs.
    pub const CONVERSION: Self = Self("the value cannot be converted");
    /// A timestamp or duration out of its range.
    pub const RANGE: Self = Self("timestamp or duration out of range");
    /// A pattern is not a regular expression.
    pub const PATTERN: Self = Self("invalid regular expression");
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Error {}
