//! `?` on errors that are not for the caller: into the log with all their causes, out with a code alone.

use std::error::Error;
use std::fmt::Write as _;
use std::panic::Location;

use crate::bridge::{Code, Status};

/// Any error, as `Into` takes it from `std`'s errors, from `anyhow::Error` and from texts.
type BoxError = Box<dyn Error + Send + Sync>;

/// Turns the error of a `Result` into a status that tells the caller nothing of it.
///
/// The error goes to the log (`tracing`), with all its causes and the place of the call. Every error set is
/// `From<Status>`, so `?` does the rest:
///
/// ```
/// use rsvc::{Code, OrStatus as _, Status};
/// # fn parse() -> Result<u8, Status> {
/// # let text = "x";
/// let number: u8 = text.parse().internal()?;
/// let number: u8 = text.parse().or_status(Code::Unavailable)?;
/// # Ok(number)
/// # }
/// # assert_eq!(parse().unwrap_err().code(), Code::Internal);
/// ```
pub trait OrStatus<T> {
    /// The error becomes INTERNAL.
    fn internal(self) -> Result<T, Status>;

    /// The error becomes this code.
    fn or_status(self, code: Code) -> Result<T, Status>;
}

impl<T, E: Into<BoxError>> OrStatus<T> for Result<T, E> {
    #[track_caller]
    fn internal(self) -> Result<T, Status> {
        self.or_status(Code::Internal)
    }

    #[track_caller]
    fn or_status(self, code: Code) -> Result<T, Status> {
        // Not `map_err`: a closure would be its own caller.
        match self {
            Ok(value) => Ok(value),
            Err(error) => Err(hide(code, error)),
        }
    }
}

/// INTERNAL for the caller, the error itself for the log: for `map_err`.
#[track_caller]
pub fn internal(error: impl Into<BoxError>) -> Status {
    hide(Code::Internal, error)
}

/// A status of `code` for the caller, the error itself for the log.
#[track_caller]
pub fn hide(code: Code, error: impl Into<BoxError>) -> Status {
    let error = chain(&*error.into());
    let place = Location::caller();
    match code {
        Code::Internal | Code::Unknown | Code::DataLoss => {
            tracing::error!(code = super::code_name(code), %place, error, "a call failed");
        }
        _ => tracing::warn!(code = super::code_name(code), %place, error, "a call failed"),
    }
    // An error is never a success.
    let code = if code == Code::Ok { Code::Unknown } else { code };
    Status::new(code, code.description())
}

/// An error with its causes. Some repeat their cause in their own text; it is not said twice.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            let _ = write!(text, ": {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// Lets `?` alone turn errors of other crates into INTERNAL, logged as by [`OrStatus::internal`], where a handler
/// returns one of the sets.
///
/// ```
/// # mod api { #[derive(Debug)] pub struct UserError(pub rsvc::Status);
/// # impl From<rsvc::Status> for UserError { fn from(s: rsvc::Status) -> Self { Self(s) } } }
/// # use api::UserError;
/// rsvc::internal_errors!(UserError => [std::io::Error, std::num::ParseIntError]);
///
/// fn handler(text: &str) -> Result<u8, UserError> {
///     Ok(text.parse()?)
/// }
/// # assert_eq!(handler("x").unwrap_err().0.code(), rsvc::Code::Internal);
/// ```
///
/// The sets have to be generated in the crate that says it.
#[macro_export]
macro_rules! internal_errors {
    ($($set:ty),+ $(,)? => $errors:tt) => {
        $($crate::internal_errors!(@one $set, $errors);)+
    };
    (@one $set:ty, [$($error:ty),+ $(,)?]) => {
        $(
            impl ::core::convert::From<$error> for $set {
                #[track_caller]
                fn from(error: $error) -> Self {
                    <$set as ::core::convert::From<$crate::Status>>::from($crate::error::internal(error))
                }
            }
        )+
    };
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;

    #[derive(Debug)]
    struct Layer(&'static str, Option<Box<Layer>>);

    impl fmt::Display for Layer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Layer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|layer| layer as _)
        }
    }

    fn layers() -> Layer {
        let inner = Layer("password wrong", None);
        Layer("no users", Some(Box::new(Layer("no database: password wrong", Some(Box::new(inner))))))
    }

    #[test]
    fn the_caller_sees_nothing() {
        let failed: Result<(), Layer> = Err(layers());
        let status = failed.internal().unwrap_err();
        assert_eq!(status.code(), Code::Internal);
        assert!(!format!("{status:?} {status}").contains("password"));
        assert!(status.source().is_none() && status.details().is_empty());
    }

    #[test]
    fn the_chain_is_told_once() {
        assert_eq!(chain(&layers()), "no users: no database: password wrong");
    }

    #[test]
    fn an_error_is_no_success() {
        assert_eq!(Err::<(), _>("text").or_status(Code::Ok).unwrap_err().code(), Code::Unknown);
        assert_eq!(Ok::<_, Layer>(1).internal().unwrap(), 1);
    }
}
