//! What a page of the documentation shows: files, commands, and what they print.

/// A part of a page that can be tried.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A line with nothing but a name in backticks, then a code block.
    File { name: String, text: String },
    /// A block of the language `sh`: a script.
    Script(String),
    /// A command of a block of the language `console`, and what it prints.
    Command { line: String, output: String },
}

/// The parts of a page, in their order.
pub(crate) fn parts(page: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut lines = page.lines();
    let mut name = None;
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            let shown = line.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
            if !line.is_empty() {
                name = shown.filter(|shown| !shown.contains('`'));
            }
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let text = if block.is_empty() { String::new() } else { block.join("\n") + "\n" };
        match (name.take(), language) {
            (Some(name), _) => parts.push(Part::File { name: name.to_owned(), text }),
            (None, "sh") => parts.push(Part::Script(text)),
            (None, "console") => parts.extend(commands(&text)),
            (None, _) => {}
        }
    }
    parts
}

fn commands(text: &str) -> Vec<Part> {
    let mut commands = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(line), _) => commands.push(Part::Command { line: line.to_owned(), output: String::new() }),
            (None, Some(Part::Command { output, .. })) => {
                output.push_str(line);
                output.push('\n');
            }
            (None, _) => {}
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_shows_files_and_commands() {
        let page = "Use `x`:\n\n`a/b.rs`\n\n```rust\nfn f() {\n\n}\n```\n\n```sh\nrun\n```\n`c`\ntext\n```text\n```\n\
                    ```console\n$ say a\na\n\n$ say\n```\n`d` and `e`\n```proto\n```\n";
        let command = |line: &str, output: &str| Part::Command { line: line.into(), output: output.into() };
        let file = Part::File { name: "a/b.rs".into(), text: "fn f() {\n\n}\n".into() };
        assert_eq!(
            parts(page),
            [file, Part::Script("run\n".into()), command("say a", "a\n\n"), command("say", "")]
        );
    }
}
