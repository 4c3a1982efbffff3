//! What is reported of large messages: a list or map of a wrong size is not looked into, and violations have a limit.

use std::collections::HashMap;

use goldens::validation::validation::v1::{Cart, Item, Order};
use rsvc::Validate as _;
use rsvc::validate::{Validator, Violations};

fn items(count: usize, sku: impl Fn(usize) -> String) -> Vec<Item> {
    (0..count).map(|at| Item { sku: sku(at), qty: 1, price: 1.0 }).collect()
}

fn numbered(at: usize) -> String {
    format!("SKU-{at}")
}

/// The fields and ids of what is found.
fn found(outcome: Result<(), Violations>) -> Vec<String> {
    let violations = outcome.err().unwrap_or_default();
    assert_eq!(violations.failure(), None);
    violations.iter().map(|violation| format!("{} {}", violation.field(), violation.rule_id())).collect()
}

fn cart(items: Vec<Item>) -> Cart {
    let count = i32::try_from(items.len()).expect("few enough");
    Cart { items, count, notes: HashMap::from([("a".to_owned(), "b".to_owned())]) }
}

/// The rule compares each pair: of a million items it would never come to an end.
#[test]
fn an_expression_waits_for_the_size_of_its_list() {
    assert_eq!(cart(items(50, numbered)).validate(), Ok(()));
    assert_eq!(found(cart(items(50, |at| numbered(at / 2))).validate()), [" cart.skus"]);
    assert_eq!(found(cart(items(1_000_000, |_| String::new())).validate()), ["items repeated.max_items"]);
    // What does not look into the list is tested.
    let mut wrong = cart(items(51, |_| String::new()));
    wrong.count = 1;
    assert_eq!(found(wrong.validate()), [" cart.count", "items repeated.max_items"]);
    assert_eq!(found(cart(Vec::new()).validate()), ["items repeated.min_items"]);
}

#[test]
fn a_list_or_map_of_a_wrong_size_is_not_looked_into() {
    let notes = |count: usize| (0..count).map(|at| (at.to_string(), String::new())).collect();
    let mut wrong = cart(items(1, numbered));
    wrong.notes = notes(6);
    wrong.notes.insert(String::new(), String::new());
    assert_eq!(found(wrong.validate()), ["notes map.max_pairs"]);
    wrong.notes = notes(4);
    wrong.notes.insert(String::new(), String::new());
    assert_eq!(found(wrong.validate()), ["notes cart.notes"]);

    let labels = |count: usize| (0..count).map(|at| (format!("{at:020}"), "none".to_owned())).collect();
    let order = |labels| found(Order { labels, ..Order::default() }.validate());
    let about_labels = |labels| order(labels).iter().filter(|text| text.starts_with("labels")).count();
    assert_eq!((about_labels(labels(8)), about_labels(labels(9))), (16, 1));
}

#[test]
fn violations_of_items_have_a_limit() {
    let codes = Order { codes: vec![13; 1_400_000], ..Order::default() };
    let violations = codes.validate().expect_err("all codes are wrong");
    assert_eq!(violations.len(), 100);
    let total = violations.len() as u64 + violations.omitted();
    let few = Validator::new().max_violations(3).validate(&codes).expect_err("as before");
    assert_eq!((few.len(), few.len() as u64 + few.omitted()), (3, total));
    assert!(total > 1_400_000, "{total}");
    let status = rsvc::Status::from(violations);
    assert!(status.details().len() < 30_000, "{}", status.details().len());
}

/// `goldens::old_rules` has a `validate.proto` of its own, with what later versions dropped.
#[test]
fn options_of_older_versions_keep_their_meaning() {
    use goldens::old_rules::old::v1::{Disabled, Tested};
    use rsvc::Validate as _;
    let valid = Tested { required: "x".to_owned(), ..Tested::default() };
    assert!(valid.validate().is_ok());
    let lenient = Tested {
        skipped: "x".to_owned(),
        by_default: Some(String::new()),
        always: "no address".to_owned(),
        items: vec![String::new()],
        number: Some(0),
        disabled: Some(Disabled { name: "x".to_owned(), tested: Some(Box::default()) }.into()),
        ..valid.clone()
    };
    assert!(lenient.validate().is_ok());
    let strict = Tested {
        may_be_empty: "x".to_owned(),
        by_default: Some("x".to_owned()),
        unpopulated: "x".to_owned(),
        set: Some(String::new()),
        items: vec!["x".to_owned()],
        number: Some(5),
        ..valid
    };
    assert_eq!(found(strict.validate()).len(), 6);
}

/// What was stored while such a rule held may break it today: responses are tested without them.
#[test]
fn rules_that_depend_on_now_can_be_left_out() {
    let in_the_year_3000 = rsvc::prost_types::Timestamp { seconds: 32_503_680_000, nanos: 0 };
    let order = Order { placed: Some(in_the_year_3000), ..Order::default() };
    let of_placed = |validator: Validator| {
        let mut found = found(validator.validate(&order));
        found.retain(|violation| violation.starts_with("placed "));
        found
    };
    assert!(of_placed(Validator::new()).contains(&"placed timestamp.lt_now".to_owned()));
    assert_eq!(of_placed(Validator::new().without_now()), [""; 0]);
}
