//! HTTP as bytes: parsers that take what passes by in pieces, and what they make of it.

pub(crate) mod exchange;
pub(crate) mod fields;
pub(crate) mod http1;
pub(crate) mod http2;
pub(crate) mod recorder;
pub(crate) mod tap;
