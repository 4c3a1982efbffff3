//! What a sink keeps, counts and ignores.

use super::*;
use crate::error::limit::more_violations;
use crate::json;
use crate::validate::{DEFAULT_MAX_VIOLATIONS, Validator};

/// A list of items each of which is wrong; the number of a bad one, if any, fails.
struct Broken {
    items: usize,
    key: String,
    fails_at: Option<usize>,
}

static FIELDS: [json::Field; 2] =
    [json::Field::string(",\"names\":", 1), json::Field::string(",\"inner\":", 2)];
static TABLE: MessageInfo = MessageInfo::new::<Broken>("demo.v1.Names", &FIELDS);
static RULE: Rule = Rule::cel("text", "", 0);

/// Reports as generated code does.
fn check(broken: &Broken, out: &mut Sink) {
    for index in 0..broken.items {
        if broken.fails_at == Some(index) {
            out.fail(1, "bad", cel::Error::INDEX);
        }
        match index % 5 {
            0 => out.item(index).add(1, "int32.gt", "must be greater"),
            1 => out.key(&broken.key).add_size(1, "string.max_len", 3),
            2 => out.value(&broken.key).add_format(1, "string.uuid", false),
            3 => out.add_text(1, &RULE, broken.key.as_str()),
            _ => out.add_missing(1),
        }
    }
}

fn violations(broken: &Broken, max: u32, first_only: bool) -> Violations {
    let mut out = Sink::new(max, first_only, Now::System);
    check(broken, &mut out);
    out.take_violations(&TABLE)
}

fn broken(items: usize) -> Broken {
    Broken { items, key: "k".to_owned(), fails_at: None }
}

#[test]
fn what_is_beyond_the_limit_is_counted() {
    for (items, kept, omitted) in [(99, 99, 0), (100, 100, 0), (101, 100, 1), (1_400_000, 100, 1_399_900)] {
        let found = violations(&broken(items), DEFAULT_MAX_VIOLATIONS, false);
        assert_eq!((found.len(), found.omitted()), (kept, omitted), "{items}");
        let last = found.to_string();
        let last = last.rsplit("; ").next().unwrap();
        if omitted > 0 {
            assert_eq!(last, more_violations(omitted));
        } else {
            assert!(!last.contains("more"), "{last}");
        }
    }
    let all = violations(&broken(1000), u32::MAX, false);
    assert_eq!((all.len(), all.omitted()), (1000, 0));
    let one = violations(&broken(3), 1, false);
    assert_eq!(one.to_string(), "names[0]: must be greater; 2 more violations");
}

/// A limit of zero would make a broken message look valid.
#[test]
fn one_violation_is_always_reported() {
    assert_eq!(Validator::new().max_violations(0).max_violations, 1);
    assert_eq!(Validator::default().max_violations, DEFAULT_MAX_VIOLATIONS);
}

#[test]
fn what_is_not_reported_is_counted_in_a_last_entry() {
    let found = violations(&broken(102), 100, false);
    let bad = crate::bridge::pb::BadRequest::from(&found).field_violations;
    assert_eq!(bad.len(), 101);
    assert_eq!((bad[100].field.as_str(), bad[100].description.as_str()), ("", "2 more violations"));
    let proto = crate::pb::buf::validate::Violations::from(&found).violations;
    assert_eq!(proto.len(), 101);
    assert_eq!(proto[100].message.as_deref(), Some("2 more violations"));
    assert_eq!((&proto[100].field, &proto[100].rule, &proto[100].rule_id), (&None, &None, &None));
}

#[test]
fn the_first_violation_is_enough_where_that_is_asked_for() {
    let found = violations(&Broken { fails_at: Some(7), ..broken(20) }, 100, true);
    assert_eq!((found.len(), found.omitted(), found.failure()), (1, 0, None));
    assert_eq!(found.to_string(), "names[0]: must be greater");
}

/// A failure ends it, after the limit too; the first failure stays.
#[test]
fn nothing_counts_after_a_failure() {
    for (max, kept, omitted) in [(100, 7, 0), (3, 3, 4)] {
        let mut out = Sink::new(max, false, Now::System);
        check(&Broken { fails_at: Some(7), ..broken(20) }, &mut out);
        out.broken("later");
        let found = out.take_violations(&TABLE);
        assert_eq!((found.len(), found.omitted()), (kept, omitted));
        assert!(matches!(found.failure(), Some(Failure::Runtime { rule_id: "bad", .. })), "{found:?}");
    }
}

