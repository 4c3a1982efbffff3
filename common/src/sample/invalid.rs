//! Messages that may break a rule, for who wants those that break exactly one.

use super::random::Random;
use super::repair::{Changer, set, unset};
use super::solver::{LONGEST, Solver};
use super::table::{Field, Kind, Known, Rules, Scalar, Tables, Type, Value};
use super::{change, words};

/// The most that are made.
const MOST: usize = 1_500;
/// How deep messages are changed.
const DEPTH: usize = 3;
/// How often a rule between fields is tried.
const RELATIONS: usize = 32;

/// Changes of a valid message, each in one place. Some break a rule, some more than one, and some none: the caller tells.
pub fn invalid(solver: Solver<'_>, id: usize, value: &Value, seed: u64) -> Vec<Value> {
    let mut random = Random::new(seed);
    let mut out = Vec::new();
    changes(solver, id, value, 0, &mut random, &mut out);
    out.truncate(MOST);
    out
}

fn changes(
    solver: Solver<'_>,
    id: usize,
    value: &Value,
    depth: usize,
    random: &mut Random,
    out: &mut Vec<Value>,
) {
    let tables = solver.tables;
    let message = &tables.messages[id];
    let Value::Message(fields) = value else { return };
    let held = |at: usize| fields.iter().find(|(known, _)| *known == at).map(|(_, value)| value);
    for (at, field) in message.fields.iter().enumerate() {
        // Another member of its oneof would take the place of one that is there.
        let taken = held(at).is_none() && field.oneof.is_some();
        let mut with = |new: Option<Value>| {
            let mut changed = value.clone();
            match new {
                Some(new) => set(message, &mut changed, at, new),
                None => unset(&mut changed, at),
            }
            out.push(changed);
        };
        if held(at).is_some() {
            with(None);
        }
        if taken && random.once_in(2) {
            continue;
        }
        for new in breaking(solver, field, held(at), random) {
            with(Some(new));
        }
        for _ in 0..4 {
            let other = Changer { solver, random }.other(id, at);
            with(other);
        }
    }
    // Two of a group, and none of it.
    for group in &message.groups {
        let mut all = value.clone();
        let mut none = value.clone();
        for at in &group.fields {
            if let Some(new) = held(*at).cloned().or_else(|| solver.field(id, *at, random)) {
                set(message, &mut all, *at, new);
            }
            unset(&mut none, *at);
        }
        out.extend([all, none]);
    }
    for oneof in &message.oneofs {
        let mut none = value.clone();
        oneof.fields.iter().for_each(|at| unset(&mut none, *at));
        out.push(none);
    }
    for relation in &message.relations {
        for _ in 0..RELATIONS {
            let mut changed = value.clone();
            Changer { solver, random }.relation(id, &mut changed, &relation.rule);
            out.push(changed);
        }
    }
    if depth < DEPTH {
        below(solver, id, value, depth, random, out);
    }
}

/// Changes in the messages of a message.
fn below(
    solver: Solver<'_>,
    id: usize,
    value: &Value,
    depth: usize,
    random: &mut Random,
    out: &mut Vec<Value>,
) {
    let message = &solver.tables.messages[id];
    let Value::Message(fields) = value else { return };
    for (at, held) in fields {
        let Type::Message(inner) = message.fields[*at].kind.value() else { continue };
        let mut found = Vec::new();
        let first = match held {
            Value::List(items) => items.first(),
            Value::Map(pairs) => pairs.first().map(|(_, value)| value),
            one => Some(one),
        };
        let Some(first) = first else { continue };
        changes(solver, inner, first, depth + 1, random, &mut found);
        for new in found {
            let new = match held {
                Value::List(items) => Value::List([&[new], &items[1..]].concat()),
                Value::Map(pairs) => Value::Map([&[(pairs[0].0.clone(), new)], &pairs[1..]].concat()),
                _ => new,
            };
            let mut changed = value.clone();
            set(message, &mut changed, *at, new);
            out.push(changed);
        }
    }
}

