//! Masked validation finds what whole validation finds, less what is not in the mask: of any message and any mask.

use std::collections::BTreeSet;

use proptest::collection::{hash_map, vec};
use proptest::prelude::*;
use rsvc::prost_types::Timestamp;
use rsvc::validate::{PathElement, Validator, Violation};

use super::api::{Place, Task, task::Contact};
use super::mask;

/// What rules of messages, and of fields that are messages, read; by their ids. Those that are not here read all of what
/// they stand on.
const READS: &[(&str, &[&str])] = &[
    ("task.dates", &["starts", "ends"]),
    ("task.share", &["done", "total"]),
    ("task.city", &["title", "place.city"]),
    ("message.oneof", &["mail", "phone"]),
    ("place.zip", &["city", "zip"]),
    ("place.far", &["distance"]),
];

fn is_covered(paths: &[String], path: &str) -> bool {
    paths
        .iter()
        .any(|named| path == named || path.strip_prefix(&**named).is_some_and(|rest| rest.starts_with('.')))
}

/// By the text of the path, without indices and keys.
fn is_in_mask(paths: &[String], violation: &Violation) -> bool {
    let names: Vec<&str> = violation.field_path().iter().map(PathElement::name).collect();
    let (path, id) = (names.join("."), violation.rule_id());
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    if let Some(above) = path.strip_suffix("contact").filter(|_| id == "required") {
        return ["mail_address", "visit"].iter().all(|name| is_covered(paths, &format!("{above}{name}")));
    }
    match READS.iter().find(|(of, _)| *of == id) {
        Some((_, names)) => names.iter().all(|name| is_covered(paths, &below(name))),
        None => is_covered(paths, &path),
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-c]{1,3}", "[0-9]{12}", Just("ada@example.com".to_owned())]
}

fn place() -> impl Strategy<Value = Place> {
    // No rule fails, so that whole validation finds everything.
    let distance = prop_oneof![Just(1), Just(300)];
    (text(), text(), distance).prop_map(|(city, zip, distance)| Place { city, zip, distance })
}

fn time() -> impl Strategy<Value = Option<Timestamp>> {
    prop_oneof![Just(None), (-2_i64..4).prop_map(|seconds| Some(Timestamp { seconds, nanos: 0 }))]
}

fn contact() -> impl Strategy<Value = Option<Contact>> {
    prop_oneof![
        Just(None),
        text().prop_map(|a| Some(Contact::MailAddress(a))),
        place().prop_map(|p| Some(Contact::Visit(p)))
    ]
}

fn leaf() -> impl Strategy<Value = Task> {
    let texts = (text(), text(), text(), text());
    let options = (
        proptest::option::of(text()),
        proptest::option::of(text()),
        proptest::option::of(place()),
        contact(),
    );
    let many = (
        vec(text(), 0..5),
        vec(place(), 0..4),
        hash_map(text(), place(), 0..3),
        hash_map(text(), -1..2, 0..3),
    );
    let numbers = (-1..5, 0..3, prop_oneof![Just(1), Just(50)]);
    (texts, options, many, numbers, time(), time()).prop_map(
        |(
            (id, title, mail, phone),
            (note, alias, place, contact),
            many,
            (priority, done, weight),
            starts,
            ends,
        )| {
            let (labels, stops, places, counts) = many;
            Task {
                id,
                title,
                priority,
                note,
                place,
                labels,
                stops,
                places,
                counts,
                starts,
                ends,
                done,
                total: 2,
                mail,
                phone,
                parent: None,
                alias,
                weight,
                contact,
            }
        },
    )
}

pub(crate) fn task() -> impl Strategy<Value = Task> {
    leaf().prop_recursive(3, 4, 1, |inner| {
        (leaf(), proptest::option::of(inner))
            .prop_map(|(task, parent)| Task { parent: parent.map(Box::new), ..task })
    })
}

/// Paths of fields, into places and parents.
pub(crate) fn path() -> impl Strategy<Value = String> {
    let of_place = prop_oneof![Just("city"), Just("zip"), Just("distance")];
    let own = prop_oneof![
        3 => proptest::sample::select(vec![
            "id", "title", "priority", "note", "place", "labels", "stops", "places", "counts", "starts", "ends", "done",
            "total", "mail_address", "visit", "mail", "phone", "parent", "alias", "weight",
        ]).prop_map(str::to_owned),
        1 => (prop_oneof![Just("place"), Just("visit")], of_place).prop_map(|(of, field)| format!("{of}.{field}")),
    ];
    (0_usize..3, own).prop_map(|(depth, path)| "parent.".repeat(depth) + &path)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_a_mask_finds_is_what_all_finds_less_what_it_leaves_out(
        task in task(),
        paths in vec(path(), 1..8),
    ) {
        let validator = Validator::new().max_violations(u32::MAX);
        let names: Vec<&str> = paths.iter().map(String::as_str).collect();
        let masked = match validator.validate_masked(&task, &mask(&names)) {
            Ok(()) => Vec::new(),
            Err(error) => error.violations().expect("the paths are fields").iter().cloned().collect(),
        };
        let whole = validator.validate(&task).err().unwrap_or_default();
        prop_assert_eq!(whole.failure(), None);
        // A map has another order each time.
        let told = |violation: &Violation| format!("{violation} ({})", violation.rule_id());
        let masked: BTreeSet<String> = masked.iter().map(told).collect();
        let expected: BTreeSet<String> =
            whole.iter().filter(|violation| is_in_mask(&paths, violation)).map(told).collect();
        prop_assert_eq!(masked, expected);
    }
}
