//! What buf says to its plugins by its template alone.

use super::Request;
use crate::diag::{Code, Diagnostic, Place, Position, Sink};

/// Where buf looks for its template, from the folder in which it and its plugins run.
const BUF_TEMPLATE: &str = "buf.gen.yaml";

/// Reports a template by which buf calls the plugin once for each folder, as it does unless it is told otherwise. A request
/// does not show that there are others.
pub(crate) fn check(request: &Request, sink: &mut Sink) {
    if !request.is_from_protoc()
        && let Ok(template) = std::fs::read_to_string(BUF_TEMPLATE)
        && let Some(missing) = without_strategy(&template)
    {
        sink.push(one_call_a_folder(&missing));
    }
}

/// A line of a template, counted from zero, and what has to stand behind it.
struct MissingStrategy {
    line: usize,
    add: String,
}

/// The entry of this plugin in a template of buf, unless it says that one call gets all files.
fn without_strategy(template: &str) -> Option<MissingStrategy> {
    let lines: Vec<&str> = template.lines().map(|line| line.split('#').next().unwrap_or(line)).collect();
    let width = |line: &str| line.len() - line.trim_start().len();
    let is_item = |line: &str| line.trim_start().starts_with("- ");
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| names_plugin(line)) {
        let key = width(line) + if is_item(line) { 2 } else { 0 };
        let Some(start) = (0..=at).rev().find(|n| is_item(lines[*n]) && width(lines[*n]) < key) else {
            continue;
        };
        let item = width(lines[start]);
        // Lists inside the entry, as that of its options, are deeper.
        let inside = |line: &&&str| line.trim().is_empty() || width(line) > item;
        let mut entry = lines[start..=start].iter().chain(lines[start + 1..].iter().take_while(inside));
        if !entry.any(|line| line.contains("strategy: all")) {
            return Some(MissingStrategy {
                line: start,
                add: format!("{}strategy: all", " ".repeat(item + 2)),
            });
        }
    }
    None
}

/// Whether a line is the key of an entry that names this plugin.
fn names_plugin(line: &str) -> bool {
    let line = line.trim_start();
    let line = line.strip_prefix("- ").unwrap_or(line).trim_start();
    ["local:", "plugin:", "name:"]
        .iter()
        .filter_map(|key| line.strip_prefix(key))
        .any(|value| value.contains("protoc-gen-rsvc") || value.trim().trim_matches(['"', '\'']) == "rsvc")
}

fn one_call_a_folder(missing: &MissingStrategy) -> Diagnostic {
    let at = u32::try_from(missing.line).unwrap_or(u32::MAX);
    let start = Position { line: at, column: 0 };
    Diagnostic::error(
        Code::OUTPUT,
        "buf calls the plugin once for each folder, and each call would write a `mod.rs` of its own",
    )
    .at(Place::new(BUF_TEMPLATE, start, start))
    .help(format!("add this line to the plugin's entry in `{BUF_TEMPLATE}`:\n{}", missing.add))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_says_that_one_call_gets_all_files() {
        let missing = |template: &str| without_strategy(template).map(|missing| (missing.line, missing.add));
        let add = |indent: usize| format!("{}strategy: all", " ".repeat(indent));
        let v2 = "version: v2\nplugins:\n  - local: protoc-gen-prost\n    out: a\n  - local: protoc-gen-rsvc\n    out: gen\n";
        assert_eq!(missing(v2), Some((4, add(4))));
        assert_eq!(missing(&format!("{v2}    strategy: all\n")), None);
        assert_eq!(missing(&format!("{v2}    strategy: directory\n")), Some((4, add(4))));
        assert_eq!(missing(&format!("{v2}    # strategy: all\n")), Some((4, add(4))));
        assert_eq!(missing(&format!("{v2}    opt:\n      - client=false\n    strategy: all\n")), None);
        // The strategy of another plugin.
        assert_eq!(missing(&format!("{v2}  - local: protoc-gen-es\n    strategy: all\n")), Some((4, add(4))));
        let list = "plugins:\n- out: gen\n  local: [\"go\", \"../bin/protoc-gen-rsvc\"]\n";
        assert_eq!(missing(list), Some((1, add(2))));
        assert_eq!(missing("version: v1\nplugins:\n  - plugin: rsvc\n    out: gen\n"), Some((2, add(4))));
        assert_eq!(missing("version: v2\nplugins:\n  - local: protoc-gen-es\n    out: gen\n"), None);
        assert_eq!(missing(""), None);
    }
}
