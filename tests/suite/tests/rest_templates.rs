//! Annotations of `google.api.http` that the shared cases call valid or invalid by the text of its definition.
//!
//! Their place is taken from `RSVC_SHARED`; without it nothing is tested here, and that is said.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

use std::path::PathBuf;
use std::{env, fs};

use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::input::Source;

/// A message with everything that the annotations name.
const BEFORE: &str = r#"
syntax = "proto3";
package templates.v1;
import "google/api/annotations.proto";
import "google/protobuf/any.proto";
message Sub { string s = 1; }
message Req {
  string id = 1;
  string two_words = 2;
  string custom = 3 [json_name = "other"];
  Sub sub = 4;
  repeated string r_s = 5;
  google.protobuf.Any any = 6;
  bytes by = 7;
  string a = 8;
  string b = 9;
}
message Resp { Sub sub = 1; string id = 2; }
service S {
"#;

/// The text wants `**` to be the last segment.
const BEYOND: [&str; 2] = ["doublestar-then-star", "doublestar-inside-var"];

#[test]
fn valid_and_invalid_annotations() {
    let Some(shared) = env::var_os("RSVC_SHARED").map(PathBuf::from) else {
        println!("left out: the shared annotations (RSVC_SHARED is not set)");
        return;
    };
    let cases = fs::read_to_string(shared.join("conformance/rest/templates.jsonl")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    let (mut refused, mut accepted, mut free, mut beyond) = (0, 0, 0, 0);
    for case in cases.lines() {
        let case: serde_json::Value = serde_json::from_str(case).unwrap();
        let [name, rule, mark] = ["name", "rule", "text"].map(|key| case[key].as_str().unwrap());
        let file = folder.path().join(format!("{name}.proto"));
        fs::write(&file, format!("{BEFORE}  {rule}\n}}\n")).unwrap();
        let source = Source::Files { files: vec![file], includes: vec![folder.path().to_owned()] };
        let errors = Builder::new().generate(&source).err();
        if BEYOND.contains(&name) {
            assert!(errors.is_none(), "{name}: {errors:?}");
            beyond += 1;
            continue;
        }
        let expected = match mark {
            "invalid" => true,
            "valid" => false,
            _ => {
                free += 1;
                continue;
            }
        };
        if errors.is_some() != expected {
            wrong.push(format!("{name} is {mark}: {errors:?}"));
        }
        // Refused for what it says, not for the test's own file.
        if let Some(errors) = errors {
            assert!(errors.diagnostics().iter().all(|d| (500..600).contains(&d.code.number())), "{errors:?}");
        }
        if expected { refused += 1 } else { accepted += 1 }
    }
    println!(
        "annotations: {refused} to refuse, {accepted} to accept, {free} free, {beyond} beyond the text: segments behind \
         `**`, which public APIs have (Firestore, Remote Workers)"
    );
    assert_eq!(beyond, BEYOND.len());
    assert!(refused > 0 && accepted > 0);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
