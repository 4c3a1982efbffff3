//! Error sets as `google.rpc.Status`, both ways.

use std::fmt;
use std::time::Duration;

#[cfg(any(feature = "server", feature = "compression"))]
use crate::bridge::Code;
use crate::bridge::Status;
use crate::bridge::{ErrorInfo, Help, LocalizedMessage, RetryInfo, pb};
use prost::Message;
use prost_types::Any;

use super::fill::{Incoming, Outgoing};
use super::set::{ErrorDefinition, ErrorSet};
use super::{code_name, http_status, is_retryable, language};

/// What an `Any` puts before the name of a message.
pub(crate) const TYPE_PREFIX: &str = "type.googleapis.com/";

/// The status of one of the errors of a set.
pub(super) fn to_status<S: ErrorSet>(error: &S, index: usize, languages: Option<&str>) -> Status {
    let definition = &S::ERRORS[index];
    let mut out = Outgoing::default();
    error.describe(&mut out);
    let info =
        pb::ErrorInfo { reason: definition.reason.into(), domain: S::DOMAIN.into(), metadata: out.metadata };
    let payload = Any { type_url: format!("{TYPE_PREFIX}{}", definition.payload), value: out.payload };
    let message = error.to_string();
    let status = pb::Status {
        code: definition.code.into(),
        message: message.clone(),
        details: [Some(any(ErrorInfo::TYPE_URL, &info)), Some(payload)]
            .into_iter()
            .chain([retry(definition), help(definition), localized(error, definition, languages)])
            .flatten()
            .collect(),
    };
    Status::with_details(definition.code, message, status.encode_to_vec().into())
}

/// An error after which its caller may try again in `delay`.
#[cfg(any(feature = "server", feature = "compression"))]
pub(crate) fn retry_after(code: Code, message: String, delay: Duration) -> Status {
    let details = vec![retry_info(delay)];
    let status = pb::Status { code: code.into(), message: message.clone(), details };
    Status::with_details(code, message, status.encode_to_vec().into())
}

fn retry(definition: &ErrorDefinition) -> Option<Any> {
    definition.retry_after.map(retry_info)
}

fn retry_info(delay: Duration) -> Any {
    let retry_delay = prost_types::Duration::try_from(delay).expect("the build refuses longer ones");
    any(RetryInfo::TYPE_URL, &pb::RetryInfo { retry_delay: Some(retry_delay) })
}

fn help(definition: &ErrorDefinition) -> Option<Any> {
    let links = definition
        .help
        .iter()
        .map(|&(description, url)| pb::help::Link { description: description.into(), url: url.into() });
    let help = pb::Help { links: links.collect() };
    (!help.links.is_empty()).then(|| any(Help::TYPE_URL, &help))
}

fn localized<S: ErrorSet>(error: &S, definition: &ErrorDefinition, languages: Option<&str>) -> Option<Any> {
    let locale = language::choose(definition.locales, languages.unwrap_or(""))?;
    let message = Localized { error, locale }.to_string();
    let message = pb::LocalizedMessage { locale: definition.locales[locale].into(), message };
    Some(any(LocalizedMessage::TYPE_URL, &message))
}

/// An error's text for users.
struct Localized<'a, S> {
    error: &'a S,
    locale: usize,
}

impl<S: ErrorSet> fmt::Display for Localized<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.localized(self.locale, f)
    }
}

fn any(type_url: &str, message: &impl Message) -> Any {
    Any { type_url: type_url.into(), value: message.encode_to_vec() }
}

/// The full name of the message in an `Any`, whatever host stands before it.
pub(crate) fn type_name(any: &Any) -> &str {
    any.type_url.rsplit_once('/').map_or(&*any.type_url, |(_, name)| name)
}

/// Whether an `Any` holds the message that one of tonic-types' constants names.
pub(super) fn is(any: &Any, type_url: &str) -> bool {
    type_url.strip_prefix(TYPE_PREFIX) == Some(type_name(any))
}

