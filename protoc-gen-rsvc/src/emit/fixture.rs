//! A schema of a text, for the tests of emitters.

use crate::diag::Sink;
use crate::input::{Source, load};
use crate::model::{MessageId, Schema};
use crate::options::Options;

/// The schema of a file with this text, which is proto3 of the package `t.v1`.
///
/// # Panics
/// On a text that is not valid: the findings are in the message.
pub(crate) fn schema(text: &str) -> Schema {
    let head = r#"syntax = "proto3"; package t.v1; import "buf/validate/validate.proto"; "#;
    files(&[("t.proto", &format!("{head}{text}"))])
}

/// The schema of files.
///
/// # Panics
/// As [`schema`].
pub(crate) fn files(files: &[(&str, &str)]) -> Schema {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let source = Source::Files {
        files: files.iter().map(|(name, _)| folder.path().join(name)).collect(),
        includes: vec![folder.path().to_owned()],
    };
    let mut sink = Sink::default();
    let loaded = load(&source, &mut sink).unwrap_or_else(|errors| panic!("{errors}"));
    let schema = crate::resolve::resolve(&loaded, &Options::default(), &mut sink);
    sink.barrier(&loaded.sources).unwrap_or_else(|errors| panic!("{errors}"));
    schema
}

/// A message by its full name.
pub(crate) fn message(schema: &Schema, name: &str) -> MessageId {
    let found = schema.messages.iter().find(|(_, message)| message.full_name == name);
    found.unwrap_or_else(|| panic!("no message {name}")).0
}
