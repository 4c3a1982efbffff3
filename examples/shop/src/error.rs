//! Everything that can go wrong, and what each service calls it.

use std::fmt::Display;
use std::io::{self, ErrorKind};

use rsvc::Status;
use rsvc::mask::MergeError;
use rsvc::stream::Closed;
use rsvc::validate::Violations;
use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

use crate::api::{
    BatchTooLong, ChatError, ChunkOutOfOrder, CorruptUpload, EmailTaken, InvalidRequest, OrderError,
    OrderNotFound, OutOfStock, ProductNotFound, RequestIdReused, SequenceAhead, ServiceNotFound,
    ShopUnavailable, StaleVersion, TooManyRooms, TooSlow, UploadError, UploadExists, UploadTooLarge,
    UserError, UserHasOrders, UserNotActive, UserNotFound, WrongTransition,
};

/// Makes [`Error`] of the payloads that the protos declare.
macro_rules! errors {
    ($($payload:ident)*) => {
        /// What went wrong, whichever service was asked.
        #[derive(Debug)]
        pub(crate) enum Error {
            $($payload($payload),)*
            /// What the runtime has found: a precondition that does not hold.
            Status(Status),
            /// What a change would make of a message is not valid.
            Invalid(Violations),
            /// A fault of the shop.
            Internal(anyhow::Error),
        }

        $(
            impl From<$payload> for Error {
                fn from(payload: $payload) -> Self {
                    Self::$payload(payload)
                }
            }
        )*
    };
}

errors! {
    BatchTooLong ChunkOutOfOrder CorruptUpload EmailTaken InvalidRequest OrderNotFound OutOfStock ProductNotFound
    RequestIdReused SequenceAhead ServiceNotFound ShopUnavailable StaleVersion TooManyRooms TooSlow UploadExists
    UploadTooLarge UserHasOrders UserNotActive UserNotFound WrongTransition
}

/// Says which errors a service declares. What it does not is a fault of the shop.
macro_rules! services {
    ($($set:ident { $($payload:ident)* })*) => {
        $(
            impl From<Error> for $set {
                #[track_caller]
                fn from(error: Error) -> Self {
                    match error {
                        $(Error::$payload(payload) => Self::$payload(payload),)*
                        Error::Status(status) => Self::from(status),
                        Error::Invalid(violations) => Self::from(Status::from(violations)),
                        Error::Internal(cause) => Self::from(rsvc::error::internal(cause)),
                        other => Self::from(rsvc::error::internal(format!("unexpected here: {other:?}"))),
                    }
                }
            }

            /// Who reads a stream has left it.
            impl From<Closed> for $set {
                fn from(closed: Closed) -> Self {
                    Self::from(Status::from(closed))
                }
            }
        )*
    };
}

services! {
    UserError { UserNotFound EmailTaken UserHasOrders StaleVersion InvalidRequest ShopUnavailable }
    OrderError {
        OrderNotFound UserNotFound UserNotActive ProductNotFound OutOfStock WrongTransition RequestIdReused
        StaleVersion SequenceAhead InvalidRequest ShopUnavailable
    }
    UploadError {
        UploadExists UploadTooLarge ChunkOutOfOrder CorruptUpload BatchTooLong InvalidRequest ShopUnavailable
    }
    ChatError { UserNotFound UserNotActive TooSlow TooManyRooms ServiceNotFound InvalidRequest ShopUnavailable }
}

impl Error {
    pub(crate) fn user_not_found(user_id: &str) -> Self {
        UserNotFound { user_id: user_id.to_owned() }.into()
    }

    pub(crate) fn order_not_found(order_id: &str) -> Self {
        OrderNotFound { order_id: order_id.to_owned() }.into()
    }

    pub(crate) fn corrupt(problem: impl Into<String>) -> Self {
        CorruptUpload { problem: problem.into() }.into()
    }

    /// What is wrong with a part of the request.
    pub(crate) fn invalid(field: &str, problem: impl Into<String>) -> Self {
        InvalidRequest { field: field.to_owned(), problem: problem.into() }.into()
    }

