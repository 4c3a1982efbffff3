//! A message in which everything is wrong, and what of it masks let through.

use std::collections::HashMap;

use rsvc::prost_types::Timestamp;
use rsvc::validate::{MaskedError, Validator};
use rsvc::{Code, Status, Validate as _};

use super::api::{Place, Task, task::Contact};
use super::{mask, told};

fn at(seconds: i64) -> Timestamp {
    Timestamp { seconds, nanos: 0 }
}

fn place(city: &str, zip: &str) -> Place {
    Place { city: city.into(), zip: zip.into(), distance: 200 }
}

/// Breaks every rule that does not fail.
fn wrong() -> Task {
    Task {
        id: String::new(),
        title: "ab".into(),
        priority: 4,
        note: None,
        place: Some(place("ab", "")),
        labels: vec!["x".into(), "x".into()],
        stops: vec![place("long enough now", "1"), place("", "a")],
        places: HashMap::from([("keys".to_owned(), place("", "b"))]),
        counts: HashMap::from([("a".to_owned(), 0)]),
        starts: Some(at(2)),
        ends: Some(at(-1)),
        done: 4,
        total: 4,
        mail: "m".into(),
        phone: "p".into(),
        parent: Some(Box::new(Task { title: "a".into(), total: 1, weight: 1, ..Task::default() })),
        alias: Some("a".into()),
        weight: 50,
        contact: Some(Contact::MailAddress("ada".into())),
    }
}

fn found(task: &Task, paths: &[&str]) -> Vec<String> {
    match Validator::new().validate_masked(task, &mask(paths)) {
        Ok(()) => Vec::new(),
        Err(error) => {
            let violations = error.violations().unwrap_or_else(|| panic!("{paths:?}: {error}"));
            assert_eq!(violations.failure(), None, "{paths:?}");
            assert_eq!(violations.omitted(), 0);
            told(violations)
        }
    }
}

#[test]
fn a_mask_lets_through_what_it_names() {
    let task = wrong();
    let cases: &[(&[&str], &[&str])] = &[
        (&["id"], &["id string.min_len"]),
        (&["title"], &["title string.min_len"]),
        (&["title", "priority"], &["title string.min_len", "priority int32.gte_lte"]),
        // The field that must be set is not.
        (&["note"], &["note required"]),
        // Items, keys and values are a part of their field.
        (&["labels"], &["labels repeated.unique", "labels[0] string.min_len", "labels[1] string.min_len"]),
        (&["counts"], &["counts[\"a\"] int32.gt"]),
        (
            &["stops"],
            &[
                "stops[0] place.far",
                "stops[0].city string.max_len",
                "stops[1] place.far",
                "stops[1].zip string.pattern",
            ],
        ),
        (&["places"], &["places[\"keys\"] place.far", "places[\"keys\"].zip string.pattern"]),
        // A rule that reads two fields waits for both.
        (&["starts"], &[]),
        (&["ends"], &["ends timestamp.gt"]),
        (&["starts", "ends"], &[" task.dates", "ends timestamp.gt"]),
        (&["done"], &[]),
        (&["done", "total"], &[" task.share"]),
        (&["mail"], &[]),
        (&["phone", "mail"], &[" message.oneof"]),
        // A message as a whole, with the rules of the field and of the message.
        (&["place"], &["place place.zip", "place place.far"]),
        (&["place", "title"], &[" task.city", "title string.min_len", "place place.zip", "place place.far"]),
        // A part of it.
        (&["place.city"], &[]),
        (&["place.city", "title"], &[" task.city", "title string.min_len"]),
        (&["place.city", "place.zip"], &["place place.zip"]),
        (&["place.distance"], &["place place.far"]),
        // Twice is once, and what lies in another path is in it.
        (&["place", "place.city", "place"], &["place place.zip", "place place.far"]),
        // Oneofs.
        (&["mail_address"], &["mail_address string.email"]),
        (&["visit"], &[]),
        // Recursive.
        (&["parent.title"], &["parent.title string.min_len"]),
        (&["parent.note", "parent.place"], &["parent.note required", "parent.place required"]),
        (&["parent.mail", "parent.phone"], &["parent message.oneof"]),
        (&["parent.mail_address"], &[]),
        (&["parent.mail_address", "parent.visit"], &["parent.contact required"]),
        (&["parent.parent.parent.title"], &[]),
        // Wrappers.
        (&["alias"], &["alias string.min_len"]),
        (&["weight"], &["weight task.weight"]),
        // Messages of their own kind.
        (&["starts.seconds"], &[]),
        (&["ends.seconds"], &[]),
    ];
    for (paths, expected) in cases {
        assert_eq!(found(&task, paths), *expected, "{paths:?}");
        // Neither the order nor what is said twice matters.
        let again: Vec<&str> = paths.iter().rev().chain(*paths).copied().collect();
        assert_eq!(found(&task, &again), *expected, "{again:?}");
    }
}

#[test]
fn everything_is_in_an_empty_mask_and_in_that_of_a_star() {
    let task = wrong();
    let whole = told(&task.validate().unwrap_err());
    assert!(whole.len() > 20, "{whole:?}");
    for paths in [&[][..], &["*"], &["*", "*"], &["title", "*"]] {
        assert_eq!(found(&task, paths), whole, "{paths:?}");
    }
    // All fields are not the message: a rule that reads it as a whole waits.
    let task = Task::default();
    let names = [
        "id",
        "title",
        "priority",
        "note",
        "place",
        "labels",
        "stops",
        "places",
        "counts",
        "starts",
        "ends",
        "done",
        "mail_address",
        "visit",
        "mail",
        "phone",
        "parent",
        "alias",
    ];
    let expected = [
        " message.oneof",
        "contact required",
        "id string.min_len",
        "title string.min_len",
        "note required",
        "place required",
    ];
    assert_eq!(found(&task, &names), expected);
}

