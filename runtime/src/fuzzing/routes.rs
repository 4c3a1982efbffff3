//! Tables of routes, beside a matcher that goes by the words of the grammar and tries every template.

use std::borrow::Cow;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::slice;

use super::input::Input;
use crate::method::ServiceInfo;
use crate::transcode::binding::Binding;
use crate::transcode::routes::{PathMatch, Table, Template};

/// Each template is in a service of its own, so that the table is one that was merged.
static SERVICES: [ServiceInfo; 8] = {
    const NAMES: [&str; 8] = ["s.A", "s.B", "s.C", "s.D", "s.E", "s.F", "s.G", "s.H"];
    let mut services = [ServiceInfo::new("", &[], b""); 8];
    let mut index = 0;
    while index < services.len() {
        services[index] = ServiceInfo::new(NAMES[index], &[], b"");
        index += 1;
    }
    services
};

const SINGLES: [&str; 4] = ["{v0}", "{v1}", "{v2}", "{v3}"];
const RESTS: [&str; 4] = ["{v0=**}", "{v1=**}", "{v2=**}", "{v3=**}"];
const METHODS: [&str; 3] = ["GET", "POST", "*"];

thread_local! {
    /// Bindings are constants of a program: each is made once.
    static BINDINGS: RefCell<HashMap<(u8, String), &'static Binding>> = RefCell::default();
}

/// Steers: how many templates there are, and for each its method, its segments and its custom verb. What is left are
/// paths, one a line.
pub(super) fn routes(data: &[u8]) {
    let mut input = Input(data);
    let count = usize::from(input.byte()) % SERVICES.len() + 1;
    let mut table = Table::default();
    let mut all = Vec::new();
    for service in &SERVICES[..count] {
        let binding = slice::from_ref(binding(&mut input));
        table.mount(service, binding, ());
        all.extend(with_templates(binding));
    }
    for line in input.0.split(|&byte| byte == b'\n') {
        let Ok(line) = str::from_utf8(line) else { continue };
        let path = format!("/{line}");
        for method in ["GET", "POST", "PUT"] {
            let expected = naively(&all, method, &path).map(|binding| binding.template);
            let found = found(&table, method, &path).map(|binding| binding.template);
            assert_eq!(found, expected, "{method} {path}");
        }
    }
}

/// A valid template of few texts, so that many overlap.
fn binding(input: &mut Input<'_>) -> &'static Binding {
    let method = input.byte() % 3;
    let mut template = String::new();
    let mut has_rest = false;
    for index in 0..=input.byte() % 4 {
        template.push('/');
        template += match input.byte() % 6 {
            0 => "a",
            1 => "b",
            2 => "%3C",
            3 if !has_rest => {
                has_rest = true;
                RESTS[usize::from(index)]
            }
            _ => SINGLES[usize::from(index)],
        };
    }
    template.push_str(["", "", ":a", ":b", ":b:a"][usize::from(input.byte() % 5)]);
    BINDINGS.with_borrow_mut(|bindings| {
        *bindings.entry((method, template)).or_insert_with_key(|(method, template)| {
            let template = String::leak(template.clone());
            Box::leak(Box::new(Binding::new(0, METHODS[usize::from(*method)], template)))
        })
    })
}

/// By the grammar's own words, one segment after the other.
fn takes(template: &[Cow<'static, str>], path: &[&str], may_end_empty: bool) -> bool {
    match (template.split_first(), path) {
        (None, _) => path.is_empty(),
        (Some((first, template)), _) if first == "**" => {
            (0..=path.len()).any(|taken| takes(template, &path[taken..], may_end_empty))
        }
        (Some((first, template)), [segment, path @ ..]) => {
            let is_last_slash = segment.is_empty() && path.is_empty() && !may_end_empty;
            (first == segment || first == "*" && !is_last_slash) && takes(template, path, may_end_empty)
        }
        (Some(_), []) => false,
    }
}

/// Text before `*` before `**`; behind `**`, more segments before fewer.
fn specificity(a: &[Cow<'static, str>], b: &[Cow<'static, str>]) -> Ordering {
    let rank = |segment: &str| match segment {
        "**" => 2,
        "*" => 1,
        _ => 0,
    };
    for (at, (x, y)) in a.iter().zip(b).enumerate() {
        if x == "**" && y == "**" {
            return b.len().cmp(&a.len()).then_with(|| specificity(&a[at + 1..], &b[at + 1..]));
        }
        let order = rank(x).cmp(&rank(y));
        if order != Ordering::Equal {
            return order;
        }
    }
    // Both take the same path, so that there is `**` in the longer one's rest.
    a.len().cmp(&b.len())
}

/// Bindings for a matcher that tries all of them.
pub(crate) fn with_templates(bindings: &'static [Binding]) -> Vec<(Template, &'static Binding)> {
    bindings.iter().map(|binding| (Template::of(binding), binding)).collect()
}

/// The binding of a method that such a matcher finds.
pub(crate) fn naively(
    bindings: &[(Template, &'static Binding)],
    method: &str,
    path: &str,
) -> Option<&'static Binding> {
    // The case of an escape's digits says nothing.
    let bytes = path.as_bytes();
    let is_escape = |at: usize| {
        let digits = bytes.get(at + 1..at + 3);
        bytes[at] == b'%' && digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let upper = bytes.iter().enumerate().map(|(at, byte)| {
        let is_digit = (1..=2).any(|back| at >= back && is_escape(at - back));
        if is_digit { byte.to_ascii_uppercase() } else { *byte }
    });
    let path = &*String::from_utf8(upper.collect()).expect("letters for letters");
    let last = path.rfind('/').expect("paths begin with a slash") + 1;
    let colons = path[last..].match_indices(':').map(|(at, _)| last + at);
    // A verb is a literal, so it is not empty: `/a:` is not `/a`.
    let verbs = colons.map(|colon| (&path[..colon], &path[colon + 1..])).filter(|(_, verb)| !verb.is_empty());
    let cuts = verbs.chain([(path, "")]);
    for (path, verb) in cuts {
        let path: Vec<_> = path[1..].split('/').collect();
        let takes = |may_end_empty| {
            let path = &path;
            bindings.iter().filter(move |(template, _)| {
                template.verb == verb && takes(&template.segments, path, may_end_empty)
            })
        };
        if takes(false).next().is_some() {
            let of_method = takes(false).filter(|(_, binding)| binding.verb == method || binding.verb == "*");
            // Of equals the first one is found, and one that names its method before one that takes any.
            let best = of_method.min_by(|(a, x), (b, y)| {
                specificity(&a.segments, &b.segments).then((x.verb == "*").cmp(&(y.verb == "*")))
            });
            return best.map(|(_, binding)| *binding);
        }
        if !verb.is_empty() && path.last() == Some(&"") && takes(true).next().is_some() {
            return None;
        }
    }
    None
}

/// The binding that is found.
pub(crate) fn found(table: &Table<()>, method: &str, path: &str) -> Option<&'static Binding> {
    match table.find(&method.parse().expect("a method"), path) {
        PathMatch::Binding(found) => Some(found.binding),
        _ => None,
    }
}
