use http::header::{IF_MATCH, IF_NONE_MATCH};
use proptest::prelude::*;

use super::*;

fn tag(text: &str) -> EntityTag {
    EntityTag::parse(text.as_bytes()).unwrap()
}

fn condition(lines: &[&[u8]]) -> Option<Condition> {
    Condition::parse(lines.iter().copied())
}

#[test]
fn what_a_tag_is() {
    for text in ["\"\"", "\"a\"", "W/\"a\"", "\"!#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\"", "\"W/\""] {
        assert_eq!(tag(text).to_string(), text);
        assert_eq!(tag(text).to_header(), text);
    }
    for text in [
        "", "a", "\"", "\"a", "a\"", "w/\"a\"", "W\"a\"", "W/ \"a\"", "\"a\"b", "\"a b\"", "\"\t\"",
        "\"\x7f\"", "*",
    ] {
        assert_eq!(EntityTag::parse(text.as_bytes()), None, "{text:?}");
    }
    assert_eq!(EntityTag::parse(b"\"\x80\xff\"").unwrap().opaque(), [0x80, 0xff]);
}

#[test]
fn tags_of_versions() {
    let at = |seconds, nanos| Timestamp { seconds, nanos };
    let of = |version: &dyn Version| version.entity_tag().map(|tag| tag.to_string());
    for (version, expected) in [
        (&7i32 as &dyn Version, "\"7\""),
        (&0i64, "\"0\""),
        (&-1i64, "\"-1\""),
        (&u32::MAX, "\"4294967295\""),
        (&u64::MAX, "\"18446744073709551615\""),
        (&"a-b_c:d".to_owned(), "\"a-b_c:d\""),
        (&"a b", "\"a%20b\""),
        (&"7~gzip", "\"7%7Egzip\""),
        (&"50%", "\"50%25\""),
        (&"ü", "\"%C3%BC\""),
        (&"say \"x\"", "\"say%20%22x%22\""),
        (&"\"quoted\"", "\"quoted\""),
        (&"W/\"weak\"", "W/\"weak\""),
        (&vec![0x0bu8, 0xff], "\"0bff\""),
        (&Bytes::from_static(b"a"), "\"61\""),
        (&at(1, 0), "\"1.000000000\""),
        (&at(-1, 5), "\"-1.000000005\""),
        (&Some(3u32), "\"3\""),
    ] {
        assert_eq!(of(version).as_deref(), Some(expected));
    }
    for version in [&"" as &dyn Version, &String::new(), &Vec::<u8>::new(), &Bytes::new(), &None::<u64>] {
        assert_eq!(of(version), None);
    }
}

#[test]
fn the_two_comparisons_of_rfc_9110() {
    for (one, other, strong, weak) in [
        ("W/\"1\"", "W/\"1\"", false, true),
        ("W/\"1\"", "W/\"2\"", false, false),
        ("W/\"1\"", "\"1\"", false, true),
        ("\"1\"", "\"1\"", true, true),
    ] {
        for (one, other) in [(tag(one), tag(other)), (tag(other), tag(one))] {
            assert_eq!((one.matches_strongly(&other), one.matches_weakly(&other)), (strong, weak));
        }
    }
}

#[test]
fn lists() {
    let tags = |tags: &[&str]| Some(Condition::Tags(tags.iter().map(|text| tag(text)).collect()));
    for (lines, expected) in [
        (&["*"][..], Some(Condition::Any)),
        (&[" *\t"], Some(Condition::Any)),
        (&[""], tags(&[])),
        (&["\"a\""], tags(&["\"a\""])),
        (&["\"a\",W/\"b\" ,\t\"c,d\""], tags(&["\"a\"", "W/\"b\"", "\"c,d\""])),
        (&[", \"a\" ,, \"b\","], tags(&["\"a\"", "\"b\""])),
        (&["\"a\"", "", "\"b\""], tags(&["\"a\"", "\"b\""])),
        (&["*, \"a\""], None),
        (&["\"a\", *"], None),
        (&["*", "*"], None),
        (&["*", "\"a\""], None),
        (&["\"a\"", "*"], None),
        (&["\"a\" \"b\""], None),
        (&["\"a\"W/\"b\""], None),
        (&["a"], None),
        (&["\"a\", b"], None),
        (&["\"a"], None),
    ] {
        let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
        assert_eq!(condition(&lines), expected, "{lines:?}");
    }
}

#[test]
fn no_header_is_no_condition() {
    let mut headers = HeaderMap::new();
    assert_eq!(Condition::of(&headers, &IF_MATCH), None);
    headers.insert(IF_MATCH, HeaderValue::from_static("x"));
    assert_eq!(Condition::of(&headers, &IF_MATCH), Some(Err(Malformed)));
    assert_eq!(Condition::of(&headers, &IF_NONE_MATCH), None);
}

