//! Standard rules as native code against the same rules from their CEL, on many messages of every type of the
//! conformance cases: values at, below and above what the rules say, and formats right and almost right.
//!
//! Nothing of it may panic either, whatever the message.
#![cfg(protovalidate_cases)]

use std::path::Path;

use conformance::protovalidate::{Outcome, Rules, validate};
use prost::Message as _;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage as _, Value,
};
use protoc_gen_rsvc::diag::Sink;
use protoc_gen_rsvc::input::{Source, load};

/// Messages of each type.
const ROUNDS: usize = 150;
/// How deep messages nest.
const DEPTH: usize = 3;

#[test]
fn native_rules_agree_with_their_cel() {
    let shared = std::env::var_os("RSVC_SHARED").expect("the cases were there at build time");
    let schema = Path::new(&shared).join("conformance/protovalidate/cases_schema.binpb");
    // Through the generator's own loader, since prost-reflect does not know of editions.
    let source = Source::DescriptorSetFile { path: schema, files: Vec::new() };
    let pool = load(&source, &mut Sink::default()).unwrap().pool;
    let (mut types, mut valid, mut invalid) = (0, 0, 0);
    let mut wrong = Vec::new();
    for message in pool.all_messages() {
        let name = message.full_name();
        if !name.starts_with("buf.validate.conformance.cases.") || message.is_map_entry() {
            continue;
        }
        types += 1;
        let mut sweep = Sweep { random: Random(seed(name)), constants: constants(&message) };
        for _ in 0..ROUNDS {
            let value = sweep.message(&message, DEPTH);
            let bytes = value.encode_to_vec();
            let native = validate(Rules::Native, name, &bytes).map(show);
            let cel = validate(Rules::Cel, name, &bytes).map(show);
            match &native {
                Some(text) if text.is_empty() => valid += 1,
                _ => invalid += 1,
            }
            if native != cel {
                wrong.push(format!("{name}\n  {value}\n  native: {native:?}\n  cel:    {cel:?}"));
                break;
            }
        }
    }
    assert!(types > 700, "the types are gone: {types}");
    assert!(valid > 10_000 && invalid > 10_000, "the sweep is one-sided: {valid} valid, {invalid} invalid");
    assert!(wrong.is_empty(), "{} types differ:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}

/// An outcome in the form in which the two must be equal; empty for a valid message.
fn show(outcome: Outcome) -> String {
    let violations = match outcome {
        Err(_) => return "cannot be read".into(),
        Ok(Ok(())) => return String::new(),
        Ok(Err(violations)) => violations,
    };
    if let Some(failure) = violations.failure() {
        return format!("{:?}", std::mem::discriminant(failure));
    }
    let mut lines: Vec<_> = violations
        .iter()
        .map(|v| {
            let rule: Vec<_> = v.rule_path().iter().map(|e| e.name().to_owned()).collect();
            format!("{} {} {rule:?} {:?} {}", v.field(), v.rule_id(), v.message(), v.for_key())
        })
        .collect();
    lines.sort();
    lines.join("\n")
}

/// What is worth trying in a message: everything that its rules name.
#[derive(Default)]
struct Constants {
    ints: Vec<i128>,
    floats: Vec<f64>,
    strings: Vec<String>,
    bytes: Vec<Vec<u8>>,
}

fn constants(message: &MessageDescriptor) -> Constants {
    let mut out = Constants::default();
    let mut options: Vec<DynamicMessage> = message.fields().map(|f| f.options()).collect();
    // Messages inside have rules of their own, which are about the same kinds of values.
    for field in message.fields() {
        if let Kind::Message(inner) = field.kind() {
            options.extend(inner.fields().map(|f| f.options()));
        }
    }
    for options in options {
        harvest(&Value::Message(options), &mut out);
    }
    out
}

fn harvest(value: &Value, out: &mut Constants) {
    match value {
        Value::Bool(_) => {}
        Value::I32(n) | Value::EnumNumber(n) => out.ints.push((*n).into()),
        Value::I64(n) => out.ints.push((*n).into()),
        Value::U32(n) => out.ints.push((*n).into()),
        Value::U64(n) => out.ints.push((*n).into()),
        Value::F32(n) => out.floats.push((*n).into()),
        Value::F64(n) => out.floats.push(*n),
        Value::String(s) => out.strings.push(s.clone()),
        Value::Bytes(b) => out.bytes.push(b.to_vec()),
        Value::List(items) => items.iter().for_each(|item| harvest(item, out)),
        Value::Map(entries) => entries.values().for_each(|value| harvest(value, out)),
        Value::Message(message) => {
            message.fields().for_each(|(_, value)| harvest(value, out));
            message.extensions().for_each(|(_, value)| harvest(value, out));
        }
    }
}

/// A generator of numbers that are the same in every run.
struct Random(u64);

fn seed(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("it is in range")
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

const STRINGS: &[&str] = &[
    "",
    "a",
    "ab",
    "abc",
    "abcdef",
    "foo",
    "bar",
    "foobar",
    "baz",
    "é",
    "😀😅",
    "日本語",
    "foo@bar.com",
    "foo@bar",
    "@",
    "foo@",
    "a@b@c",
    "x@-a",
    "example.com",
    "example.com.",
    "-a.com",
    "a-.com",
    "1.2.3",
    "a..b",
    "127.0.0.1",
    "256.0.0.1",
    "01.2.3.4",
    "1.2.3",
    "::1",
    "::",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7::",
    "1::2::3",
    "::ffff:1.2.3.4",
    "fe80::1%eth0",
    "fe80::1%",
    "127.0.0.0/16",
    "127.0.1.1/16",
    "127.0.0.0/33",
    "127.0.0.0/08",
    "2001:db8::/32",
    "2001:db8::1/32",
    "::/129",
    "::/0",
    "https://example.com/a?b=c#d",
    "example",
    "//host/path",
    "a:b",
    "http://[::1]:80/",
    "http://[::1",
    "http://a b",
    "http://%61.com",
    "http://%ff.com",
    "/x?y#z",
    "%",
    "00000000-0000-0000-0000-000000000000",
    "00000000000000000000000000000000",
    "0000000-0000-0000-0000-0000000000000",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "81ARZ3NDEKTSV4RRFFQ69G5FAV",
    "01ARZ3NDEKTSV4RRFFQ69G5FAI",
    "a.b.C",
    ".a.b",
    "a.1b",
    "localhost:80",
    "localhost",
    "[::1]:99",
    "[::1]",
    "1.2.3.4:65536",
    "1.2.3.4:080",
    ":authority",
    "x-header",
    "x y",
    "line\nbreak",
    "tab\there",
    "nul\0",
    "\u{7f}",
];

struct Sweep {
    random: Random,
    constants: Constants,
}

impl Sweep {
    fn message(&mut self, descriptor: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut out = DynamicMessage::new(descriptor.clone());
        match descriptor.full_name() {
            "google.protobuf.Timestamp" | "google.protobuf.Duration" => self.time(&mut out),
            "google.protobuf.Any" => {
                let url = self.string();
                out.set_field_by_name("type_url", Value::String(url));
            }
            _ => {
                for field in descriptor.fields() {
                    let required = field.is_required();
                    if required
                        || (depth > 0 || !matches!(field.kind(), Kind::Message(_))) && !self.random.one_in(4)
                    {
                        let value = self.field(&field, depth);
                        out.set_field(&field, value);
                    }
                }
            }
        }
        out
    }

    /// Near a constant, near the epoch, or near now.
    fn time(&mut self, out: &mut DynamicMessage) {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is in range");
        let near = [-86_400_i64, -3_600, -1, 0, 1, 3_600, 86_400];
        let near = self.random.pick(&near);
        let seconds = match self.random.below(3) {
            0 if !out.descriptor().full_name().ends_with("Duration") => {
                // Not so near that the clock decides between the two.
                let now = i64::try_from(now.as_secs()).expect("it is in range");
                now + if near.abs() < 60 { near * 1_800 + 900 } else { near + 300 }
            }
            1 => i64::try_from(self.int().clamp(-1_000_000, 1_000_000)).expect("it is in range") + near,
            _ => near,
        };
        let nanos = self.random.pick(&[0, 1, 500_000_000, 999_999_999]);
        let nanos =
            if seconds < 0 && out.descriptor().full_name().ends_with("Duration") { -nanos } else { nanos };
        out.set_field_by_name("seconds", Value::I64(seconds));
        out.set_field_by_name("nanos", Value::I32(nanos));
    }

    fn field(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        if field.is_map() {
            let Kind::Message(entry) = field.kind() else { unreachable!() };
            let count = self.count();
            let entries = (0..count).map(|_| {
                let key = self.value(&entry.map_entry_key_field(), depth);
                (map_key(key), self.value(&entry.map_entry_value_field(), depth))
            });
            return Value::Map(entries.collect());
        }
        if field.is_list() {
            let count = self.count();
            return Value::List((0..count).map(|_| self.value(field, depth)).collect());
        }
        self.value(field, depth)
    }

    fn count(&mut self) -> usize {
        self.random.below(5)
    }

    fn value(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        match field.kind() {
            Kind::Double => Value::F64(self.float()),
            #[allow(clippy::cast_possible_truncation)] // any float will do
            Kind::Float => Value::F32(self.float() as f32),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(
                i32::try_from(self.int().clamp(i32::MIN.into(), i32::MAX.into())).expect("it is in range"),
            ),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(
                i64::try_from(self.int().clamp(i64::MIN.into(), i64::MAX.into())).expect("it is in range"),
            ),
            Kind::Uint32 | Kind::Fixed32 => {
                Value::U32(u32::try_from(self.int().clamp(0, u32::MAX.into())).expect("it is in range"))
            }
            Kind::Uint64 | Kind::Fixed64 => {
                Value::U64(u64::try_from(self.int().clamp(0, u64::MAX.into())).expect("it is in range"))
            }
            Kind::Bool => Value::Bool(self.random.one_in(2)),
            Kind::String => Value::String(self.string()),
            Kind::Bytes => Value::Bytes(self.bytes().into()),
            Kind::Enum(of) => {
                let known: Vec<i32> = of.values().map(|v| v.number()).collect();
                let number = if self.random.one_in(4) { 7_777 } else { self.random.pick(&known) };
                Value::EnumNumber(number)
            }
            Kind::Message(of) => Value::Message(self.message(&of, depth.saturating_sub(1))),
        }
    }

    fn int(&mut self) -> i128 {
        let near = self.random.pick(&[-1, 0, 0, 1]);
        if self.constants.ints.is_empty() || self.random.one_in(4) {
            let edges = [
                0,
                10,
                i32::MIN.into(),
                i32::MAX.into(),
                u32::MAX.into(),
                i64::MIN.into(),
                i64::MAX.into(),
                u64::MAX.into(),
            ];
            return self.random.pick(&edges) + near;
        }
        self.random.pick(&self.constants.ints) + near
    }

    fn float(&mut self) -> f64 {
        if self.constants.floats.is_empty() || self.random.one_in(4) {
            let edges = [
                0.0,
                -0.0,
                1.0,
                -1.0,
                f64::NAN,
                f64::INFINITY,
                f64::NEG_INFINITY,
                f64::MIN_POSITIVE,
                1e308,
                16_777_217.0,
            ];
            return self.random.pick(&edges);
        }
        let constant = self.random.pick(&self.constants.floats);
        self.random.pick(&[
            constant,
            constant.next_up(),
            constant.next_down(),
            constant + 1.0,
            constant - 1.0,
        ])
    }

    fn string(&mut self) -> String {
        let base = if self.constants.strings.is_empty() || self.random.one_in(3) {
            self.random.pick(STRINGS).to_owned()
        } else {
            self.random.pick(&self.constants.strings)
        };
        match self.random.below(8) {
            0 => format!("{base}a"),
            1 => format!("a{base}"),
            2 => base.chars().skip(1).collect(),
            3 => base.chars().rev().skip(1).collect::<String>().chars().rev().collect(),
            4 => base.repeat(3),
            _ => base,
        }
    }

    fn bytes(&mut self) -> Vec<u8> {
        let base = if self.constants.bytes.is_empty() || self.random.one_in(3) {
            match self.random.below(4) {
                0 => self.string().into_bytes(),
                1 => vec![7; self.random.pick(&[0, 1, 3, 4, 5, 15, 16, 17])],
                2 => vec![0xff, 0xfe],
                _ => b"abc".to_vec(),
            }
        } else {
            self.random.pick(&self.constants.bytes)
        };
        match self.random.below(6) {
            0 => [base.as_slice(), &[0x99]].concat(),
            1 => [&[0x99], base.as_slice()].concat(),
            2 => base.into_iter().skip(1).collect(),
            _ => base,
        }
    }
}

fn map_key(value: Value) -> MapKey {
    match value {
        Value::Bool(b) => MapKey::Bool(b),
        Value::I32(n) => MapKey::I32(n),
        Value::I64(n) => MapKey::I64(n),
        Value::U32(n) => MapKey::U32(n),
        Value::U64(n) => MapKey::U64(n),
        Value::String(s) => MapKey::String(s),
        other => panic!("{other:?} is not a key"),
    }
}
