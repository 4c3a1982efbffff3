//! Everything that can go wrong, and the one place where it becomes a status.

use rsvc::{Code, Status};

/// What went wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// No such user.
    UserNotFound(String),
    /// The e-mail address belongs to another user.
    EmailTaken(String),
    /// The user has orders and cannot be removed.
    UserHasOrders(String),
    /// The user is suspended or has left.
    UserNotActive(String),
    /// No such order.
    OrderNotFound(String),
    /// No such product.
    ProductNotFound(String),
    /// Less in stock than wanted.
    OutOfStock {
        /// The product.
        product_id: String,
        /// What is left.
        left: i64,
    },
    /// The order cannot go from the one status to the other.
    WrongTransition {
        /// The status that it has.
        from: &'static str,
        /// The status that was asked for.
        to: &'static str,
    },
    /// The request id belongs to an order of another user.
    RequestIdReused(String),
    /// Somebody else was faster.
    StaleVersion {
        /// The version that the caller knows.
        expected: u64,
        /// The version that there is.
        actual: u64,
    },
    /// The log of updates has not reached this sequence yet.
    SequenceAhead {
        /// The sequence that was asked for.
        asked: u64,
        /// The newest one there is.
        newest: u64,
    },
    /// A chunk is missing or came twice.
    ChunkOutOfOrder {
        /// The sequence that should have come.
        expected: u32,
        /// The sequence that came.
        got: i32,
    },
    /// A file was stored under this upload id.
    UploadExists(String),
    /// More bytes than the shop takes.
    UploadTooLarge {
        /// What it takes.
        limit: u64,
    },
    /// What arrived is not what was sent.
    Corrupt(String),
    /// More requests in a batch than the shop takes.
    BatchTooLong {
        /// What it takes.
        limit: usize,
    },
    /// The caller of a chat does not keep up with it.
    TooSlow {
        /// How many messages were lost.
        missed: u64,
    },
    /// Too many rooms are open.
    TooManyRooms {
        /// How many may be.
        limit: usize,
    },
    /// The credentials are nobody's.
    UnknownToken,
    /// Nothing with this name can be measured.
    ServiceNotFound(String),
    /// A request that makes no sense.
    Invalid(String),
    /// The shop cannot answer at the moment.
    Unavailable(&'static str),
    /// A fault of the shop.
    Internal(anyhow::Error),
}

impl Error {
    fn code_and_message(&self) -> (Code, String) {
        match self {
            Self::UserNotFound(id) => (Code::NotFound, format!("no user {id:?}")),
            Self::EmailTaken(email) => (Code::AlreadyExists, format!("{email:?} is taken")),
            Self::UserHasOrders(id) => (Code::FailedPrecondition, format!("user {id:?} has orders")),
            Self::UserNotActive(id) => (Code::PermissionDenied, format!("user {id:?} is not active")),
            Self::OrderNotFound(id) => (Code::NotFound, format!("no order {id:?}")),
            Self::ProductNotFound(id) => (Code::NotFound, format!("no product {id:?}")),
            Self::OutOfStock { product_id, left } => {
                (Code::FailedPrecondition, format!("only {left} of product {product_id:?} left"))
            }
            Self::WrongTransition { from, to } => {
                (Code::FailedPrecondition, format!("an order cannot go from {from} to {to}"))
            }
            Self::RequestIdReused(id) => {
                (Code::AlreadyExists, format!("request id {id:?} belongs to another user's order"))
            }
            Self::StaleVersion { expected, actual } => {
                (Code::Aborted, format!("version is {actual}, not {expected}: read again and retry"))
            }
            Self::SequenceAhead { asked, newest } => {
                (Code::OutOfRange, format!("the newest sequence is {newest}, {asked} is ahead of it"))
            }
            Self::ChunkOutOfOrder { expected, got } => {
                (Code::OutOfRange, format!("chunk {got} came where chunk {expected} belongs"))
            }
            Self::UploadExists(id) => (Code::AlreadyExists, format!("upload {id:?} is complete already")),
            Self::UploadTooLarge { limit } => {
                (Code::ResourceExhausted, format!("a file may have {limit} bytes"))
            }
            Self::Corrupt(what) => (Code::DataLoss, what.clone()),
            Self::BatchTooLong { limit } => {
                (Code::ResourceExhausted, format!("a batch may have {limit} requests"))
            }
            Self::TooSlow { missed } => {
                (Code::ResourceExhausted, format!("the caller is too slow: {missed} messages were lost"))
            }
            Self::TooManyRooms { limit } => {
                (Code::ResourceExhausted, format!("{limit} rooms are open, there cannot be more"))
            }
            Self::UnknownToken => (Code::Unauthenticated, "unknown token".to_owned()),
            Self::ServiceNotFound(id) => (Code::NotFound, format!("no service {id:?}")),
            Self::Invalid(problem) => (Code::InvalidArgument, problem.clone()),
            Self::Unavailable(reason) => (Code::Unavailable, (*reason).to_owned()),
            Self::Internal(_) => (Code::Internal, "internal error".to_owned()),
        }
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        if let Error::Internal(cause) = &error {
            // The chain goes to the log; the caller learns nothing of the inside.
            tracing::error!("{cause:#}");
        }
        let (code, message) = error.code_and_message();
        Self::new(code, message)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.code_and_message().1)
    }
}

impl std::error::Error for Error {}

impl From<anyhow::Error> for Error {
    fn from(cause: anyhow::Error) -> Self {
        Self::Internal(cause)
    }
}

impl From<std::io::Error> for Error {
    fn from(cause: std::io::Error) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<tokio::task::JoinError> for Error {
    fn from(cause: tokio::task::JoinError) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Self {
        match &cause {
            sqlx::Error::Database(error) if error.is_check_violation() => {
                Self::Invalid("a value is outside of its range".to_owned())
            }
            sqlx::Error::PoolTimedOut => Self::Unavailable("the database is busy"),
            _ => Self::Internal(cause.into()),
        }
    }
}
