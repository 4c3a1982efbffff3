//! What is generated of the cases for rules: a build script does it, and a test does it again.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::input::Source;

/// The tables of CEL's expressions, each a folder in the output of the build script.
pub(crate) const EXPRESSIONS: [&str; 3] = ["cel_text", "cel_random", "cel_deep"];

/// The messages of such a table.
pub(crate) fn expressions(out: &Path, name: &str) -> Source {
    let folder = out.join(format!("{name}_protos"));
    Source::Files { files: vec![folder.join("cases.proto")], includes: vec![folder] }
}

/// protovalidate's cases: with the standard rules as native code, and with them from their CEL.
pub(crate) fn standard_rules() -> [(&'static str, Builder); 2] {
    [("native", "false"), ("cel", "true")].map(|(name, from_cel)| {
        let builder = Builder::new().option("defer_rule_errors", "true").option("rules_from_cel", from_cel);
        (name, builder)
    })
}

/// Where protovalidate's cases are, below the folder that `RSVC_SHARED` names.
pub(crate) fn standard_cases(shared: &OsStr) -> PathBuf {
    Path::new(shared).join("conformance/protovalidate/cases_schema.binpb")
}
