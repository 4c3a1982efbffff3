//! `?` on errors that are not for the caller: into the log with all their causes, out with a code alone.

use std::error::Error;
use std::fmt::Write as _;
#[cfg(any(feature = "server", feature = "client"))]
use std::io;
use std::panic::Location;

use crate::bridge::{Code, Status};
#[cfg(any(feature = "server", feature = "client"))]
use crate::method::MethodInfo;

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

/// What goes out in the place of a status that `?` alone has made of an error of the operating system: INTERNAL, and the
/// error goes to the log. tonic converts an [`io::Error`] into a code of its kind with its text, so that a missing file of
/// the server would read as `NOT_FOUND` to the caller.
#[cfg(any(feature = "server", feature = "client"))]
pub(crate) fn in_place_of_os_error(method: Option<&MethodInfo>, status: &Status) -> Option<Status> {
    let error = os_error(status)?;
    let method = method.map(|method| method.path);
    tracing::error!(method, %error, "a call failed; `rsvc::OrStatus` chooses what its caller sees of such an error");
    Some(Status::new(Code::Internal, Code::Internal.description()))
}

/// The error of the operating system that is converted into exactly this status. The texts of other I/O errors could be
/// anybody's.
#[cfg(any(feature = "server", feature = "client"))]
fn os_error(status: &Status) -> Option<io::Error> {
    let (_, number) = status.message().strip_suffix(')')?.rsplit_once(" (os error ")?;
    let error = || number.parse().map(io::Error::from_raw_os_error);
    let converted = Status::from(error().ok()?);
    let is_it = status.details().is_empty()
        && status.code() == converted.code()
        && status.message() == converted.message();
    error().ok().filter(|_| is_it)
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

    #[cfg(any(feature = "server", feature = "client"))]
    #[test]
    fn what_the_operating_system_says_does_not_go_out() {
        let not_found = || std::fs::File::open("/there/is/no/such/file").unwrap_err();
        let converted = Status::from(not_found());
        assert_eq!(converted.code(), Code::NotFound, "tonic converts it");
        for status in [converted, Status::from(io::Error::from_raw_os_error(111))] {
            let hidden = in_place_of_os_error(None, &status).unwrap();
            assert_eq!((hidden.code(), hidden.message()), (Code::Internal, Code::Internal.description()));
        }
        // What somebody has said, and what names more than the error.
        let text = not_found().to_string();
        for status in [
            Status::not_found("no such file"),
            Status::unavailable(&*text),
            Status::not_found(format!("report: {text}")),
            Status::not_found("anything (os error 2)"),
            Status::not_found("No such file or directory (os error x)"),
            Status::with_details(Code::NotFound, text, vec![8, 5].into()),
        ] {
            assert!(in_place_of_os_error(None, &status).is_none(), "{status}");
        }
    }

    #[test]
    fn an_error_is_no_success() {
        assert_eq!(Err::<(), _>("text").or_status(Code::Ok).unwrap_err().code(), Code::Unknown);
        assert_eq!(Ok::<_, Layer>(1).internal().unwrap(), 1);
    }
}
