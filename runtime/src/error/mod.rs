//! Errors: the sets that a `.proto` declares, how they travel as `google.rpc.Status`, and what `?` does with the rest.
//!
//! A message with `(rsvc.v1.error_set)` becomes an enum that implements [`ErrorSet`]. A handler returns it, the
//! server sends it as a status with details, and a client gets the same variant back.
//!
//! For errors that are nobody's business, [`OrStatus`] makes `?` safe:
//!
//! ```
//! use rsvc::{OrStatus as _, Status};
//!
//! fn read() -> Result<String, Status> {
//!     // The log has the whole story, the caller sees INTERNAL and nothing of it.
//!     let text = std::fs::read_to_string("/there/is/no/such/file").internal()?;
//!     Ok(text)
//! }
//! assert_eq!(read().unwrap_err().code(), rsvc::Code::Internal);
//! assert!(!read().unwrap_err().message().contains("file"));
//! ```

pub(crate) mod fill;
mod hide;
mod language;
pub(crate) mod limit;
mod method;
mod not_modified;
mod set;
pub(crate) mod wire;

use rsvc_common::codes;

use crate::bridge::{Code, Status};

pub use crate::bridge::StatusExt;
#[cfg(any(feature = "server", feature = "client"))]
pub(crate) use hide::in_place_of_os_error;
pub use hide::{OrStatus, hide, internal};
pub use method::MethodError;
pub use not_modified::is_not_modified;
#[cfg(feature = "client")]
pub(crate) use not_modified::not_modified;
pub use set::{ErrorDefinition, ErrorSet};

/// The HTTP status of a code, as `google.rpc.Code` documents it.
///
/// ```
/// assert_eq!(rsvc::error::http_status(rsvc::Code::NotFound), 404);
/// ```
pub fn http_status(code: Code) -> u16 {
    row(code).http
}

/// The name of a code in every language, as `NOT_FOUND`.
///
/// ```
/// assert_eq!(rsvc::error::code_name(rsvc::Code::DeadlineExceeded), "DEADLINE_EXCEEDED");
/// ```
pub fn code_name(code: Code) -> &'static str {
    row(code).name
}

fn row(code: Code) -> &'static codes::CodeRow {
    &codes::CODES[code as usize]
}

/// Whether a call that failed so may be made again as it is: UNAVAILABLE, or the server said when (`RetryInfo`).
pub fn is_retryable(status: &Status) -> bool {
    status.code() == Code::Unavailable
        || (!status.details().is_empty() && status.get_details_retry_info().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_agrees_with_tonic() {
        for (index, row) in codes::CODES.iter().enumerate() {
            let code = Code::from_i32(row.number);
            assert_eq!(usize::try_from(row.number).unwrap(), index);
            assert_eq!(i32::from(code), row.number);
            assert_eq!(format!("{code:?}"), row.rust);
            assert_eq!((http_status(code), code_name(code)), (row.http, row.name));
            assert_eq!(row.name.replace('_', "").to_lowercase(), row.rust.to_lowercase());
            assert_eq!(codes::by_number(row.number), Some(row));
        }
        assert_eq!(Code::from_i32(17), Code::Unknown, "an 18th code is missing in the table");
        assert_eq!((codes::by_number(17), codes::by_number(-1)), (None, None));
    }
}
