//! Everything that can go wrong, and what each service calls it.

use std::fmt::Display;
use std::io::{self, ErrorKind};

use rsvc::Status;
use rsvc::stream::Closed;
use rsvc::validate::Violations;

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

    pub(crate) fn unavailable(reason: &str) -> Self {
        ShopUnavailable { reason: reason.to_owned() }.into()
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        Self::Status(status)
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
            sqlx::Error::Database(error) if is_storage(error.code().as_deref()) => Self::disk(&cause),
            sqlx::Error::PoolTimedOut => Self::unavailable("the database is busy"),
            _ => Self::Internal(cause.into()),
        }
    }
}

/// Whether this is a code of SQLite for a disk that takes no more, or does not do what it is told.
fn is_storage(code: Option<&str>) -> bool {
    const IOERR: i32 = 10;
    const FULL: i32 = 13;
    // The lower byte has the kind, the rest says more.
    let kind = code.and_then(|code| code.parse::<i32>().ok()).map(|code| code & 0xff);
    matches!(kind, Some(IOERR | FULL))
}
