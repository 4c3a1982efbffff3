//! What stands in a status, and what a client makes of statuses that are not quite ours.

use std::collections::HashMap;
use std::time::Duration;

use prost_types::Any;
use rsvc::error::{MethodError, StatusExt};
use rsvc::prost::Message;
use rsvc::{Code, ErrorSet, Status};
use tonic_types::pb;

use crate::variants::{all, not_found, not_found_payload, shared};
use all::FailingError;
use all::failing_error::{Inner, Level, inner::Choice};

fn details(status: &Status) -> Vec<Any> {
    pb::Status::decode(status.details()).unwrap().details
}

fn any(name: &str, value: &impl Message) -> Any {
    Any { type_url: format!("type.googleapis.com/{name}"), value: value.encode_to_vec() }
}

fn info(reason: &str, domain: &str, metadata: &[(&str, &str)]) -> Any {
    let metadata = metadata.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    any("google.rpc.ErrorInfo", &pb::ErrorInfo { reason: reason.into(), domain: domain.into(), metadata })
}

fn status(details: Vec<Any>) -> Status {
    let inner = pb::Status { code: 5, message: "m".into(), details };
    Status::with_details(Code::NotFound, "m", inner.encode_to_vec().into())
}

fn busy() -> FailingError {
    let queue = all::Queue { name: "mail".into(), length: Some(7) };
    FailingError::busy(prost_types::Timestamp { seconds: 12, nanos: 0 }, queue)
}