/// The error of a set that a status says, if it is one of them.
///
/// Where there is an `ErrorInfo`, its domain and reason say which: a reason that is not here belongs to a newer
/// server, and its payload may well be the same message as that of another error. Without one, the payload says it.
pub fn from_status<S: ErrorSet>(status: &Status) -> Option<S> {
    if status.details().is_empty() {
        return None;
    }
    let details = pb::Status::decode(status.details()).ok()?.details;
    let infos: Vec<pb::ErrorInfo> = (details.iter().filter(|any| is(any, ErrorInfo::TYPE_URL)))
        .filter_map(|any| pb::ErrorInfo::decode(&*any.value).ok())
        .collect();
    let payload =
        |definition: &ErrorDefinition| details.iter().find(|any| type_name(any) == definition.payload);
    let ours = infos.iter().find(|info| info.domain == S::DOMAIN);
    let index = match ours {
        Some(info) => S::ERRORS.iter().position(|definition| definition.reason == info.reason)?,
        None if infos.is_empty() => {
            let mut found = (0..S::ERRORS.len()).filter(|&index| payload(&S::ERRORS[index]).is_some());
            let index = found.next()?;
            if found.next().is_some() {
                return None;
            }
            index
        }
        None => return None,
    };
    let none = pb::ErrorInfo::default();
    let metadata = &ours.unwrap_or(&none).metadata;
    S::restore(index, &Incoming { metadata, payload: payload(&S::ERRORS[index]) })
}

/// The status of an error set's value, without a word about languages.
pub fn into_status<S: ErrorSet>(error: &S) -> Status {
    match error.which() {
        Ok(index) => to_status(error, index, None),
        Err(status) => status.clone(),
    }
}

/// The code that an error travels with.
pub fn code<S: ErrorSet>(error: &S) -> crate::bridge::Code {
    error.which().map_or_else(Status::code, |index| S::ERRORS[index].code)
}

/// The HTTP status of an error over REST.
pub fn http<S: ErrorSet>(error: &S) -> u16 {
    error.which().map_or_else(|status| http_status(status.code()), |index| S::ERRORS[index].http_status)
}

/// What identifies an error inside its domain.
pub fn reason<S: ErrorSet>(error: &S) -> Option<&'static str> {
    error.which().ok().map(|index| S::ERRORS[index].reason)
}

/// Whether a call that failed with an error may be made again as it is.
pub fn retryable<S: ErrorSet>(error: &S) -> bool {
    error.which().map_or_else(is_retryable, |index| {
        let definition = &S::ERRORS[index];
        definition.retry_after.is_some() || definition.code == crate::bridge::Code::Unavailable
    })
}

