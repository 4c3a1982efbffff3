//! Takes the calls in Rust out of the shop's reference in Markdown: a function each, and a list of their names and texts.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use protoc_gen_rsvc::Builder;
use protoc_gen_rsvc::input::Source;
use protoc_gen_rsvc::options::DocsFormat;

/// Where the pages have a server, and who calls it.
const PLACES: [(&str, &str); 2] =
    [("\"http://localhost:8080\"", "target"), ("\"Bearer TOKEN\"", "authorization")];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let protos = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop/proto");
    println!("cargo::rerun-if-changed={}", protos.display());
    let files = ["user", "order", "upload", "chat"].map(|name| protos.join(format!("shop/v1/{name}.proto")));
    let source = Source::Files { files: files.to_vec(), includes: vec![protos] };
    let (pages, _) = Builder::new()
        .docs_of(&source, DocsFormat::Markdown, None)
        .unwrap_or_else(|errors| panic!("{errors}"));
    let (mut functions, mut arms, mut texts) = (String::new(), String::new(), String::new());
    for (name, page) in pages.iter().filter(|(name, _)| name.starts_with("services/")) {
        let mut method = "";
        let mut lines = page.lines();
        while let Some(line) = lines.next() {
            if let Some(found) = line.strip_prefix("### Calls of ") {
                method = found;
            } else if line == "```rust" {
                let snippet: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
                let snippet = snippet.join("\n");
                let code =
                    PLACES.iter().fold(snippet.clone(), |code, (shown, used)| code.replace(shown, used));
                assert!(code.contains("target"), "{name}: {method} names no server");
                let function = format!("call_{}", arms.lines().count());
                let _ = writeln!(
                    functions,
                    "async fn {function}(target: &str, authorization: &str) -> Done {{\nlet _ = authorization;\n{code}\nOk(())\n}}"
                );
                let _ = writeln!(arms, "{method:?} => {function}(target, authorization).await,");
                let _ = writeln!(texts, "({method:?}, {snippet:?}),");
            }
        }
    }
    assert!(!arms.is_empty(), "the reference has no call in Rust");
    let text = format!(
        "{functions}\n/// Makes the call of a method.\npub(crate) async fn call(method: &str, target: &str, authorization: &str) -> Done {{\n\
         match method {{\n{arms}_ => Err(\"there is no such method\".into()),\n}}\n}}\n\
         /// The calls as they are shown.\npub(crate) const TEXTS: &[(&str, &str)] = &[\n{texts}];\n"
    );
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    std::fs::write(out.join("calls.rs"), text).expect("the output can be written");
}
