//! Any message of any descriptor, made from bytes: fewer bytes give less of a message, so that proptest can shrink.

use std::collections::HashMap;
use std::path::PathBuf;

use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value,
};
use protoc_gen_rsvc::diag::Sink;
use protoc_gen_rsvc::input::{self, Source};
use suite::cases::{repository, tree};

/// Bytes that decide; zeros when there are none left.
pub(crate) struct Bytes<'a>(&'a [u8]);

/// What a string is made of: what JSON escapes, what it need not, and all lengths of UTF-8.
const CHARS: [char; 16] =
    ['a', 'Z', '0', ' ', '"', '\\', '/', '\n', '\u{0}', '\u{1f}', '\u{7f}', 'é', '\u{2028}', '日', '😀', '_'];

/// Messages that an `Any` holds.
const IN_ANY: [&str; 5] = ["Duration", "Timestamp", "StringValue", "Struct", "Value"];

impl<'a> Bytes<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        let number = usize::from(u16::from_le_bytes([self.byte(), self.byte()]));
        number % limit.max(1)
    }

    /// Whether to go on; not when there is nothing left.
    fn more(&mut self) -> bool {
        !self.byte().is_multiple_of(3)
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn bits(&mut self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// Boundaries as often as anything else.
    fn integer(&mut self, min: i128, max: i128) -> i128 {
        match self.byte() % 6 {
            0 => min,
            1 => max,
            2 => 0.clamp(min, max),
            3 => i128::from(self.byte()).clamp(min, max),
            _ => min + i128::from(self.bits()) % (max - min + 1),
        }
    }

    fn double(&mut self) -> f64 {
        let odd = [
            0.0,
            -0.0,
            1.0,
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            1e15,
            1e16,
            0.1,
        ];
        if self.byte().is_multiple_of(2) { self.pick(&odd) } else { f64::from_bits(self.bits()) }
    }

    fn finite(&mut self) -> f64 {
        Some(self.double()).filter(|value| value.is_finite()).unwrap_or(0.5)
    }

    fn float(&mut self) -> f32 {
        let odd =
            [0.0, -0.0, 1.0, f32::MAX, f32::MIN_POSITIVE, 1e-45, f32::INFINITY, f32::NAN, 0.1, 16_777_216.0];
        if self.byte().is_multiple_of(2) { self.pick(&odd) } else { f32::from_bits(self.bits() as u32) }
    }

    fn text(&mut self) -> String {
        let mut text = String::new();
        while self.more() {
            text.push(self.pick(&CHARS));
        }
        text
    }

    fn bytes(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.more() {
            bytes.push(self.byte());
        }
        bytes
    }

    /// A message, with at most so many levels below it.
    pub(crate) fn message(&mut self, descriptor: &MessageDescriptor, depth: u32) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        let mut set = |name: &str, value: Value| message.set_field_by_name(name, value);
        match descriptor.full_name() {
            "google.protobuf.Timestamp" => {
                set("seconds", Value::I64(self.integer(-62_135_596_800, 253_402_300_799) as i64));
                set("nanos", Value::I32(self.integer(0, 999_999_999) as i32));
            }
            "google.protobuf.Duration" => {
                let sign = if self.more() { 1 } else { -1 };
                set("seconds", Value::I64(sign * self.integer(0, 315_576_000_000) as i64));
                set("nanos", Value::I32(sign as i32 * self.integer(0, 999_999_999) as i32));
            }
            "google.protobuf.FieldMask" => {
                let paths = ["a", "user_name", "a.b_c.d", "x_y_z"];
                let mut list = Vec::new();
                while self.more() {
                    list.push(Value::String(self.pick(&paths).into()));
                }
                set("paths", Value::List(list));
            }
            "google.protobuf.Any" => {
                let pool = descriptor.parent_pool();
                let names = IN_ANY.iter().map(|name| format!("google.protobuf.{name}"));
                let known: Vec<_> = names.filter_map(|name| pool.get_message_by_name(&name)).collect();
                if !known.is_empty() {
                    let inner = &known[self.below(known.len())];
                    let name = inner.full_name();
                    let bytes = prost::Message::encode_to_vec(&self.message(inner, depth.saturating_sub(1)));
                    set("type_url", Value::String(format!("type.googleapis.com/{name}")));
                    set("value", Value::Bytes(bytes.into()));
                }
            }
            // prost-reflect writes them as `null` where they are not finite.
            "google.protobuf.DoubleValue" => set("value", Value::F64(self.finite())),
            "google.protobuf.FloatValue" => set("value", Value::F32((self.finite() % 1e30) as f32)),
            "google.protobuf.Value" => self.json(descriptor, &mut message, depth),
            _ => {
                for field in descriptor.fields() {
                    self.field(&field, &mut message, depth);
                }
            }
        }
        message
    }

    /// A `google.protobuf.Value` always has a kind.
    fn json(&mut self, descriptor: &MessageDescriptor, message: &mut DynamicMessage, depth: u32) {
        let kinds = if depth == 0 { 4 } else { 6 };
        let (name, value) = match self.below(kinds) {
            0 => ("null_value", Value::EnumNumber(0)),
            1 => ("number_value", Value::F64(self.finite())),
            2 => ("string_value", Value::String(self.text())),
            3 => ("bool_value", Value::Bool(self.more())),
            kind => {
                let name = if kind == 4 { "struct_value" } else { "list_value" };
                let field = descriptor.get_field_by_name(name).expect("a Value has it");
                (name, self.value(&field.kind(), depth - 1))
            }
        };
        message.set_field_by_name(name, value);
    }

    fn field(&mut self, field: &FieldDescriptor, message: &mut DynamicMessage, depth: u32) {
        let required = field.cardinality() == prost_reflect::Cardinality::Required;
        let kind = field.kind();
        let deeper = kind.as_message().is_some() && depth == 0;
        if !required && (deeper || !self.more()) {
            return;
        }
        let depth = depth.saturating_sub(1);
        let value = match &kind {
            Kind::Message(entry) if field.is_map() => {
                let mut entries = HashMap::new();
                while self.more() {
                    let key = self.key(&entry.map_entry_key_field().kind());
                    entries.insert(key, self.value(&entry.map_entry_value_field().kind(), depth));
                }
                Value::Map(entries)
            }
            _ if field.is_list() => {
                let mut list = Vec::new();
                while self.more() {
                    list.push(self.value(&kind, depth));
                }
                Value::List(list)
            }
            _ => self.value(&kind, depth),
        };
        message.set_field(field, value);
    }

    fn key(&mut self, kind: &Kind) -> MapKey {
        match self.value(kind, 0) {
            Value::Bool(key) => MapKey::Bool(key),
            Value::I32(key) => MapKey::I32(key),
            Value::I64(key) => MapKey::I64(key),
            Value::U32(key) => MapKey::U32(key),
            Value::U64(key) => MapKey::U64(key),
            Value::String(key) => MapKey::String(key),
            other => panic!("{other} is not a key"),
        }
    }

    fn value(&mut self, kind: &Kind, depth: u32) -> Value {
        match kind {
            Kind::Double => Value::F64(self.double()),
            Kind::Float => Value::F32(self.float()),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                Value::I32(self.integer(i32::MIN.into(), i32::MAX.into()) as i32)
            }
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                Value::I64(self.integer(i64::MIN.into(), i64::MAX.into()) as i64)
            }
            Kind::Uint32 | Kind::Fixed32 => Value::U32(self.integer(0, u32::MAX.into()) as u32),
            Kind::Uint64 | Kind::Fixed64 => Value::U64(self.integer(0, u64::MAX.into()) as u64),
            Kind::Bool => Value::Bool(self.more()),
            Kind::String => Value::String(self.text()),
            Kind::Bytes => Value::Bytes(self.bytes().into()),
            Kind::Message(descriptor) => Value::Message(self.message(descriptor, depth)),
            Kind::Enum(descriptor) => Value::EnumNumber(self.number(descriptor)),
        }
    }

    /// A number of an enum; of an open one also such as it does not name.
    fn number(&mut self, descriptor: &EnumDescriptor) -> i32 {
        let numbers: Vec<_> = descriptor.values().map(|value| value.number()).collect();
        let open = descriptor.parent_file().syntax() != prost_reflect::Syntax::Proto2;
        if open && descriptor.full_name() != "google.protobuf.NullValue" && self.byte() % 8 == 7 {
            self.integer(i32::MIN.into(), i32::MAX.into()) as i32
        } else {
            self.pick(&numbers)
        }
    }
}

/// The descriptors of a golden case, as the generator sees them: prost-reflect knows no editions.
pub(crate) fn pool(case: &str) -> DescriptorPool {
    let folder = repository().join("tests/snapshots/gen").join(case).join("proto");
    let files = tree(&folder, "proto").into_iter().map(PathBuf::from).collect();
    let source = Source::Files { files, includes: vec![folder] };
    input::load(&source, &mut Sink::default()).expect("a golden case").pool
}
