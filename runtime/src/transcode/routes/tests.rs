//! Tests of routing, among them against a matcher that goes by the words of the grammar.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

use proptest::prelude::*;

use super::*;
use crate::fuzzing::routes::{found, naively, with_templates};

static ONE: ServiceInfo = ServiceInfo::new("s.One", &[], b"");
static TWO: ServiceInfo = ServiceInfo::new("s.Two", &[], b"");
static THREE: ServiceInfo = ServiceInfo::new("t.Three", &[], b"");

static BINDINGS_ONE: &[Binding] = &[
    Binding::new(0, "GET", "/a"),
    Binding::new(0, "GET", "/a/%3c"),
    Binding::new(0, "POST", "/a/{rest=rest/**}:go"),
    Binding::new(0, "GET", "/a/{rest=rest/**}"),
    Binding::new(0, "PUT", "/a/{id}"),
    Binding::new(0, "GET", "/"),
    Binding::new(0, "GET", "/docs/{name=**}/versions"),
    Binding::new(0, "GET", "/docs/{name=**}/versions/{version}"),
    Binding::new(0, "GET", "/docs/{name=**}"),
    Binding::new(0, "POST", "/verbs/{id}:a:b"),
    Binding::new(0, "POST", "/verbs/{id}:b"),
];
static BINDINGS_TWO: &[Binding] = &[Binding::new(0, "GET", "/a/{id}").declared("s.proto", 7)];
static BINDINGS_THREE: &[Binding] = &[Binding::new(0, "DELETE", "/a"), Binding::new(0, "POST", "/a/b")];

/// What is found: the binding and what of the path it takes, or the methods that are allowed, or nothing.
fn find(table: &Table<&'static str>, method: &str, path: &str) -> String {
    match table.find(&method.parse().unwrap(), path) {
        PathMatch::Binding(RouteMatch { binding, segments, .. }) => {
            format!("{binding:?} takes {}", segments.path(path))
        }
        PathMatch::OtherMethods(allowed) => allowed.header(),
        PathMatch::Nothing => "nothing".to_owned(),
    }
}