/// A status as the text of an error: its code and its message.
pub fn show_status(f: &mut fmt::Formatter<'_>, status: &Status) -> fmt::Result {
    f.write_str(code_name(status.code()))?;
    match status.message() {
        "" => Ok(()),
        message => write!(f, ": {message}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bridge::Code;

    /// One of the errors of a set, by its index, or a status.
    #[derive(Debug)]
    struct Failure(Result<usize, Status>);

    impl ErrorSet for Failure {
        const DOMAIN: &'static str = "a.example";
        const ERRORS: &'static [ErrorDefinition] = &[
            ErrorDefinition::new("gone", "GONE", "a.Gone", Code::NotFound, 404),
            ErrorDefinition::new("down", "DOWN", "a.Down", Code::Unavailable, 503),
            ErrorDefinition::new("busy", "BUSY", "a.Busy", Code::ResourceExhausted, 429)
                .retry_after(Duration::from_secs(1))
                .help(&[("why", "https://a.example/why")])
                .locales(&["en", "de"]),
        ];

        fn which(&self) -> Result<usize, &Status> {
            self.0.as_ref().copied()
        }

        fn describe(&self, _: &mut Outgoing) {}

        fn localized(&self, locale: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(["a failure", "ein Fehler"][locale])
        }

        fn restore(index: usize, _: &Incoming<'_>) -> Option<Self> {
            Some(Self(Ok(index)))
        }
    }

    impl fmt::Display for Failure {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a failure")
        }
    }

    impl std::error::Error for Failure {}

    impl From<Status> for Failure {
        fn from(status: Status) -> Self {
            Self(Err(status))
        }
    }

    impl From<Failure> for Status {
        fn from(failure: Failure) -> Self {
            into_status(&failure)
        }
    }

    #[test]
    fn what_may_be_tried_again() {
        for (index, expected) in [(0, false), (1, true), (2, true)] {
            let failure = Failure(Ok(index));
            assert_eq!(retryable(&failure), expected, "{index}");
            // As it travels, it says the same.
            let status = Status::from(failure);
            assert_eq!(is_retryable(&status), expected, "{index}");
            let back: Failure = from_status(&status).unwrap();
            assert_eq!((back.0.as_ref().ok(), retryable(&back)), (Some(&index), expected));
        }
        for (status, expected) in [(Status::unavailable(""), true), (Status::internal(""), false)] {
            assert_eq!(retryable(&Failure(Err(status))), expected);
        }
    }

    #[test]
    fn an_error_says_what_its_definition_says() {
        for (failure, http, reason) in [
            (Failure(Ok(0)), 404, Some("GONE")),
            (Failure(Ok(2)), 429, Some("BUSY")),
            (Failure(Err(Status::unavailable(""))), 503, None),
        ] {
            assert_eq!((super::http(&failure), super::reason(&failure)), (http, reason));
            let definition = failure.definition();
            assert_eq!(definition.map(|definition| definition.reason), reason);
            assert_eq!(definition.map_or(503, |definition| definition.http_status), http);
            assert_eq!(crate::error::MethodError::http_status(&failure), http);
        }
        assert_eq!(crate::error::MethodError::http_status(&Status::not_found("")), 404);
    }

    #[test]
    fn help_and_languages_are_details() {
        let detail = |index, languages, type_url| {
            let status = to_status(&Failure(Ok(index)), index, languages);
            let details = pb::Status::decode(status.details()).unwrap().details;
            details.into_iter().find(|any| is(any, type_url)).map(|any| any.value)
        };
        let help = pb::Help::decode(&*detail(2, None, Help::TYPE_URL).unwrap()).unwrap();
        assert_eq!((&*help.links[0].description, &*help.links[0].url), ("why", "https://a.example/why"));
        assert_eq!(detail(0, None, Help::TYPE_URL), None);
        for (languages, locale, text) in [(None, "en", "a failure"), (Some("de"), "de", "ein Fehler")] {
            let message = detail(2, languages, LocalizedMessage::TYPE_URL).unwrap();
            let message = pb::LocalizedMessage::decode(&*message).unwrap();
            assert_eq!((&*message.locale, &*message.message), (locale, text));
        }
        assert_eq!(detail(0, Some("de"), LocalizedMessage::TYPE_URL), None);
    }

    #[test]
    fn an_error_of_another_domain_is_none_of_ours() {
        let payload = Any { type_url: format!("{TYPE_PREFIX}a.Gone"), value: Vec::new() };
        let status = |details: Vec<Any>| {
            let status = pb::Status { code: 5, message: String::new(), details };
            Status::with_details(Code::NotFound, "", status.encode_to_vec().into())
        };
        let other = pb::ErrorInfo { domain: "b.example".into(), reason: "GONE".into(), ..Default::default() };
        let info = any(ErrorInfo::TYPE_URL, &other);
        assert!(from_status::<Failure>(&status(vec![payload.clone()])).is_some());
        assert!(from_status::<Failure>(&status(vec![info, payload])).is_none());
    }

    #[test]
    fn a_status_is_shown_with_its_code() {
        struct Shown(Status);

        impl fmt::Display for Shown {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                show_status(f, &self.0)
            }
        }

        assert_eq!(Shown(Status::not_found("it")).to_string(), "NOT_FOUND: it");
        assert_eq!(Shown(Status::not_found("")).to_string(), "NOT_FOUND");
    }
}
