//! What nests deeper than the generator takes is a finding with a code: never the end of the stack, never a panic. What is
//! within the limits is taken, however small the stack of the caller is.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use prost::Message as _;
use prost_types::compiler::CodeGeneratorRequest;
use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::input::{Request, Source};
use suite::binary::generator;

/// What a thread gets that nobody thought about.
const STACK: usize = 2 << 20;

/// `before` and `after` around something, so many times.
fn nested(count: usize, before: &str, inner: &str, after: &str) -> String {
    [&before.repeat(count), inner, &after.repeat(count)].concat()
}

/// A kind of input that nests, how deep it may, and the code of what is deeper.
struct Kind {
    name: &'static str,
    text: fn(usize) -> String,
    most: usize,
    code: &'static str,
}

const fn kind(name: &'static str, most: usize, code: &'static str, text: fn(usize) -> String) -> Kind {
    Kind { name, text, most, code }
}

fn option(depth: usize, before: &str, after: &str) -> String {
    tree(&format!("(tree) = {{ {} }}", nested(depth, before, "leaf: 1", after)))
}

fn tree(option: &str) -> String {
    format!(
        "syntax = \"proto3\"; package demo.v1; import \"google/protobuf/descriptor.proto\"; \
         message Tree {{ Tree inner = 1; repeated Tree list = 2; int32 leaf = 3; }} \
         extend google.protobuf.MessageOptions {{ Tree tree = 50000; }} message M {{ option {option}; }}"
    )
}

fn rule(expression: &str) -> String {
    format!(
        "syntax = \"proto3\"; package demo.v1; import \"buf/validate/validate.proto\"; \
         message M {{ option (buf.validate.message).cel_expression = \"{expression}\"; \
         bool b = 1; int64 n = 2; string s = 3; M inner = 4; repeated M list = 5; }}"
    )
}

const KINDS: &[Kind] = &[
    kind("messages", 31, "RSVC0015", |n| {
        format!("syntax = \"proto3\"; package demo.v1; {}", nested(n, "message M {", "", "}"))
    }),
    kind("groups", 30, "RSVC0015", |n| {
        let groups: Vec<_> = (0..n).map(|at| format!("optional group G{at} = {} {{ ", at + 1)).collect();
        let groups = groups.concat();
        format!("syntax = \"proto2\"; package demo.v1; message M {{ {groups} {} }}", "}".repeat(n))
    }),
    kind("package", 64, "RSVC0015", |n| {
        format!("syntax = \"proto3\"; package {}; message M {{}}", vec!["p"; n].join("."))
    }),
    kind("braces", 62, "RSVC0015", |n| option(n, "inner { ", " }")),
    kind("angles", 62, "RSVC0015", |n| option(n, "inner: < ", " >")),
    kind("lists", 31, "RSVC0015", |n| option(n, "list: [{ ", " }]")),
    kind("dots", 62, "RSVC0015", |n| tree(&format!("(tree){}.leaf = 1", ".inner".repeat(n)))),
    kind("dots and braces", 31, "RSVC0015", |n| {
        tree(&format!("(tree){} = {{ {} }}", ".inner".repeat(n), nested(n, "inner { ", "leaf: 1", " }")))
    }),
    kind("parentheses", 96, "RSVC0703", |n| rule(&nested(n, "(", "this.b", ")"))),
    kind("not", 96, "RSVC0703", |n| rule(&nested(n, "!", "this.b", ""))),
    kind("sum", 97, "RSVC0703", |n| rule(&(vec!["this.n"; n].join(" + ") + " > 0"))),
    kind("choices", 96, "RSVC0703", |n| rule(&nested(n, "this.n == 1 ? true : ", "this.b", ""))),
    kind("fields", 97, "RSVC0703", |n| rule(&format!("this{}.b", ".inner".repeat(n)))),
    kind("calls", 96, "RSVC0703", |n| rule(&format!("this.s{} == ''", ".trim()".repeat(n)))),
    kind("operators", 48, "RSVC0703", |n| rule(&nested(n, "(this.n == 1 && ", "this.b", ")"))),
    kind("loops", 12, "RSVC0703", |n| rule(&nested(n, "this.list.all(x, x.b && ", "true", ")"))),
    kind("filters", 12, "RSVC0703", |n| {
        rule(&format!("this.list{}.size() > 0", ".filter(x, x.b)".repeat(n)))
    }),
    kind("lists of lists", 12, "RSVC0703", |n| rule(&(nested(n, "[", "this.n", "]") + ".size() > 0"))),
    kind("maps of maps", 12, "RSVC0703", |n| rule(&(nested(n, "{'a': ", "this.n", "}") + ".size() > 0"))),
    kind("terms", 6_000, "RSVC0703", |n| {
        rule(&(0..n).map(|at| format!("this.n > {at}")).collect::<Vec<_>>().join(" && "))
    }),
];

