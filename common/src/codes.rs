//! The 17 codes of `google.rpc.Code`: the one table for gRPC, REST and API documents.

/// One code with its names and its HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeRow {
    /// Its number on the wire.
    pub number: i32,
    /// Its name in `google/rpc/code.proto`, as `NOT_FOUND`.
    pub name: &'static str,
    /// Its name in Rust, as `NotFound`.
    pub rust: &'static str,
    /// The HTTP status that `google/rpc/code.proto` documents for it.
    pub http: u16,
}

/// All codes, each at the index of its number.
pub const CODES: [CodeRow; 17] = [
    row(0, "OK", "Ok", 200),
    row(1, "CANCELLED", "Cancelled", 499),
    row(2, "UNKNOWN", "Unknown", 500),
    row(3, "INVALID_ARGUMENT", "InvalidArgument", 400),
    row(4, "DEADLINE_EXCEEDED", "DeadlineExceeded", 504),
    row(5, "NOT_FOUND", "NotFound", 404),
    row(6, "ALREADY_EXISTS", "AlreadyExists", 409),
    row(7, "PERMISSION_DENIED", "PermissionDenied", 403),
    row(8, "RESOURCE_EXHAUSTED", "ResourceExhausted", 429),
    row(9, "FAILED_PRECONDITION", "FailedPrecondition", 400),
    row(10, "ABORTED", "Aborted", 409),
    row(11, "OUT_OF_RANGE", "OutOfRange", 400),
    row(12, "UNIMPLEMENTED", "Unimplemented", 501),
    row(13, "INTERNAL", "Internal", 500),
    row(14, "UNAVAILABLE", "Unavailable", 503),
    row(15, "DATA_LOSS", "DataLoss", 500),
    row(16, "UNAUTHENTICATED", "Unauthenticated", 401),
];

const fn row(number: i32, name: &'static str, rust: &'static str, http: u16) -> CodeRow {
    CodeRow { number, name, rust, http }
}

/// The row of a number, if it is a code.
pub fn by_number(number: i32) -> Option<&'static CodeRow> {
    usize::try_from(number).ok().and_then(|index| CODES.get(index))
}
