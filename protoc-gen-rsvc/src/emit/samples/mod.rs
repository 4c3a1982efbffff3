//! Samples of messages.

pub(crate) use crate::samples::Samples;
