//! What a mask changes of a message.

use std::collections::HashMap;

use api::{Place, Task, task::Contact};
use goldens::masks::masks::v1 as api;
use proptest::prelude::*;
use rsvc::Code;
use rsvc::mask::merge;
use rsvc::prost_types::Timestamp;

use super::mask;
use super::property::{path, task};

fn place(city: &str, zip: &str) -> Place {
    Place { city: city.into(), zip: zip.into(), distance: 1 }
}

fn stored() -> Task {
    Task {
        id: "7".into(),
        title: "old".into(),
        note: Some("old".into()),
        place: Some(place("Ulm", "89073")),
        labels: vec!["a".into(), "b".into()],
        counts: HashMap::from([("a".into(), 1), ("b".into(), 2)]),
        starts: Some(Timestamp { seconds: 5, nanos: 7 }),
        contact: Some(Contact::MailAddress("ada@example.com".into())),
        weight: 3,
        ..Default::default()
    }
}

/// What is stored after the change.
fn after(change: Task, paths: &[&str]) -> Task {
    let mut task = stored();
    merge(&mut task, change, Some(&mask(paths))).unwrap();
    task
}

#[test]
fn what_is_named_is_replaced_or_cleared() {
    let change = || Task {
        title: "new".into(),
        labels: vec!["c".into()],
        counts: HashMap::from([("c".into(), 3)]),
        starts: Some(Timestamp { seconds: 6, nanos: 0 }),
        ..Default::default()
    };
    assert_eq!(after(change(), &["title"]), Task { title: "new".into(), ..stored() });
    assert_eq!(after(change(), &["labels"]), Task { labels: vec!["c".into()], ..stored() });
    assert_eq!(after(change(), &["counts"]).counts, change().counts);
    assert_eq!(after(change(), &["starts"]).starts, change().starts);
    assert_eq!(
        after(change(), &["note", "place", "weight"]),
        Task { note: None, place: None, weight: 0, ..stored() }
    );
    assert_eq!(after(change(), &["*"]), change());
    assert_eq!(after(change(), &["title", "*"]), change());
    // A field with presence that is sent as its default is set.
    let empty = Task { note: Some(String::new()), ..Default::default() };
    assert_eq!(after(empty, &["note"]).note, Some(String::new()));
}

#[test]
fn a_path_goes_into_messages() {
    let change = || Task { place: Some(place("Bonn", "")), ..Default::default() };
    assert_eq!(after(change(), &["place.city"]).place, Some(place("Bonn", "89073")));
    assert_eq!(after(change(), &["place.zip"]).place, Some(place("Ulm", "")));
    assert_eq!(after(change(), &["place.zip", "place"]).place, change().place);
    assert_eq!(after(Task::default(), &["place.city"]).place, Some(place("", "89073")));
    // Where neither has the message there is none afterwards.
    assert_eq!(after(Task::default(), &["parent.title"]), stored());
    let parent =
        Task { parent: Some(Box::new(Task { title: "p".into(), ..stored() })), ..Default::default() };
    let expected = Task { title: "p".into(), ..Default::default() };
    assert_eq!(after(parent, &["parent.title"]).parent.as_deref(), Some(&expected));
}

#[test]
fn of_a_oneof_what_is_sent_counts() {
    let visit = || Task { contact: Some(Contact::Visit(place("Bonn", "1"))), ..Default::default() };
    assert_eq!(after(visit(), &["visit"]).contact, visit().contact);
    let city = Place { city: "Bonn".into(), ..Default::default() };
    assert_eq!(after(visit(), &["visit.city"]).contact, Some(Contact::Visit(city)));
    assert_eq!(after(visit(), &["mail_address"]).contact, None);
    assert_eq!(after(Task::default(), &["visit"]).contact, stored().contact);
    // The one that is stored is named in part, and another one is sent.
    let mut task = visit();
    merge(&mut task, stored(), Some(&mask(&["mail_address", "visit.zip"]))).unwrap();
    assert_eq!(task.contact, stored().contact);
}

#[test]
fn without_a_mask_what_is_set_changes() {
    let change = Task {
        title: "new".into(),
        place: Some(Place { city: "Bonn".into(), ..Default::default() }),
        labels: vec!["c".into()],
        starts: Some(Timestamp { seconds: 6, nanos: 0 }),
        alias: Some(String::new()),
        ..Default::default()
    };
    let expected = Task {
        title: "new".into(),
        place: Some(place("Bonn", "89073")),
        labels: vec!["c".into()],
        // A time is one value.
        starts: Some(Timestamp { seconds: 6, nanos: 0 }),
        alias: Some(String::new()),
        ..stored()
    };
    for mask in [None, Some(mask(&[]))] {
        let mut task = stored();
        merge(&mut task, change.clone(), mask.as_ref()).unwrap();
        assert_eq!(task, expected);
    }
    let mut task = Task::default();
    merge(&mut task, Task { place: Some(Place::default()), ..Default::default() }, None).unwrap();
    assert_eq!(task.place, Some(Place::default()));
}

#[test]
fn a_path_that_names_no_field_changes_nothing() {
    for (path, text) in [
        ("titel", "`titel` is not in the message: `masks.v1.Task` has no field `titel`"),
        ("place.town", "`place.town` is not in the message: `masks.v1.Place` has no field `town`"),
        (
            "stops.city",
            "`stops.city` is not in the message: `stops` is a list, which a mask names as a whole",
        ),
    ] {
        let mut task = stored();
        let change = Task { title: "new".into(), ..Default::default() };
        let error = merge(&mut task, change, Some(&mask(&["title", path]))).unwrap_err();
        assert_eq!((error.invalid_path(), error.to_string().as_str()), (Some(path), text));
        assert_eq!(task, stored());
        let status = rsvc::Status::from(error);
        assert_eq!(
            (status.code(), status.message()),
            (Code::InvalidArgument, &*format!("update_mask: {text}"))
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_is_merged_twice_is_merged_once(
        before in task(),
        change in task(),
        paths in proptest::collection::vec(path(), 0..8),
    ) {
        let names: Vec<&str> = paths.iter().map(String::as_str).collect();
        let mask = mask(&names);
        let mut once = before.clone();
        merge(&mut once, change.clone(), Some(&mask)).unwrap();
        let mut twice = once.clone();
        merge(&mut twice, change.clone(), Some(&mask)).unwrap();
        prop_assert_eq!(&once, &twice);
    }

    #[test]
    fn whole_fields_are_those_of_the_change_and_the_others_are_as_they_were(before in task(), change in task()) {
        let mut merged = before.clone();
        merge(&mut merged, change.clone(), Some(&mask(&["title", "labels", "places", "place", "parent", "ends"]))).unwrap();
        let expected = Task {
            title: change.title,
            labels: change.labels,
            places: change.places,
            place: change.place,
            parent: change.parent,
            ends: change.ends,
            ..before
        };
        prop_assert_eq!(merged, expected);
    }
}
