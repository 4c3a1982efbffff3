//! The error sets of the golden cases, each variant reached by its number.

pub(crate) use goldens::errors_all::errors::v1 as all;
pub(crate) use goldens::errors_names::odd::v1 as names;
pub(crate) use goldens::errors_shared::common::errors as shared;
use rsvc::prost::Message as _;

/// An error set of which any variant can be made.
pub(crate) trait Variants: rsvc::ErrorSet {
    /// The descriptors of its payloads.
    const DESCRIPTORS: &'static [u8];

    /// The variant of a number with an encoded payload.
    fn make(index: usize, payload: &[u8]) -> Self;

    /// Whether two are the same variant with the same payload.
    fn same(&self, other: &Self) -> bool;
}

macro_rules! variants {
    ($set:ty, $descriptors:expr, $($index:literal $variant:ident),*) => {
        impl Variants for $set {
            const DESCRIPTORS: &'static [u8] = $descriptors;

            fn make(index: usize, payload: &[u8]) -> Self {
                match index {
                    $($index => Self::$variant(decode(payload)),)*
                    _ => panic!("there is no variant {index} in this list"),
                }
            }

            fn same(&self, other: &Self) -> bool {
                match (self, other) {
                    $((Self::$variant(one), Self::$variant(other)) => one == other,)*
                    _ => false,
                }
            }
        }
    };
}

fn decode<M: rsvc::prost::Message + Default>(payload: &[u8]) -> M {
    M::decode(payload).unwrap()
}

#[allow(deprecated)] // one of the errors is
mod lists {
    use super::*;

    variants!(
        all::FailingError, goldens::errors_all::FILE_DESCRIPTOR_SET,
        0 NotFound, 1 Busy, 2 Everything, 3 Deleted, 4 Gone, 5 TooEarly, 6 Inner, 7 Recursive, 8 Wrapped
    );
    variants!(
        names::Result, goldens::errors_names::FILE_DESCRIPTOR_SET,
        0 Status2, 1 Code, 2 Reason, 3 From, 4 Type, 5 Self_, 6 PayloadLess, 7 Option
    );
    variants!(names::Err, goldens::errors_names::FILE_DESCRIPTOR_SET, 0 SameReason);
    variants!(shared::CommonError, goldens::errors_shared::FILE_DESCRIPTOR_SET, 0 TooLarge);
}

/// A payload that is as good as any other.
pub(crate) fn not_found() -> all::FailingError {
    all::FailingError::not_found("user", "42")
}

/// As bytes, the payload of [`not_found`].
pub(crate) fn not_found_payload() -> Vec<u8> {
    all::NotFound { kind: "user".into(), id: "42".into() }.encode_to_vec()
}
