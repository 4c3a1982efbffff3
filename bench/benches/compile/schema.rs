//! The messages that are compiled: 300 of 8 fields, with all kinds of fields by turns.

use std::fmt::Write as _;

/// Package of the messages, and with `.proto` the name of their file.
pub(crate) const PACKAGE: &str = "compile_bench";
const MESSAGES: usize = 300;
const FIELDS: usize = 8;

/// A kind of field. What it is called in the `.proto` is [`Kind::ty`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    String,
    Int32,
    Int64,
    Uint32,
    Double,
    Bool,
    Bytes,
    Enum,
    Message,
    OptionalString,
    RepeatedString,
    RepeatedInt32,
    RepeatedMessage,
    Map,
    Member,
}

/// Strings, integers and messages are what most fields are.
const TURNS: [Kind; 19] = [
    Kind::String,
    Kind::Int32,
    Kind::Message,
    Kind::Bool,
    Kind::RepeatedString,
    Kind::Int64,
    Kind::String,
    Kind::Enum,
    Kind::RepeatedMessage,
    Kind::Double,
    Kind::String,
    Kind::OptionalString,
    Kind::Map,
    Kind::Uint32,
    Kind::Message,
    Kind::Bytes,
    Kind::String,
    Kind::Member,
    Kind::RepeatedInt32,
];

/// Where a message's first field stands among the turns: neighbours differ.
const STRIDE: usize = 7;

/// The protos that a suite compiles.
pub(crate) struct Schema {
    /// Text of the `.proto`.
    pub(crate) text: String,
    /// Rust names of its messages.
    pub(crate) messages: Vec<String>,
}

/// Writes the schema. `options` gives what stands in the brackets behind a field, if anything, and `imports`
/// names the files that this needs.
pub(crate) fn schema(imports: &[&str], options: fn(Kind) -> Option<String>) -> Schema {
    let mut text = format!("syntax = \"proto3\";\npackage {PACKAGE};\n");
    for import in imports {
        line(&mut text, format_args!("import \"{import}\";"));
    }
    text.push_str("enum State { STATE_UNSPECIFIED = 0; STATE_OPEN = 1; STATE_DONE = 2; STATE_GONE = 3; }\n");
    let messages: Vec<_> = (0..MESSAGES).map(|index| format!("Message{index}")).collect();
    for (index, name) in messages.iter().enumerate() {
        line(&mut text, format_args!("message {name} {{"));
        // A message may hold the one before it, and every tenth itself: nobody nests deeper.
        let other = &messages[if index % 10 == 0 { index } else { index - 1 }];
        for field in 0..FIELDS {
            let kind = TURNS[(index * STRIDE + field) % TURNS.len()];
            let brackets = options(kind).map_or(String::new(), |text| format!(" [{text}]"));
            let (number, ty) = (field + 1, kind.ty(other));
            let declaration = format!("{ty} value_number_{number} = {number}{brackets};");
            match kind {
                Kind::Member => line(&mut text, format_args!("  oneof choice_{number} {{ {declaration} }}")),
                _ => line(&mut text, format_args!("  {declaration}")),
            }
        }
        text.push_str("}\n");
    }
    Schema { text, messages }
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    writeln!(text, "{content}").expect("a string takes everything");
}

impl Kind {
    fn ty(self, other: &str) -> String {
        match self {
            Kind::String | Kind::Member => "string".into(),
            Kind::Int32 => "int32".into(),
            Kind::Int64 => "int64".into(),
            Kind::Uint32 => "uint32".into(),
            Kind::Double => "double".into(),
            Kind::Bool => "bool".into(),
            Kind::Bytes => "bytes".into(),
            Kind::Enum => "State".into(),
            Kind::Message => other.into(),
            Kind::OptionalString => "optional string".into(),
            Kind::RepeatedString => "repeated string".into(),
            Kind::RepeatedInt32 => "repeated int32".into(),
            Kind::RepeatedMessage => format!("repeated {other}"),
            Kind::Map => format!("map<string, {other}>"),
        }
    }
}