/// Values of a field that may break its rules.
fn breaking(solver: Solver<'_>, field: &Field, held: Option<&Value>, random: &mut Random) -> Vec<Value> {
    let rules = &field.rules;
    let each = rules.each.as_deref().unwrap_or(const { &Rules::NONE });
    let small = |n: u64| usize::try_from(n).ok().filter(|n| *n <= LONGEST);
    match (field.kind, held) {
        (Kind::One(ty), held) => values(solver.tables, ty, rules, held, solver.now, random),
        (Kind::List(ty), held) => {
            let items = if let Some(Value::List(items)) = held { items.clone() } else { Vec::new() };
            let mut out = Vec::new();
            if let Some(least) = small(rules.items.min).filter(|least| *least > 0 && *least <= items.len()) {
                out.push(Value::List(items[..least - 1].to_vec()));
            }
            if let Some(most) = small(rules.items.max) {
                let mut many = items.clone();
                while many.len() <= most {
                    let Some(item) = solver.item(field, random) else { break };
                    if !many.contains(&item) || !rules.unique || random.once_in(64) {
                        many.push(item);
                    }
                }
                out.push(Value::List(many));
            }
            if let Some(first) = items.first() {
                out.push(Value::List([&items[..], std::slice::from_ref(first)].concat()));
                if items.len() > 1 {
                    out.push(Value::List([&items[1..], &[items[1].clone()]].concat()));
                }
            }
            for new in values(solver.tables, ty, each, items.first(), solver.now, random) {
                out.push(Value::List([&[new], items.get(1..).unwrap_or(&[])].concat()));
            }
            out
        }
        (Kind::Map(key, ty), held) => {
            let pairs = if let Some(Value::Map(pairs)) = held { pairs.clone() } else { Vec::new() };
            let keys = rules.keys.as_deref().unwrap_or(const { &Rules::NONE });
            let mut out = Vec::new();
            if let Some(least) = small(rules.items.min).filter(|least| *least > 0 && *least <= pairs.len()) {
                out.push(Value::Map(pairs[..least - 1].to_vec()));
            }
            let Some(first) = pairs.first() else { return out };
            if let Some(most) = small(rules.items.max)
                && let Kind::Map(Scalar::String, _) = field.kind
            {
                let more = (0..=most).map(|n| (Value::Text(format!("key-{n}")), first.1.clone()));
                out.push(Value::Map(more.collect()));
            }
            for new in values(solver.tables, Type::Scalar(key), keys, Some(&first.0), solver.now, random) {
                let mut changed = pairs.clone();
                changed[0].0 = new;
                out.push(Value::Map(changed));
            }
            for new in values(solver.tables, ty, each, Some(&first.1), solver.now, random) {
                let mut changed = pairs.clone();
                changed[0].1 = new;
                out.push(Value::Map(changed));
            }
            out
        }
    }
}

/// Values of a type that may break their rules.
fn values(
    tables: &Tables,
    ty: Type,
    rules: &Rules,
    held: Option<&Value>,
    now: Option<i64>,
    random: &mut Random,
) -> Vec<Value> {
    let mut out: Vec<Value> = ty.zero(tables).into_iter().collect();
    out.extend(rules.not.iter().cloned());
    match ty {
        Type::Scalar(scalar) | Type::Known(Known::Wrapper(scalar)) => match scalar {
            Scalar::Bool => out.extend([Value::Bool(true), Value::Bool(false)]),
            Scalar::String => out.extend(texts(rules, held).into_iter().map(Value::Text)),
            Scalar::Bytes => out.extend(bytes(rules, held).into_iter().map(Value::Bytes)),
            Scalar::Float | Scalar::Double => {
                let edges = [&rules.lower, &rules.upper].into_iter().flatten().map(|bound| &bound.value);
                let edges = edges.chain(&rules.constant).chain(&rules.among);
                let near =
                    edges.filter_map(|value| if let Value::Double(d) = value { Some(*d) } else { None });
                let near = near.flat_map(|d| [d, d - 1.0, d + 1.0]);
                let all = near.chain([f64::NAN, f64::INFINITY, 0.25, -1.5]);
                out.extend(all.map(|d| Value::Double(super::numbers::round(scalar, d))));
            }
            _ => out.extend(integers(scalar, rules)),
        },
        Type::Enum(id) => {
            let known = tables.enums[id].values.iter().map(|value| value.1);
            let most = known.clone().max().unwrap_or(0);
            out.extend(known.take(32).map(|n| Value::Int(n.into())));
            if !tables.enums[id].closed {
                out.extend(most.checked_add(1).map(|n| Value::Int(n.into())));
            }
        }
        Type::Known(Known::Timestamp | Known::Duration) => {
            let edges = [&rules.lower, &rules.upper].into_iter().flatten().map(|bound| &bound.value);
            for edge in edges.chain(&rules.constant).chain(&rules.among) {
                if let Value::Time(seconds, nanos) = edge {
                    out.extend([-1, 0, 1].map(|by| Value::Time(seconds.saturating_add(by), *nanos)));
                }
            }
            let now = now.unwrap_or(0);
            out.extend(
                [0, 1, now - 864_000, now + 864_000, now + 4_000_000_000].map(|at| Value::Time(at, 0)),
            );
        }
        Type::Known(Known::FieldMask) => {
            let paths = ["nothing_of_it", "name", "value"];
            out.extend(paths.map(|path| Value::List(vec![Value::Text(path.into())])));
        }
        Type::Known(Known::Any) => out.extend(["Duration", "Timestamp"].map(|name| {
            let value = if name == "Duration" { "1s" } else { "2026-01-15T09:30:00Z" };
            Value::Json(format!(
                "{{\"@type\":\"type.googleapis.com/google.protobuf.{name}\",\"value\":\"{value}\"}}"
            ))
        })),
        Type::Message(_) | Type::Known(_) => {}
    }
    if !rules.literals.is_empty() {
        out.extend((0..12).filter_map(|_| change::by_literals(ty, &rules.literals, random)));
    }
    out
}

