//! What can be wrong with keys, settings and tokens.

use std::fmt;

/// Keys or settings are of no use.
#[derive(Debug)]
pub struct JwtError {
    what: String,
}

impl JwtError {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }
}

impl fmt::Display for JwtError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JWT: {}", self.what)
    }
}

impl std::error::Error for JwtError {}

/// Why a token is refused: for the log alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Credentials,
    Size,
    Form,
    Header,
    Algorithm,
    UnknownKey,
    Signature,
    Payload,
    Missing,
    Expired,
    NotYet,
    Issuer,
    Audience,
    Type,
    Claims,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Credentials => "there is not one token, or it is not text",
            Self::Size => "it is too long",
            Self::Form => "it is not three parts in base64",
            Self::Header => "its header cannot be read, or asks for what is not understood here",
            Self::Algorithm => "its algorithm is not allowed",
            Self::UnknownKey => "there is no key for it",
            Self::Signature => "its signature is wrong",
            Self::Payload => "its payload is not a JSON object, or too much",
            Self::Missing => "it lacks a claim that it must have",
            Self::Expired => "it has expired",
            Self::NotYet => "it is not valid yet",
            Self::Issuer => "it is from another issuer",
            Self::Audience => "it is for another audience",
            Self::Type => "it is a token of another type",
            Self::Claims => "its claims do not have the form that they should have",
        })
    }
}