/// How deep each kind is made: within the limit, and beyond it a little and a lot.
fn depths(kind: &Kind) -> [(usize, bool); 4] {
    let much = if kind.name == "terms" { 20_000 } else { 5_000 };
    [(1, true), (kind.most, true), (kind.most * 5 / 2, false), (much, false)]
}

/// Whether the outcome is what it should be.
fn judge(kind: &Kind, depth: usize, taken: bool, outcome: Result<(), String>) -> Option<String> {
    match outcome {
        Ok(()) if taken => None,
        Err(text) if !taken && text.contains(kind.code) => None,
        Ok(()) => Some(format!("{} of {depth}: not found too deep", kind.name)),
        Err(text) => Some(format!("{} of {depth}: {text:.600}", kind.name)),
    }
}

fn written(folder: &Path, text: &str) -> Source {
    let file = folder.join("main.proto");
    fs::write(&file, text).expect("the folder is ours");
    Source::Files { files: vec![file], includes: vec![folder.to_owned()] }
}

#[test]
fn a_thread_with_the_usual_stack_is_enough() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = || {
        let mut wrong = Vec::new();
        for kind in KINDS {
            for (depth, taken) in depths(kind) {
                let source = written(folder.path(), &(kind.text)(depth));
                let outcome = Builder::new().generate(&source).map(drop).map_err(|errors| errors.to_string());
                wrong.extend(judge(kind, depth, taken, outcome));
                let _ = Builder::new().dump(&source);
            }
        }
        wrong
    };
    let wrong = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
        thread.expect("a thread").join().expect("no panic")
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The main thread has what the shell gives it.
#[cfg(unix)]
#[test]
fn the_command_line_ends_in_order_on_a_small_stack() {
    let (generator, folder) = (generator(), tempfile::tempdir().expect("a folder"));
    let mut wrong = Vec::new();
    for kind in KINDS {
        for (depth, taken) in depths(kind) {
            fs::write(folder.path().join("main.proto"), (kind.text)(depth)).expect("the folder is ours");
            let output = Command::new("sh")
                .args(["-c", "ulimit -s 1024; exec \"$0\" generate --out out -I . main.proto"])
                .arg(&generator)
                .current_dir(folder.path())
                .output()
                .expect("a shell");
            wrong.extend(judge(kind, depth, taken, outcome(&output)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[cfg(unix)]
fn outcome(output: &Output) -> Result<(), String> {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    match output.status.code() {
        Some(0) => Ok(()),
        Some(1) => Err(text),
        _ => Err(format!("ended by {}: {}", output.status, text.replace("RSVC", ""))),
    }
}

/// A field of a message on the wire.
fn field(number: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    prost::encoding::bytes::encode(number, &bytes.to_vec(), &mut out);
    out
}

fn named(name: &str, rest: &[Vec<u8>]) -> Vec<u8> {
    [field(1, name.as_bytes()), rest.concat()].concat()
}

fn file(rest: &[Vec<u8>]) -> Vec<u8> {
    named("main.proto", &[field(2, b"demo.v1"), rest.concat(), field(12, b"proto3")])
}

/// Messages inside one another.
fn messages(depth: usize) -> Vec<u8> {
    let inner = (1..depth).fold(named("M", &[]), |inner, _| named("M", &[field(3, &inner)]));
    file(&[field(4, &inner)])
}

/// An option, interpreted already, of a type that nests.
fn interpreted(depth: usize) -> Vec<u8> {
    let leaf = [0x08, 0x01]; // `const` of `Int32Rules`
    let rules = (0..depth).fold(field(3, &leaf), |rules, _| field(18, &field(4, &rules)));
    let options = field(1159, &rules);
    let list = [named("a", &[vec![0x18, 1, 0x20, 3, 0x28, 5]]), field(8, &options)].concat();
    file(&[field(3, b"buf/validate/validate.proto"), field(4, &named("M", &[field(2, &list)]))])
}

/// An option that nobody knows.
fn unknown(depth: usize) -> Vec<u8> {
    let value = (0..depth).fold(Vec::new(), |inner, _| field(50_001, &inner));
    file(&[field(4, &named("M", &[field(7, &value)]))])
}

/// An option as a parser leaves it, of a name with so many parts.
fn uninterpreted(depth: usize) -> Vec<u8> {
    let part = |name: &str, extension| field(2, &[field(1, name.as_bytes()), vec![0x10, extension]].concat());
    let option = [part("tree", 1), part("inner", 0).repeat(depth), vec![0x20, 1]].concat();
    file(&[field(4, &named("M", &[field(7, &field(999, &option))]))])
}

/// Messages whose fields lead from one to the next, and back to the first.
fn circles(depth: usize) -> Vec<u8> {
    let one = |at: usize| {
        let to = format!(".demo.v1.M{}", (at + 1) % depth);
        let of = [vec![0x18, 1, 0x20, 1, 0x28, 11], field(6, to.as_bytes())].concat();
        field(4, &named(&format!("M{at}"), &[field(2, &named("next", &[of]))]))
    };
    file(&(0..depth).map(one).collect::<Vec<_>>())
}

#[test]
fn descriptors_that_nest_are_findings_too() {
    type Make = fn(usize) -> Vec<u8>;
    // Up to which depth they are taken, and the codes of what is not.
    let makes: &[(&str, Make, usize, &[&str])] = &[
        ("messages", messages, 31, &["RSVC0015", "RSVC0010"]),
        ("rules", interpreted, 1, &["RSVC0600", "RSVC0010"]),
        ("unknown options", unknown, usize::MAX, &[]),
        ("option names", uninterpreted, 0, &["RSVC0015", "RSVC0007"]),
        ("circles", circles, usize::MAX, &[]),
    ];
    let mut wrong = Vec::new();
    for (name, make, most, codes) in makes {
        for depth in [1, 2, 30, 31, 32, 33, 47, 63, 64, 65, 90, 96, 97, 98, 99, 100, 101, 150] {
            let file = make(depth);
            let set = Source::DescriptorSet { bytes: field(1, &file), files: Vec::new() };
            let request = CodeGeneratorRequest {
                file_to_generate: vec!["main.proto".to_owned()],
                ..CodeGeneratorRequest::default()
            };
            let request = [request.encode_to_vec(), field(15, &file)].concat();
            let request = Request::decode(&request).map(Source::Request);
            for (how, source) in [("set", Ok(set)), ("request", request)] {
                let outcome = source.and_then(|source| Builder::new().generate(&source));
                match outcome {
                    Ok(_) if depth <= *most => {}
                    Err(errors)
                        if codes.iter().any(|code| errors.to_string().contains(code)) && depth > *most => {}
                    other => wrong.push(format!("{name} of {depth}, {how}: {:.300}", format!("{other:?}"))),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