fn table(services: &[&'static ServiceInfo]) -> Table<&'static str> {
    let mut table = Table::default();
    for service in services {
        let bindings = match service.name {
            "s.One" => BINDINGS_ONE,
            "s.Two" => BINDINGS_TWO,
            _ => BINDINGS_THREE,
        };
        table.mount(service, bindings, service.name);
    }
    table
}

#[test]
fn paths_lead_to_bindings() {
    let table = table(&[&ONE, &TWO]);
    for (method, path, expected) in [
        ("GET", "/a", "GET /a takes /a"),
        ("HEAD", "/a", "GET /a takes /a"),
        ("POST", "/a", "GET, HEAD, OPTIONS"),
        ("GET", "/a/", "nothing"),
        ("GET", "/a/%3c", "GET /a/%3c takes /a/%3c"),
        ("GET", "/a/%3C", "GET /a/%3c takes /a/%3C"),
        ("GET", "/a/x%zz%", "GET /a/{id} takes /a/x%zz%"),
        ("GET", "/a/rest", "GET /a/{rest=rest/**} takes /a/rest"),
        ("GET", "/a/rest/", "GET /a/{rest=rest/**} takes /a/rest/"),
        ("POST", "/a/rest/x/y:go", "POST /a/{rest=rest/**}:go takes /a/rest/x/y"),
        ("POST", "/a/rest:go", "POST /a/{rest=rest/**}:go takes /a/rest"),
        ("GET", "/a/rest/x:go", "OPTIONS, POST"),
        ("GET", "/a/rest/x:stop", "GET /a/{rest=rest/**} takes /a/rest/x:stop"),
        ("GET", "/a/rest/x:go/y", "GET /a/{rest=rest/**} takes /a/rest/x:go/y"),
        ("GET", "/docs/x/y/versions", "GET /docs/{name=**}/versions takes /docs/x/y/versions"),
        ("GET", "/docs/versions", "GET /docs/{name=**}/versions takes /docs/versions"),
        ("GET", "/docs/x/versions/7", "GET /docs/{name=**}/versions/{version} takes /docs/x/versions/7"),
        (
            "GET",
            "/docs/versions/versions",
            "GET /docs/{name=**}/versions/{version} takes /docs/versions/versions",
        ),
        ("GET", "/docs/x/y", "GET /docs/{name=**} takes /docs/x/y"),
        ("GET", "/docs", "GET /docs/{name=**} takes /docs"),
        ("POST", "/verbs/x:b", "POST /verbs/{id}:b takes /verbs/x"),
        ("POST", "/verbs/x:a:b", "POST /verbs/{id}:a:b takes /verbs/x"),
        ("POST", "/verbs/x:c:b", "POST /verbs/{id}:b takes /verbs/x:c"),
        ("POST", "/verbs/x:b:c", "nothing"),
        ("POST", "/verbs/:b", "nothing"),
        ("GET", "/a/:b", "GET /a/{id} takes /a/:b"),
        ("GET", "/", "GET / takes /"),
        ("GET", "a", "nothing"),
        ("GET", "", "nothing"),
        ("GET", "*", "nothing"),
        ("GET", "//", "nothing"),
        ("GET", "//a", "nothing"),
    ] {
        assert_eq!(find(&table, method, path), expected, "{method} {path}");
    }
}

#[test]
fn a_long_segment_with_escapes_is_one_as_well() {
    let path = format!("/a/{}%c3%a9", "x".repeat(500));
    assert_eq!(find(&table(&[&TWO]), "GET", &path), format!("GET /a/{{id}} takes {path}"));
}

#[test]
fn only_what_is_mounted_is_there() {
    let table = table(&[&TWO]);
    assert_eq!(find(&table, "GET", "/a"), "nothing");
    assert_eq!(find(&table, "PUT", "/a/x"), "GET, HEAD, OPTIONS");
    assert_eq!(find(&table, "GET", "/a/rest:go"), "GET /a/{id} takes /a/rest:go", "nobody has the verb");
}

#[test]
fn text_comes_before_variables_over_all_services() {
    for services in [[&ONE, &TWO, &THREE], [&THREE, &TWO, &ONE]] {
        let table = table(&services);
        table.check().unwrap();
        assert_eq!(find(&table, "DELETE", "/a"), "DELETE /a takes /a");
        assert_eq!(find(&table, "POST", "/a/b"), "POST /a/b takes /a/b");
        assert_eq!(find(&table, "GET", "/a/b"), "GET /a/{id} takes /a/b");
        assert_eq!(find(&table, "PATCH", "/a"), "DELETE, GET, HEAD, OPTIONS");
        assert_eq!(find(&table, "PATCH", "/a/b"), "GET, HEAD, OPTIONS, POST, PUT");
    }
}

#[test]
fn what_takes_any_method_comes_after_what_names_one() {
    static BINDINGS: &[Binding] = &[
        Binding::new(0, "*", "/any"),
        Binding::new(0, "GET", "/any"),
        Binding::new(0, "GET", "/{id}"),
        Binding::new(0, "*", "/closer"),
    ];
    let mut table = Table::default();
    table.mount(&ONE, BINDINGS, "");
    assert_eq!(find(&table, "GET", "/any"), "GET /any takes /any");
    assert_eq!(find(&table, "PUT", "/any"), "* /any takes /any");
    assert_eq!(find(&table, "GET", "/closer"), "* /closer takes /closer", "a closer template comes first");
}

#[test]
fn conflicts_name_both_methods_and_their_places() {
    const METHODS: &[MethodInfo] = &[MethodInfo::new("u.Four", "Get", "", MethodKind::Unary)];
    static FOUR: ServiceInfo = ServiceInfo::new("u.Four", METHODS, b"");
    static BINDINGS: &[Binding] = &[Binding::new(0, "GET", "/a/{name=*}").declared("u/four.proto", 12)];
    let mut table = table(&[&TWO]);
    table.mount(&FOUR, BINDINGS, "u.Four");
    let conflicts = table.check().unwrap_err().to_string();
    assert_eq!(
        conflicts,
        "routes conflict: `GET /a/{name=*}` of u.Four/Get (u/four.proto:12) takes the same requests as \
         `GET /a/{id}` of s.Two/ (s.proto:7)"
    );
    assert_eq!(find(&table, "GET", "/a/x"), "GET /a/{id} takes /a/x", "the first one has it");
    // In the place of the service that it conflicts with there is one that leaves the path alone.
    table.mount(&TWO, BINDINGS_THREE, "s.Two");
    table.check().unwrap();
    assert_eq!(find(&table, "GET", "/a/x"), "GET /a/{name=*} takes /a/x");
    // One without bindings takes nothing over.
    table.mount(&FOUR, &[], "u.Four");
    assert_eq!(find(&table, "GET", "/a/x"), "nothing");
}

#[test]
fn a_path_of_colons_is_looked_at_no_longer_than_a_verb_is() {
    let table = table(&[&ONE]);
    let path = format!("/verbs/{}a:b", ":".repeat(16_000));
    assert_eq!(
        find(&table, "POST", &path),
        format!("POST /verbs/{{id}}:a:b takes /verbs/{}", ":".repeat(15_999))
    );
    assert_eq!(find(&table, "POST", &format!("/verbs/{}", ":".repeat(16_000))), "nothing");
}

#[cfg(feature = "websocket")]
#[test]
fn a_stream_is_found_at_the_binding_that_a_websocket_would_take() {
    const METHODS: &[MethodInfo] = &[
        MethodInfo::new("u.Streams", "Unary", "", MethodKind::Unary),
        MethodInfo::new("u.Streams", "Posted", "", MethodKind::ClientStreaming),
        MethodInfo::new("u.Streams", "Gotten", "", MethodKind::ServerStreaming),
    ];
    static STREAMS: ServiceInfo = ServiceInfo::new("u.Streams", METHODS, b"");
    static BINDINGS: &[Binding] = &[
        Binding::new(1, "POST", "/both"),
        Binding::new(1, "PUT", "/both"),
        Binding::new(2, "GET", "/both"),
        Binding::new(1, "POST", "/posted"),
        Binding::new(0, "GET", "/posted"),
        Binding::new(0, "GET", "/unary"),
    ];
    let mut table = Table::default();
    table.mount(&STREAMS, BINDINGS, ());
    let method = |path| Some(METHODS[usize::from(table.find_stream(path)?.binding.method)].name);
    assert_eq!(method("/both"), Some("Gotten"));
    assert_eq!(method("/posted"), Some("Posted"));
    assert_eq!(method("/unary"), None);
    assert_eq!(method("/nothing"), None);
}

/// Templates of few texts, so that they overlap; `**` at most once.
fn template() -> impl Strategy<Value = String> {
    let segment = prop_oneof![3 => "[ab]", 2 => Just("*".to_owned()), 1 => Just("**".to_owned())];
    let verb = prop_oneof![4 => Just(""), 1 => Just(":a"), 1 => Just(":b:a")];
    (proptest::collection::vec(segment, 1..5), verb).prop_map(|(mut segments, verb)| {
        let mut rest = segments.iter_mut().filter(|segment| *segment == "**");
        rest.next();
        rest.for_each(|segment| "*".clone_into(segment));
        let segments: Vec<_> = (0..)
            .zip(segments)
            .map(
                |(index, segment): (u32, String)| {
                    if segment.starts_with('*') { format!("{{v{index}={segment}}}") } else { segment }
                },
            )
            .collect();
        format!("/{}{verb}", segments.join("/"))
    })
}

/// A path for a template: `one` for each `*`, `rest` for `**`.
fn sample(template: &Template, one: impl Fn(usize) -> &'static str, rest: &[&'static str]) -> String {
    let mut path = String::new();
    for (index, segment) in template.segments.iter().enumerate() {
        match &**segment {
            "**" => rest.iter().for_each(|segment| path.extend(["/", *segment])),
            "*" => path.extend(["/", one(index)]),
            text => path.extend(["/", text]),
        }
    }
    if path.is_empty() {
        path.push('/');
    }
    if !template.verb.is_empty() {
        path.extend([":", &template.verb]);
    }
    path
}

/// All services of a tree in one table: what `protoc-gen-rsvc dump` has written to the file that `RSVC_ROUTES` names. Each
/// route is asked for by paths that it takes, by paths with words of other routes in its variables, and by such with a
/// segment more and less.
#[test]
fn the_routes_of_a_tree_lead_where_a_naive_matcher_says() {
    let Some(path) = std::env::var_os("RSVC_ROUTES") else {
        println!(
            "skipped: the routes of a whole tree (RSVC_ROUTES: a file with what `protoc-gen-rsvc dump` prints)"
        );
        return;
    };
    let dump: &'static str = String::leak(std::fs::read_to_string(path).unwrap());
    let mut services: Vec<(&'static str, Vec<Binding>)> = Vec::new();
    for line in dump.lines() {
        if let Some(service) = line.strip_prefix("  service ") {
            services.push((service.split_once(" -> ").unwrap().0, Vec::new()));
        }
        let binding = line.strip_prefix("      ").and_then(|line| line.split_once(" /"));
        if let Some((verb, template)) =
            binding.filter(|(verb, _)| verb.bytes().all(|b| b.is_ascii_uppercase()))
        {
            let template =
                String::leak(format!("/{}", template.split_once(", ").map_or(template, |(path, _)| path)));
            services.last_mut().unwrap().1.push(Binding::new(0, verb, template));
        }
    }
    let mut table = Table::default();
    let mut all = Vec::new();
    for (index, (_, bindings)) in services.into_iter().enumerate() {
        let bindings: &'static [Binding] = Vec::leak(bindings);
        // Services of several packages have one name here: the table tells them apart by it.
        let info = Box::leak(Box::new(ServiceInfo::new(String::leak(index.to_string()), &[], b"")));
        table.mount(info, bindings, ());
        all.extend(with_templates(bindings));
    }
    let words: Vec<&'static str> = all
        .iter()
        .flat_map(|(template, _)| template.segments.iter().map(|segment| &*String::leak(segment.to_string())))
        .filter(|word| !word.starts_with('*'))
        .collect();
    let mut count = 0;
    for (index, (template, binding)) in all.iter().enumerate() {
        let word = |at: usize| words[(index * 31 + at * 7) % words.len()];
        let plain = sample(template, |_| "x", &["p", "q"]);
        let shorter = plain.rsplit_once('/').unwrap().0;
        let paths = [
            sample(template, word, &[word(0)]),
            sample(template, |_| "x", &[]),
            format!("{plain}/x"),
            format!("/{}", shorter.trim_start_matches('/')),
            plain.clone(),
        ];
        for path in paths {
            let expected = naively(&all, binding.verb, &path);
            let found = found(&table, binding.verb, &path);
            assert_eq!(format!("{found:?}"), format!("{expected:?}"), "{} {path}", binding.verb);
            count += 1;
        }
        assert!(found(&table, binding.verb, &plain).is_some(), "{binding:?}");
    }
    println!("{} routes, {} conflicts, {count} paths", all.len(), table.conflicts.len());
    assert!(count > 0, "there are no routes");
}

proptest! {
    #[test]
    fn finds_what_a_naive_matcher_finds(
        templates in proptest::collection::vec(template(), 1..12),
        split in 0_usize..12,
        paths in proptest::collection::vec("(/([abc]?|a)){1,6}(:[ab](:a)?)?", 1..20),
        // Short paths are looked at in another way.
        before in "(/what_all_have_before)?",
    ) {
        let bindings: Vec<_> = templates
            .into_iter()
            .map(|template| Binding::new(0, "GET", String::leak(before.clone() + &template)))
            .collect();
        let bindings: &'static [Binding] = Vec::leak(bindings);
        let (first, second) = bindings.split_at(split.min(bindings.len()));
        let mut table = Table::default();
        table.mount(&ONE, first, ());
        table.mount(&TWO, second, ());
        let bindings = with_templates(bindings);
        for path in paths.into_iter().map(|path| before.clone() + &path) {
            let template = |binding: &'static Binding| binding.template;
            let expected = naively(&bindings, "GET", &path).map(template);
            prop_assert_eq!(found(&table, "GET", &path).map(template), expected, "{}", path);
        }
    }
}