/// A long key is in the path of each violation below it.
#[test]
fn long_keys_are_not_repeated_without_end() {
    let below = |key: &str| {
        let mut out = Sink::new(100, false, Now::System);
        check(&Broken { key: key.to_owned(), ..broken(1000) }, &mut out);
        out.inside(0, &TABLE, 2, Some(&Subscript::String(key.to_owned())));
        let found = out.take_violations(&TABLE);
        assert_eq!((found.len(), found.omitted()), (100, 900));
        let keys = found.iter().flat_map(|violation| &violation.path).filter_map(|element| {
            match &element.subscript {
                Some(Subscript::String(key)) => Some(key.len()),
                _ => None,
            }
        });
        let texts = found.iter().filter(|violation| violation.rule_id() == "text").map(|v| v.message.len());
        keys.chain(texts).sum::<usize>()
    };
    let long = below(&"ä".repeat(1 << 20));
    assert!((64 << 10..66 << 10).contains(&long), "{long}");
    // What has room is whole: a hundred outer keys, and of a fifth each an inner key twice and a text.
    assert_eq!(below(&"x".repeat(300)), (100 + 3 * 20) * 300);
}

/// A message that breaks each kind of rule, and has one of its own inside.
struct Nested {
    inner: Option<Box<Nested>>,
    fails: bool,
}

static NESTED_FIELDS: [json::Field; 6] = [
    json::Field::string(",\"a\":", 1),
    json::Field::string(",\"b\":", 2),
    json::Field::message::<Nested>(",\"one\":", 3).optional(),
    json::Field::message::<Nested>(",\"list\":", 4).repeated(),
    json::Field::message::<Nested>(",\"map\":", 5).map(json::Type::String),
    json::Field::string(",\"c\":", 6).in_oneof(0),
];
static OF_NESTED: MessageInfo = MessageInfo::new::<Nested>("demo.v1.Nested", &NESTED_FIELDS);

impl json::Json for Nested {
    fn info() -> &'static MessageInfo {
        &OF_NESTED
    }

    fn write_json(&self, _: &mut json::Writer) {}

    fn read_json(&mut self, _: &mut json::Reader<'_>) -> Result<(), json::Error> {
        Ok(())
    }
}

impl crate::Validate for Nested {
    fn check(&self, out: &mut Sink) {
        static WHOLE: Rule = Rule::of_message("whole", "");
        static PART: Rule = Rule::of_message("part", "").reading(&[&[1], &[3, 2]]);
        static ONE: Rule = Rule::cel("one", "", 0).reading(&[&[1]]);
        out.add_rule(0, &WHOLE);
        out.add_text(0, &PART, "text");
        if self.fails {
            out.fail_reading(0, &[&[1], &[2]], "reads", cel::Error::INDEX);
            out.fail(2, "fails", cel::Error::INDEX);
        }
        out.add_missing_oneof("choice", &[6]);
        out.add_missing(1);
        out.item(7).add_size(2, "string.max_len", 3);
        if let Some(inner) = &self.inner {
            out.add_rule(3, &ONE);
            out.nested(3, &**inner);
            out.nested_item(4, &**inner, 0);
            out.items(4, std::slice::from_ref(&**inner));
            out.values(5, [(&"k".to_owned(), &**inner)]);
        }
    }
}

fn masked(fails: bool, paths: &[&str]) -> Violations {
    let inner = Some(Box::new(Nested { inner: None, fails: false }));
    let mask = prost_types::FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() };
    match Validator::new().validate_masked(&Nested { inner, fails }, &mask) {
        Ok(()) => Violations::default(),
        Err(error) => error.violations().expect("the paths are fields").clone(),
    }
}

#[test]
fn what_is_not_in_the_mask_does_not_count() {
    let own = |before: &str| {
        [" whole", " part", "choice required", "a required", "b[7] string.max_len"].map(|text| {
            format!("{before}{}{text}", if text.starts_with(' ') || before.is_empty() { "" } else { "." })
        })
    };
    let of_list = ["list[0]", "list[0]", "map[\"k\"]"];
    let cases: [(&[&str], Vec<String>); 8] = [
        (&["a"], vec!["a required".into()]),
        (&["b"], vec!["b[7] string.max_len".into()]),
        (&["c"], vec!["choice required".into()]),
        (&["a", "one.b"], vec![" part".into(), "a required".into(), "one.b[7] string.max_len".into()]),
        (&["one.a"], vec!["one one".into(), "one.a required".into()]),
        (&["one"], [vec!["one one".into()], own("one").to_vec()].concat()),
        (&["list"], of_list[..2].iter().flat_map(|at| own(at)).collect()),
        (&["map"], own(of_list[2]).to_vec()),
    ];
    for (paths, expected) in cases {
        for fails in [false, true] {
            let found = masked(fails, paths);
            let is_read = fails && paths == ["b"];
            assert_eq!(found.failure().is_some(), is_read, "{paths:?}");
            let told: Vec<String> = found.iter().map(|v| format!("{} {}", v.field(), v.rule_id())).collect();
            assert!(is_read || told == expected, "{paths:?}: {told:?}");
        }
    }
    assert!(matches!(masked(true, &["a", "b"]).failure(), Some(Failure::Runtime { rule_id: "reads", .. })));
    assert!(matches!(masked(true, &["b"]).failure(), Some(Failure::Runtime { rule_id: "fails", .. })));
    assert_eq!(masked(false, &["*"]).len(), 5 + 1 + 4 * 5);
}
