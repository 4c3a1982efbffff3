//! What the documents of a service and its reference cost: the time and the memory to write them, and how large they are, for
//! services of 300 and of 3,000 messages.
//!
//! `cargo xtask bench documents`, or with another size: `cargo xtask bench documents -- --messages 10000`.
#![allow(clippy::print_stdout)] // it is what a benchmark is for

#[path = "../codegen/run.rs"]
mod run;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser;
use run::{Cost, measure};

/// The root of this checkout.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// How many messages a service has with its methods: see [`service`].
const MESSAGES_OF_SERVICE: usize = 6;

/// What the documents of a service cost
#[derive(Parser)]
struct Args {
    /// How many messages there are
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [300, 3000])]
    messages: Vec<usize>,
    /// How often each is written; the least counts
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is written, and how.
const DOCUMENTS: [(&str, &str, &[&str]); 3] = [
    ("OpenAPI 3.1, JSON", "openapi.json", &[]),
    ("OpenAPI 3.2, JSON", "openapi.json", &["openapi_version=3.2"]),
    ("OpenAPI 3.1, YAML", "openapi.yaml", &[]),
];

fn main() {
    let args = Args::parse();
    let generator = generator();
    println!("{:>8} {:20} {:>9} {:>9} {:>9} {:>9}", "messages", "", "seconds", "CPU", "MB", "kB");
    for messages in args.messages {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("documents").join(messages.to_string());
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("bench.proto"), proto(messages / MESSAGES_OF_SERVICE)).expect("writes");
        let written = |what: &str, out: &Path, arguments: &[&str]| {
            let run = || {
                let mut command = Command::new(&generator);
                command.args(arguments).arg("--out").arg(out).arg("-I").arg(&folder);
                measure(command.arg("bench.proto"))
            };
            let cost = (0..args.rounds).map(|_| run()).min_by(|a, b| a.seconds.total_cmp(&b.seconds));
            let Cost { seconds, processor, megabytes } = cost.expect("at least one round");
            let size = size(out) / 1000;
            println!("{messages:8} {what:20} {seconds:9.2} {processor:9.2} {megabytes:9.0} {size:9}");
        };
        for (what, file, options) in DOCUMENTS {
            let options = options.iter().flat_map(|option| ["--opt", option]);
            let arguments: Vec<_> = ["openapi"].into_iter().chain(options).collect();
            written(what, &folder.join(file), &arguments);
        }
        for format in ["html", "markdown"] {
            let site = folder.join(format);
            if site.exists() {
                fs::remove_dir_all(&site).expect("the site of an earlier run");
            }
            written(&format!("reference, {format}"), &site, &["docs", "--format", format]);
        }
    }
}

/// How many bytes a file has, or all files of a folder.
fn size(path: &Path) -> u64 {
    let metadata = fs::metadata(path).expect("it is written");
    if !metadata.is_dir() {
        return metadata.len();
    }
    let entries = fs::read_dir(path).expect("a folder");
    entries.map(|entry| size(&entry.expect("an entry").path())).sum()
}

/// A file with services, each with messages of its own.
fn proto(services: usize) -> String {
    let mut out = String::from(
        "syntax = \"proto3\";\npackage bench.v1;\nimport \"buf/validate/validate.proto\";\n\
         import \"google/api/annotations.proto\";\nimport \"google/protobuf/timestamp.proto\";\n\
         import \"rsvc/v1/rsvc.proto\";\n",
    );
    for index in 0..services {
        service(&mut out, index);
    }
    out
}

/// A service as most are: methods to read and to change, rules, and typed errors.
fn service(out: &mut String, i: usize) {
    let text = format!(
        r#"
// Things of the kind {i}.
service Service{i} {{
  option (rsvc.v1.service) = {{ error_set: "bench.v1.Error{i}" access: {{ authenticated {{}} }} }};

  // Finds a thing.
  rpc Get(Get{i}) returns (Thing{i}) {{ option (google.api.http) = {{ get: "/v1/things{i}/{{id}}" }}; }}
  // Lists things.
  rpc List(List{i}) returns (Things{i}) {{ option (google.api.http) = {{ get: "/v1/things{i}" }}; }}
  // Adds a thing.
  rpc Add(Thing{i}) returns (Thing{i}) {{ option (google.api.http) = {{ post: "/v1/things{i}" body: "*" }}; }}
  // Streams things.
  rpc Watch(List{i}) returns (stream Thing{i}) {{ option (google.api.http) = {{ get: "/v1/things{i}:watch" }}; }}
}}

// A thing.
message Thing{i} {{
  // Its id.
  string id = 1 [(buf.validate.field).string.uuid = true];
  // What it is called.
  string name = 2 [(buf.validate.field).string = {{ min_len: 1 max_len: 100 }}];
  int64 version = 3 [(buf.validate.field).int64.gte = 0];
  repeated string labels = 4 [(buf.validate.field).repeated = {{ max_items: 16 unique: true }}];
  map<string, string> notes = 5;
  google.protobuf.Timestamp since = 6;
  State{i} state = 7;
  oneof price {{ int32 cents = 8; string free = 9; }}
}}

enum State{i} {{ STATE{i}_UNSPECIFIED = 0; STATE{i}_NEW = 1; STATE{i}_USED = 2; }}

message Get{i} {{ string id = 1 [(buf.validate.field).string.uuid = true]; }}
message List{i} {{ int32 size = 1 [(buf.validate.field).int32 = {{ gte: 0 lte: 1000 }}]; string token = 2; State{i} state = 3; }}
message Things{i} {{ repeated Thing{i} things = 1; string token = 2; }}
message NotFound{i} {{ string id = 1; }}

// What can go wrong.
message Error{i} {{
  option (rsvc.v1.error_set) = {{ domain: "bench.example" }};
  oneof kind {{
    NotFound{i} not_found_{i} = 1 [(rsvc.v1.error) = {{ code: NOT_FOUND message: "no thing {{id}}" }}];
  }}
}}
"#
    );
    out.write_str(&text).expect("a string takes everything");
}

/// The generator, built for release.
fn generator() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args([
            "build",
            "--quiet",
            "--release",
            "--package",
            "protoc-gen-rsvc",
            "--features",
            "documents",
            "--target-dir",
        ])
        .arg(target);
    let built = command.current_dir(ROOT).status().expect("cargo runs");
    assert!(built.success(), "the generator does not compile");
    target.join("release").join(format!("protoc-gen-rsvc{}", std::env::consts::EXE_SUFFIX))
}