/// A rule that fails outside of the mask neither fails nor hides others.
#[test]
fn failures_outside_of_the_mask_do_not_count() {
    let task = Task {
        title: "ab".into(),
        place: Some(Place { city: "a".into(), ..Place::default() }),
        ..Task::default()
    };
    assert!(task.validate().unwrap_err().failure().is_some());
    assert_eq!(found(&task, &["title"]), ["title string.min_len"]);
    assert_eq!(
        found(&task, &["done", "title", "place.city", "place.zip"]),
        ["title string.min_len", "place place.zip",]
    );
    for paths in [&["weight"][..], &["done", "total"], &["place.distance"], &["place"]] {
        let error = Validator::new().validate_masked(&task, &mask(paths)).unwrap_err();
        assert!(error.violations().unwrap().failure().is_some(), "{paths:?}");
    }
}

#[test]
fn what_is_not_in_the_mask_is_not_counted() {
    let labels = vec!["x".to_owned(); 3];
    let stops: Vec<Place> = (0..2).map(|_| place("much too long", "x")).collect();
    let counts = (0..500).map(|n| (n.to_string(), 0)).collect();
    let task = Task { labels, stops, counts, total: 1, weight: 1, ..Task::default() };
    assert_eq!(found(&task, &["title"]), ["title string.min_len"]);
    let error = Validator::new().max_violations(2).validate_masked(&task, &mask(&["labels"])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "labels: repeated value must contain unique items; labels[0]: must be at least 2 \
                                   characters; 2 more violations"
    );
    let error = Validator::new().validate_masked(&task, &mask(&["counts"])).unwrap_err();
    let violations = error.violations().unwrap();
    assert_eq!((violations.len(), violations.omitted()), (100, 400));
    let first = Validator::new().stop_at_first(true);
    let error = first.validate_masked(&task, &mask(&["stops"])).unwrap_err();
    assert_eq!(told(error.violations().unwrap()), ["stops[0] place.far"]);
}

/// Long keys of a field that is not in the mask take no room from those that are.
#[test]
fn what_is_not_in_the_mask_takes_no_room() {
    let counts = HashMap::from([("x".repeat(80 << 10), 0)]);
    let places = HashMap::from([("y".repeat(1 << 10), Place { distance: 1, ..Place::default() })]);
    let task = Task { counts, places, ..Task::default() };
    let found = found(&task, &["places"]);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains(&"y".repeat(1 << 10)), "{found:?}");
}

fn refused(paths: &[&str]) -> MaskedError {
    let error = Validator::new().validate_masked(&wrong(), &mask(paths)).unwrap_err();
    assert!(error.violations().is_none(), "{paths:?}");
    error
}

#[test]
fn a_path_that_is_no_field_is_refused() {
    let long = vec!["parent"; 101].join(".");
    let cases = [
        ("colour", "`masks.v1.Task` has no field `colour`"),
        ("", "`masks.v1.Task` has no field ``"),
        ("place.", "`masks.v1.Place` has no field ``"),
        ("place.town", "`masks.v1.Place` has no field `town`"),
        ("parent.place.town", "`masks.v1.Place` has no field `town`"),
        ("mailAddress", "`masks.v1.Task` has no field `mailAddress`"),
        ("contact", "`masks.v1.Task` has no field `contact`"),
        ("Title", "`masks.v1.Task` has no field `Title`"),
        (" title", "`masks.v1.Task` has no field ` title`"),
        ("title.length", "`title` is not a message"),
        ("labels.x", "`labels` is a list, which a mask names as a whole"),
        ("stops.city", "`stops` is a list, which a mask names as a whole"),
        ("stops.*", "`stops` is a list, which a mask names as a whole"),
        ("places.keys", "`places` is a map, which a mask names as a whole"),
        ("place.*", "`masks.v1.Place` has no field `*`"),
        (&*long, "more than 100 fields lie in each other"),
    ];
    for (path, why) in cases {
        for paths in [&[path][..], &["title", path], &[path, "*"]] {
            let error = refused(paths);
            assert!(
                error.to_string().ends_with(&format!(" is not in the message: {why}")),
                "{path}: {error}"
            );
            assert!(path.starts_with(error.invalid_path().unwrap().trim_end_matches('…')));
        }
    }
    let titles = vec!["title"; 10_001];
    assert_eq!(refused(&titles).to_string(), "more than 10000 paths");
    assert_eq!(found(&wrong(), &titles[1..]), ["title string.min_len"]);
    // What is repeated to the sender is short.
    let error = refused(&[&"x".repeat(1 << 20)]);
    assert!(error.to_string().len() < 1000);
    let status = Status::from(refused(&["colour"]));
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(
        status.message(),
        "update_mask: `colour` is not in the message: `masks.v1.Task` has no field `colour`"
    );
    assert!(Validator::new().validate_masked(&wrong(), &mask(&[&vec!["parent"; 100].join(".")])).is_ok());
}