#[test]
fn an_error_says_who_what_and_why() {
    let status = Status::from(not_found());
    assert_eq!((status.code(), status.message()), (Code::NotFound, "no user 42"));
    let inner = pb::Status::decode(status.details()).unwrap();
    assert_eq!((inner.code, inner.message.as_str()), (5, "no user 42"));
    let info = status.get_details_error_info().unwrap();
    assert_eq!((&*info.reason, &*info.domain), ("NOT_FOUND", "failing.example.com"));
    let metadata = [("kind", "user"), ("id", "42")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert_eq!(info.metadata, HashMap::from(metadata));
    let details = details(&status);
    assert_eq!(details[1].type_url, "type.googleapis.com/errors.v1.NotFound");
    assert_eq!(details[1].value, not_found_payload());
    assert_eq!(details.len(), 2, "nothing that was not declared");
}

#[test]
fn declared_details_go_along() {
    let german = busy().into_status(Some("fr, de;q=0.8"));
    assert_eq!(german.message(), "busy until 12, queue mail has 7 {jobs}");
    let all = german.get_error_details();
    assert_eq!(all.retry_info().unwrap().retry_delay, Some(Duration::from_millis(2500)));
    let links: Vec<_> = all.help().unwrap().links.iter().map(|l| (&*l.description, &*l.url)).collect();
    assert_eq!(
        links,
        [("Status page", "https://status.example.com"), ("Call \"us\"", "https://example.com/help?a=b")]
    );
    let text = all.localized_message().unwrap();
    assert_eq!((&*text.locale, &*text.message), ("de-CH", "Wir sind beschäftigt, mail."));
    let text = Status::from(busy()).get_details_localized_message().unwrap();
    assert_eq!((&*text.locale, &*text.message), ("en", "We are busy, mail."));
}

#[test]
fn methods_tell_what_the_proto_says() {
    let error = busy();
    assert_eq!((error.code(), error.http_status(), error.reason()), (Code::Unavailable, 503, Some("BUSY")));
    assert!(error.is_retryable() && !not_found().is_retryable());
    assert_eq!(FailingError::gone().http_status(), 500);
    assert_eq!(FailingError::deleted("", "").http_status(), 410);
    assert!(FailingError::recursive("", None, []).is_retryable(), "it says when to try again");
    let other = FailingError::from(Status::unavailable("no route"));
    assert_eq!((other.code(), other.http_status(), other.reason()), (Code::Unavailable, 503, None));
    assert!(other.is_retryable());
    assert_eq!(other.to_string(), "UNAVAILABLE: no route");
    assert_eq!(FailingError::from(Status::cancelled("")).to_string(), "CANCELLED");
    assert_eq!(FailingError::DOMAIN, "failing.example.com");
    let reasons: Vec<_> = FailingError::ERRORS.iter().map(|e| e.reason).collect();
    assert_eq!(reasons[2..6], ["EVERYTHING", "DELETED", "GONE", "TOO_EARLY"]);
}

#[test]
fn templates_print_what_is_unset_by_its_default() {
    assert_eq!(FailingError::busy(None, None).to_string(), "busy until 0, queue  has 0 {jobs}");
    let number = FailingError::inner(Choice::ChoiceNumber(-3), Level::High, None);
    assert_eq!(number.to_string(), "inner -3 LEVEL_HIGH");
    let text = FailingError::inner(Choice::ChoiceText("t".into()), Level::Unspecified, None);
    assert_eq!(text.to_string(), "inner t0 LEVEL_UNSPECIFIED");
    let unknown = FailingError::Inner(Inner { level: 99, ..Inner::default() });
    assert_eq!(unknown.to_string(), "inner 0 99");
    let leaf = all::Tree { name: "leaf".into(), ..all::Tree::default() };
    let branch = all::Tree { left: Some(Box::new(leaf)), ..all::Tree::default() };
    assert_eq!(FailingError::recursive("root", branch, []).to_string(), "leaf");
    assert_eq!(FailingError::from(Status::from(not_found())).to_string(), "no user 42");
    // proto2 has defaults of its own.
    let large = shared::CommonError::TooLarge(shared::TooLarge { size: 2000, ..Default::default() });
    assert_eq!(large.to_string(), "2000 of 1024 UNIT_BYTES, whole");
}

#[test]
fn constructors_take_what_is_natural() {
    let error = FailingError::everything(
        1.5,
        2.5,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
        11,
        12,
        true,
        "text",
        [1, 2],
        all::Color::Red,
        "maybe".to_owned(),
        None,
        all::Color::Green,
        Some(vec![3]),
        None,
        Some(21),
        None,
        prost_types::Duration { seconds: 1, nanos: 0 },
        ["a", "b"],
        [all::Color::Red],
        [],
        [("q", all::Queue::default())],
        [(1, all::Color::Green)],
        all::everything::One::OneWrapped(true),
    );
    let FailingError::Everything(payload) = error else { panic!("another variant") };
    assert_eq!((payload.an_enum, payload.maybe_enum, payload.enums.as_slice()), (1, Some(2), &[1][..]));
    assert_eq!(payload.strings, ["a", "b"]);
    assert_eq!((payload.maybe_string.as_deref(), payload.wrapped_int64), (Some("maybe"), Some(21)));
    assert_eq!(payload.codes, HashMap::from([(1, 2)]));
}

#[test]
fn a_reason_alone_brings_the_variant_and_its_scalars() {
    let arrived = status(vec![info("NOT_FOUND", "failing.example.com", &[("id", "9"), ("new", "x")])]);
    let FailingError::NotFound(payload) = arrived.into() else { panic!("another variant") };
    assert_eq!((&*payload.kind, &*payload.id), ("", "9"));

    let metadata = [
        ("a_double", "1.5"),
        ("an_int32", "no number"),
        ("a_bool", "true"),
        ("an_enum", "COLOR_GREEN"),
        ("maybe_enum", "77"),
        ("maybe_string", ""),
        ("wrapped_int64", "-4"),
        ("one_enum", "COLOR_RED"),
    ];
    let arrived = status(vec![info("EVERYTHING", "failing.example.com", &metadata)]);
    let FailingError::Everything(payload) = arrived.into() else { panic!("another variant") };
    assert_eq!((payload.a_double.to_bits(), payload.an_int32, payload.a_bool), (1.5f64.to_bits(), 0, true));
    assert_eq!((payload.an_enum, payload.maybe_enum), (2, Some(77)));
    assert_eq!((payload.maybe_string.as_deref(), payload.wrapped_int64), (Some(""), Some(-4)));
    assert_eq!(payload.one, Some(all::everything::One::OneEnum(1)));
}

#[test]
fn a_payload_that_is_broken_is_as_good_as_none() {
    let broken = Any { type_url: "type.googleapis.com/errors.v1.NotFound".into(), value: vec![0xFF] };
    let arrived = status(vec![broken, info("NOT_FOUND", "failing.example.com", &[("id", "9")])]);
    let FailingError::NotFound(payload) = arrived.into() else { panic!("another variant") };
    assert_eq!(payload.id, "9");
}

#[test]
fn a_payload_alone_brings_the_variant() {
    let tree = all::Tree { name: "t".into(), ..all::Tree::default() };
    let mut only = any("errors.v1.Tree", &tree);
    only.type_url = "example.com/errors.v1.Tree".into();
    let FailingError::Recursive(payload) = status(vec![only]).into() else { panic!("another variant") };
    assert_eq!(payload, tree);
}

/// Everything here is kept as it came: nobody can say which error it is.
#[test]
fn what_is_not_known_stays_a_status() {
    let payload = || any("errors.v1.NotFound", &all::NotFound::default());
    for details in [
        vec![],
        // A newer server's error, with a payload that is that of another error here.
        vec![info("RENAMED", "failing.example.com", &[]), payload()],
        // Another service's error, passed on.
        vec![info("NOT_FOUND", "other.example.com", &[]), payload()],
        // A payload of two errors, and no word about which.
        vec![payload()],
        vec![any("google.rpc.RetryInfo", &pb::RetryInfo::default())],
        vec![info("not_found", "failing.example.com", &[])],
    ] {
        let arrived = status(details);
        let bytes = arrived.details().to_vec();
        let FailingError::Status(kept) = arrived.into() else { panic!("a variant of its own") };
        assert_eq!((kept.details(), kept.message(), kept.code()), (&bytes[..], "m", Code::NotFound));
    }
}

#[test]
fn an_enum_is_small_enough_for_a_result() {
    for size in [size_of::<FailingError>(), size_of::<crate::variants::names::Result>()] {
        assert!(size < 128, "{size} bytes: clippy says that a Result is too large");
    }
}
