//! The conformance cases of protovalidate: their types, compiled in, and the validation of one case.

use prost::Message;
use rsvc::Validate;
use rsvc::validate::{Validator, Violations};

/// What became of a case: valid, the violations, or a message that cannot be read.
pub type Outcome = Result<Result<(), Violations>, prost::DecodeError>;

fn run<T: Message + Default + Validate>(value: &[u8]) -> Outcome {
    // All of them: which ones come first is nobody's promise where there are maps.
    let validator = Validator::new().max_violations(u32::MAX);
    T::decode(value).map(|message| validator.validate(&message))
}

/// How the standard rules were compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// As native code, as every user gets them.
    Native,
    /// From the CEL that the published rules carry.
    Cel,
}

/// Validates a message by its full name; `None` when there is no such type.
pub fn validate(rules: Rules, name: &str, value: &[u8]) -> Option<Outcome> {
    if name.starts_with("google.protobuf.") {
        // No rules can stand on the well-known types themselves.
        return Some(Ok(Ok(())));
    }
    match rules {
        Rules::Native => native::validate(name, value),
        Rules::Cel => cel::validate(name, value),
    }
}

#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, unreachable_pub)] // generated
mod native {
    include!(concat!(env!("OUT_DIR"), "/native/mod.rs"));
    include!(concat!(env!("OUT_DIR"), "/native_table.rs"));
}

#[allow(clippy::all, clippy::pedantic, dead_code, missing_docs, unreachable_pub)] // generated
mod cel {
    include!(concat!(env!("OUT_DIR"), "/cel/mod.rs"));
    include!(concat!(env!("OUT_DIR"), "/cel_table.rs"));
}