    /// Nothing can be stored at the moment.
    fn disk(cause: &dyn Display) -> Self {
        tracing::warn!(%cause, "cannot write");
        Self::unavailable("nothing can be stored at the moment")
    }

    /// The database cannot be reached.
    fn gone(cause: &dyn Display) -> Self {
        tracing::warn!(%cause, "no database");
        Self::unavailable("the database cannot be reached")
    }

    pub(crate) fn unavailable(reason: &str) -> Self {
        ShopUnavailable { reason: reason.to_owned() }.into()
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

/// A mask that names no field.
impl From<MergeError> for Error {
    fn from(error: MergeError) -> Self {
        Self::Status(error.into())
    }
}

impl From<Violations> for Error {
    fn from(violations: Violations) -> Self {
        Self::Invalid(violations)
    }
}

/// Turns errors of libraries into faults of the shop.
macro_rules! faults {
    ($($error:ty)*) => {
        $(
            impl From<$error> for Error {
                fn from(cause: $error) -> Self {
                    Self::Internal(cause.into())
                }
            }
        )*
    };
}

faults! { tokio::task::JoinError }

impl From<anyhow::Error> for Error {
    fn from(cause: anyhow::Error) -> Self {
        let full = cause.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()).any(is_full);
        if full { Self::disk(&cause) } else { Self::Internal(cause) }
    }
}

impl From<io::Error> for Error {
    fn from(cause: io::Error) -> Self {
        anyhow::Error::from(cause).into()
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Self {
        match &cause {
            sqlx::Error::Database(error) if error.is_check_violation() => {
                Self::invalid("request", "a value is outside of its range")
            }
            sqlx::Error::Database(error) => match Trouble::of(error.as_ref()) {
                Some(Trouble::Value) => Self::invalid("request", "a value is outside of its range"),
                Some(Trouble::Disk) => Self::disk(&cause),
                Some(Trouble::Busy) => Self::unavailable("the database is busy"),
                Some(Trouble::Gone) => Self::gone(&cause),
                None => Self::Internal(cause.into()),
            },
            sqlx::Error::PoolTimedOut => Self::unavailable("the database is busy"),
            _ if is_gone(&cause) => Self::gone(&cause),
            _ => Self::Internal(cause.into()),
        }
    }
}

/// What a database says of itself, not of a statement.
enum Trouble {
    /// It cannot keep a value that the rules of the `.proto` let through, as a text with a NUL in it.
    Value,
    /// Its disk takes no more, or does not do what it is told.
    Disk,
    /// Others take too long.
    Busy,
    /// It ends, or has ended the connection.
    Gone,
}

impl Trouble {
    fn of(error: &dyn DatabaseError) -> Option<Self> {
        if let Some(error) = error.try_downcast_ref::<PgDatabaseError>() {
            return Self::of_postgres(error.code());
        }
        // The lower byte of SQLite's codes has the kind, the rest says more.
        match error.code()?.parse::<i32>().ok()? & 0xff {
            10 | 13 => Some(Self::Disk),
            _ => None,
        }
    }

    /// By PostgreSQL's appendix of error codes; the first two characters are a class.
    fn of_postgres(code: &str) -> Option<Self> {
        match code {
            // Class 53 is about resources, 55 about the state of an object, 57 about those who run it, 25 about
            // transactions: the one of a shop that was frozen has been ended.
            "53100" | "58030" => Some(Self::Disk),
            "53300" | "53400" | "55P03" | "57014" | "40001" | "40P01" => Some(Self::Busy),
            "25P03" | "57P01" | "57P02" | "57P03" | "57P05" => Some(Self::Gone),
            _ => match code.get(..2) {
                Some("22") => Some(Self::Value),
                Some("08") => Some(Self::Gone),
                _ => None,
            },
        }
    }
}

/// Whether the database cannot be reached, or has ended the connection.
pub(crate) fn is_gone(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            true
        }
        sqlx::Error::Database(error) => matches!(Trouble::of(error.as_ref()), Some(Trouble::Gone)),
        _ => false,
    }
}
