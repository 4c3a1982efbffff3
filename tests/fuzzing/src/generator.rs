//! The generator: whatever it is given, the answer is code or diagnostics, and none of them says that the mistake is ours.

use std::cell::LazyCell;
use std::fmt::Write as _;
use std::fs;

use prost::Message;
use protoc_gen_rsvc::diag::{Code, Errors};
use protoc_gen_rsvc::input::{Request, Source};
use protoc_gen_rsvc::options::Options;
use protoc_gen_rsvc::{Builder, Generated};
use tempfile::TempDir;

thread_local! {
    static FOLDER: LazyCell<TempDir> = LazyCell::new(|| TempDir::new().expect("a folder"));
}

/// Generates, and tells whether that is possible.
fn generate(options: Options, source: &Source) -> Option<Generated> {
    match Builder::with_options(options).generate(source) {
        Ok(generated) => Some(generated),
        Err(errors) => {
            check(&errors);
            None
        }
    }
}

fn check(errors: &Errors) {
    assert!(!errors.diagnostics().is_empty(), "it fails and does not say why");
    let text = errors.to_string();
    assert!(!text.contains(&Code::INTERNAL.to_string()), "{text}");
}

/// The text of a `.proto` file.
pub(crate) fn proto_text(data: &[u8]) {
    FOLDER.with(|folder| {
        let path = folder.path().join("fuzz.proto");
        fs::write(&path, data).expect("a file");
        let source = Source::Files { files: vec![path], includes: vec![folder.path().to_owned()] };
        generate(Options::default(), &source);
    });
}

/// The places for rules in `rule.proto`: the message is the first one, its fields follow.
const PLACES: u8 = 11;

/// A byte for the place, and a rule in CEL. There is one rule, as one that is wrong would hide what another one becomes.
pub(crate) fn cel(data: &[u8]) {
    let Some((place, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let Ok(_) = protoc_gen_rsvc::cel::parse(text) else { return };
    let mut expression = String::new();
    for byte in text.bytes() {
        write!(expression, "\\x{byte:02x}").expect("a string takes all");
    }
    let place = place % PLACES;
    let rule = format!("cel = {{id: \"x\" message: \"m\" expression: \"{expression}\"}}");
    let option = match place {
        0 => format!("option (buf.validate.message).{rule};"),
        _ => format!("[(buf.validate.field).{rule}]"),
    };
    let file = include_str!("rule.proto").replace(&format!("/*{place}*/"), &option);
    proto_text(file.as_bytes());
}

/// An encoded `FileDescriptorSet`. A plugin's request with the same files has the same answer.
pub(crate) fn descriptor_set(data: &[u8]) {
    let set = Source::DescriptorSet { bytes: data.to_vec(), files: Vec::new() };
    let of_set = generate(Options::default(), &set);
    let Ok(Files { file }) = Files::decode(data) else {
        assert!(of_set.is_none(), "what is not a descriptor set has code");
        return;
    };
    let request = Plugin { proto_file: file }.encode_to_vec();
    let of_request = match Request::decode(&request) {
        Ok(request) => generate(Options::default(), &Source::Request(request)),
        Err(errors) => {
            check(&errors);
            None
        }
    };
    let texts = |generated: Option<Generated>| {
        generated.map(|it| it.files.into_iter().map(|file| (file.name, file.content)).collect::<Vec<_>>())
    };
    assert_eq!(texts(of_request), texts(of_set), "a request and a set of the same files differ");
}

/// The files of a `FileDescriptorSet`, as they are.
#[derive(Clone, PartialEq, Message)]
struct Files {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

/// A `CodeGeneratorRequest` for all of its files.
#[derive(Clone, PartialEq, Message)]
struct Plugin {
    #[prost(bytes = "vec", repeated, tag = "15")]
    proto_file: Vec<Vec<u8>>,
}

/// An encoded `CodeGeneratorRequest`.
pub(crate) fn plugin_request(data: &[u8]) {
    let request = match Request::decode(data) {
        Ok(request) => request,
        Err(errors) => return check(&errors),
    };
    match Options::parse(request.parameter()) {
        Ok(options) => _ = generate(options, &Source::Request(request)),
        Err(errors) => assert!(!errors.is_empty(), "it fails and does not say why"),
    }
}