#[test]
fn what_names_a_response() {
    let (seven, weak) = (tag("\"7\""), tag("W/\"7\""));
    let both = condition(&[b"\"6\", \"7\""]).unwrap();
    assert!(both.has_strong(Some(&seven)) && both.has_weak(Some(&seven)));
    assert!(!both.has_strong(Some(&weak)) && both.has_weak(Some(&weak)));
    assert!(!both.has_strong(None) && !both.has_weak(None));
    assert!(Condition::Any.has_strong(None) && Condition::Any.has_weak(None));
    let compressed = condition(&[b"\"7~gzip\""]).unwrap();
    assert!(!compressed.has_strong(Some(&seven)) && !compressed.has_weak(Some(&seven)));
}

#[test]
fn a_change_knows_its_version_in_every_form() {
    let seven = tag("\"7\"");
    let names = |text: &str| condition(&[text.as_bytes()]).unwrap().has_version(Some(&seven));
    for text in ["\"7\"", "\"7~gzip\"", "\"7~proto\"", "\"7~proto~br\"", "\"1\", \"7~zstd\"", "*"] {
        assert!(names(text), "{text}");
    }
    for text in
        ["\"70\"", "\"7~\"", "\"7~gzip~\"", "\"7~other\"", "\"7~gzipx\"", "\"\"", "W/\"7\"", "W/\"7~gzip\""]
    {
        assert!(!names(text), "{text}");
    }
    assert!(!condition(&[b"\"7\""]).unwrap().has_version(None));
    assert!(!condition(&[b"\"7\""]).unwrap().has_version(Some(&tag("W/\"7\""))));
    assert!(condition(&[b"W/\"7~gzip\""]).unwrap().has_version_weakly(Some(&seven)));
    assert!(!condition(&[b"W/\"8\""]).unwrap().has_version_weakly(Some(&seven)));
}

#[test]
fn a_form_belongs_to_a_strong_tag_alone() {
    for (before, after) in
        [("\"7\"", "\"7~gzip\""), ("W/\"7\"", "W/\"7\""), ("7", "7"), ("\"7~proto\"", "\"7~proto~gzip\"")]
    {
        let mut headers = HeaderMap::from_iter([(ETAG, HeaderValue::from_static(before))]);
        add_form(&mut headers, "gzip");
        assert_eq!(headers[ETAG], after);
    }
    let mut none = HeaderMap::new();
    add_form(&mut none, "gzip");
    assert!(none.is_empty());
}

/// Bytes that a header can have, with those that a list is made of more often.
fn header_bytes() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        4 => prop::sample::select(b"\"\"\",,W/* \ta~%".to_vec()),
        1 => (0x20u8..=0xff).prop_filter("no control", |byte| *byte != 0x7f),
    ];
    prop::collection::vec(byte, 0..40)
}

fn any_tag() -> impl Strategy<Value = EntityTag> {
    let byte = any::<u8>().prop_filter("allowed in a tag", |byte| is_etagc(*byte));
    (any::<bool>(), prop::collection::vec(byte, 0..12))
        .prop_map(|(is_weak, opaque)| EntityTag { is_weak, opaque })
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(lines in prop::collection::vec(header_bytes(), 1..4)) {
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        if let Some(Condition::Tags(tags)) = condition(&lines) {
            // What was read says the same when it is written again.
            let written: Vec<_> = tags.iter().map(EntityTag::to_header).collect();
            let written: Vec<&[u8]> = written.iter().map(HeaderValue::as_bytes).collect();
            let list = written.join(&b", "[..]);
            prop_assert_eq!(condition(&[&list]), Some(Condition::Tags(tags)));
        }
    }

    #[test]
    fn lists_come_back(tags in prop::collection::vec(any_tag(), 0..6), spread in any::<bool>()) {
        let written: Vec<_> = tags.iter().map(EntityTag::to_header).collect();
        let lines: Vec<&[u8]> = written.iter().map(HeaderValue::as_bytes).collect();
        let joined = lines.join(&b" ,\t"[..]);
        let read = if spread && !lines.is_empty() { condition(&lines) } else { condition(&[&joined]) };
        prop_assert_eq!(read, Some(Condition::Tags(tags)));
    }

    #[test]
    fn other_versions_have_other_tags(one in ".{0,8}", other in ".{0,8}") {
        let (a, b) = (one.entity_tag(), other.entity_tag());
        let is_quoted = |text: &str| EntityTag::parse(text.as_bytes()).is_some();
        if !is_quoted(&one) && !is_quoted(&other) {
            prop_assert_eq!(a == b, one == other);
            // Nor is one of them a form of the other.
            if let (Some(a), Some(b)) = (&a, &b) {
                prop_assert_eq!(a.is_form_of(b), one == other);
            }
        }
        if let Some(a) = a {
            prop_assert_eq!(EntityTag::parse(a.to_header().as_bytes()), Some(a));
        }
    }
}
