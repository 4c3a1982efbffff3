//! What a message takes in memory, known before it is read.
//!
//! An empty message is two bytes on the wire, `{}` in JSON, and hundreds in memory. [`check_wire`] and [`check_text`] add
//! up, by the tables, what reading will take, without building anything. Most messages are so small that whatever they
//! hold is within the limit; the factor of their type says so by one comparison.

mod expansion;
mod text;
mod wire;

use super::info::{Field, MessageInfo, Type};
use super::meter::Meter;
use super::{Error, Json, ReadOptions};

/// The memory that is assumed for a byte of a message of which nothing is known.
const UNKNOWN: usize = 16;

/// A message that would take more memory than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMuchMemory {
    allowed: usize,
}

impl TooMuchMemory {
    /// What a meter says that is exceeded.
    pub(super) fn of(meter: &Meter) -> Self {
        Self { allowed: meter.allowed() }
    }
}

impl std::fmt::Display for TooMuchMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the message would take more than {} bytes of memory (`max_message_memory`)", self.allowed)
    }
}

/// Why a text is not to be read.
#[derive(Debug)]
pub(crate) enum Unfit {
    Memory(TooMuchMemory),
    Json(Error),
}

/// Whether every message of this type that has `len` bytes is within the limit.
#[inline]
fn fits_always(info: &MessageInfo, len: usize, limit: usize) -> bool {
    len.saturating_mul(info.expansion()) <= limit
}

/// Whether a message of `info`, encoded as `bytes`, may be decoded.
#[inline]
pub(crate) fn check_wire(info: &MessageInfo, bytes: &[u8], limit: usize) -> Result<(), TooMuchMemory> {
    if fits_always(info, bytes.len(), limit) { Ok(()) } else { wire::check(info, bytes, limit) }
}

/// Whether a message of `info`, or the value of one of its fields, may be read from a text. Where that has to be looked
/// at, its errors are found already.
#[inline]
pub(crate) fn check_text(
    info: &'static MessageInfo,
    field: Option<&Field>,
    text: &[u8],
    options: &ReadOptions,
    limit: usize,
) -> Result<(), Unfit> {
    if fits_always(info, text.len(), limit) { Ok(()) } else { text::check(info, field, text, options, limit) }
}

/// For tests.
impl Meter {
    /// What decoding `bytes` takes besides the struct itself.
    pub fn of_wire<T: Json>(bytes: &[u8]) -> usize {
        wire::measure(T::info(), bytes).total()
    }

    /// What reading `text` takes besides the struct itself.
    pub fn of_text<T: Json>(text: &[u8], options: &ReadOptions) -> Result<usize, Error> {
        let mut meter = Self::for_message(0, usize::MAX);
        text::measure(T::info(), None, text, options, &mut meter).map(|()| meter.total())
    }

    /// What a byte of such a message takes at most.
    pub fn at_most<T: Json>() -> usize {
        T::info().expansion()
    }
}

/// The size of a value in a struct or a list.
fn value_size(ty: Type) -> usize {
    match ty {
        Type::Bool => 1,
        Type::Float
        | Type::Int32
        | Type::Uint32
        | Type::Sint32
        | Type::Fixed32
        | Type::Sfixed32
        | Type::Enum(_) => 4,
        Type::Double | Type::Int64 | Type::Uint64 | Type::Sint64 | Type::Fixed64 | Type::Sfixed64 => 8,
        Type::String => size_of::<String>(),
        // A `Vec` or, which is larger, a `Bytes`.
        Type::Bytes => size_of::<bytes::Bytes>(),
        Type::Message(info) | Type::Group(info) => info().size,
    }
}

/// The size of an entry of a map, with the padding between its parts.
fn entry_size(key: Type, value: Type) -> usize {
    (value_size(key) + value_size(value)).next_multiple_of(align_of::<u64>())
}