fn integers(scalar: Scalar, rules: &Rules) -> Vec<Value> {
    let Some((least, most)) = scalar.range() else { return Vec::new() };
    let edges = [&rules.lower, &rules.upper].into_iter().flatten().map(|bound| &bound.value);
    let edges = edges.chain(&rules.constant).chain(&rules.among);
    let near = edges.filter_map(|value| if let Value::Int(n) = value { Some(*n) } else { None });
    let all = near.flat_map(|n| [n, n - 1, n + 1]).chain([0, 1, -1, 7]);
    all.filter(|n| (least..=most).contains(n)).map(Value::Int).collect()
}

fn texts(rules: &Rules, held: Option<&Value>) -> Vec<String> {
    let held = if let Some(Value::Text(held)) = held { held.as_str() } else { "" };
    let mut random = Random::new(held.len() as u64);
    let word = words::handle(words::Persona::new(&mut random));
    let mut out: Vec<String> = ["", " ", "~!~", "not at all", "\u{1}", "X", "7"].map(String::from).to_vec();
    out.extend([format!("{held} "), format!("{held}!"), format!("!{held}"), word]);
    out.extend([held.to_ascii_uppercase(), held.chars().rev().collect(), held.chars().skip(1).collect()]);
    let mut short: String = held.to_owned();
    short.pop();
    out.push(short);
    for part in [&rules.lacks, &rules.constant].into_iter().flatten() {
        if let Value::Text(part) = part {
            out.extend([format!("{held}{part}"), part.clone()]);
        }
    }
    for part in [&rules.prefix, &rules.suffix, &rules.contains].into_iter().flatten() {
        if let Value::Text(part) = part {
            out.extend([held.replace(part, ""), held.replace(part, "x")]);
        }
    }
    let sized = |count: u64, filler: char| {
        let count = usize::try_from(count).ok().filter(|count| *count <= LONGEST)?;
        let rest = std::iter::repeat(held.chars().last().filter(|_| filler == ' ').unwrap_or(filler));
        Some(held.chars().chain(rest).take(count).collect::<String>())
    };
    for sizes in [rules.length, rules.bytes] {
        for filler in ['x', 'a', '0', ' ', 'é'] {
            out.extend(sizes.min.checked_sub(1).and_then(|count| sized(count, filler)));
            out.extend(sizes.max.checked_add(1).and_then(|count| sized(count, filler)));
        }
    }
    out
}

fn bytes(rules: &Rules, held: Option<&Value>) -> Vec<Vec<u8>> {
    let held = if let Some(Value::Bytes(held)) = held { held.clone() } else { Vec::new() };
    let mut out = vec![Vec::new(), b"x".to_vec(), vec![0xff; 3], held.iter().rev().copied().collect()];
    out.push([&held[..], b"!"].concat());
    out.push([b"!", &held[..]].concat());
    let sized = |count: u64| {
        let count = usize::try_from(count).ok().filter(|count| *count <= LONGEST)?;
        Some(held.iter().copied().chain(std::iter::repeat(b'x')).take(count).collect::<Vec<u8>>())
    };
    out.extend(rules.length.min.checked_sub(1).and_then(sized));
    out.extend(rules.length.max.checked_add(1).and_then(sized));
    // Of the same length, and of other content.
    out.push(vec![b'z'; held.len()]);
    if let Some(Value::Bytes(constant)) = &rules.constant {
        out.push([&constant[..], b"x"].concat());
    }
    out
}
