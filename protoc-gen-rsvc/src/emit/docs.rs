//! Comments of a `.proto` as documentation that rustdoc takes without a warning and never runs as a test.
//!
//! What people write in protos is half Markdown: links in the form `[Shelf][google.Shelf]`, `<placeholders>`,
//! bare addresses, indented samples in any language. Samples become `text` blocks, addresses become links, and
//! what only looks like a link or a tag is escaped.

use std::borrow::Cow;

use crate::diag::is_direction;
use crate::model::Comments;

/// Puts the comments in front of an item's other attributes.
pub(super) fn attach(attributes: &mut Vec<syn::Attribute>, comments: &Comments) {
    let lines = lines(comments);
    if lines.is_empty() {
        return;
    }
    attributes.splice(0..0, lines.iter().map(|line| doc(line)));
}

/// `#[doc = "…"]`. There are millions of them, so that it is not parsed.
fn doc(line: &str) -> syn::Attribute {
    let span = proc_macro2::Span::call_site();
    syn::Attribute {
        pound_token: syn::token::Pound::default(),
        style: syn::AttrStyle::Outer,
        bracket_token: syn::token::Bracket::default(),
        meta: syn::Meta::NameValue(syn::MetaNameValue {
            path: syn::Ident::new("doc", span).into(),
            eq_token: syn::token::Eq::default(),
            value: syn::Expr::Lit(syn::ExprLit {
                attrs: Vec::new(),
                lit: syn::Lit::Str(syn::LitStr::new(line, span)),
            }),
        }),
    }
}

/// The lines of a doc comment, each with its leading space.
pub(super) fn lines(comments: &Comments) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in [&comments.leading, &comments.trailing].into_iter().flatten() {
        if !all.is_empty() {
            all.push(String::new());
        }
        all.extend(rustdoc(text));
    }
    all.into_iter().map(|line| if line.is_empty() { line } else { format!(" {}", visible(&line)) }).collect()
}

/// The comments as Markdown, as they are written: for documents, which take more than rustdoc does.
#[cfg(feature = "documents")]
pub(super) fn markdown(comments: &Comments) -> Option<String> {
    let texts = [&comments.leading, &comments.trailing].into_iter().flatten();
    let texts: Vec<String> = texts.map(|text| dedent(text).join("\n").trim().to_owned()).collect();
    let texts: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    (!texts.is_empty()).then(|| texts.join("\n\n"))
}

/// Rust refuses characters that turn the direction of a text, and a carriage return alone, in its comments.
fn visible(line: &str) -> Cow<'_, str> {
    let hidden = |c: char| is_direction(c) || (c.is_control() && c != '\t');
    if !line.contains(hidden) {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len() + 16);
    for c in line.chars() {
        if hidden(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// One comment as lines of Markdown.
fn rustdoc(text: &str) -> Vec<String> {
    let source: Vec<&str> = dedent(text);
    let mut out: Vec<String> = Vec::new();
    let mut fence: Option<(char, usize)> = None;
    let mut in_list = false;
    let mut paragraph: Vec<&str> = Vec::new();
    let mut i = 0;
    while i < source.len() {
        let line = source[i];
        let trimmed = line.trim_start();
        if let Some((mark, length)) = fence {
            let closes = run(trimmed, mark) >= length && trimmed.trim_end().chars().all(|c| c == mark);
            out.push(line.to_owned());
            if closes {
                fence = None;
            }
        } else if let Some((mark, length)) = opening_fence(trimmed) {
            flush(&mut out, &mut paragraph);
            let indent = &line[..line.len() - trimmed.len()];
            let indent = &indent[..indent.len().min(3)];
            out.push(format!("{indent}{}text", mark.to_string().repeat(length)));
            fence = Some((mark, length));
        } else if trimmed.is_empty() {
            flush(&mut out, &mut paragraph);
            out.push(String::new());
        } else if is_code(line) && paragraph.is_empty() && !in_list {
            let end = (i..source.len())
                .find(|j| !source[*j].trim().is_empty() && !is_code(source[*j]))
                .unwrap_or(source.len());
            let end = (i..end).rev().find(|j| !source[*j].trim().is_empty()).map_or(end, |j| j + 1);
            out.push("```text".into());
            out.extend(source[i..end].iter().map(|l| unindent(l).to_owned()));
            out.push("```".into());
            i = end;
            continue;
        } else {
            in_list = is_list_item(trimmed) || (in_list && line.starts_with([' ', '\t']));
            paragraph.push(line);
        }
        i += 1;
    }
    flush(&mut out, &mut paragraph);
    if let Some((mark, length)) = fence {
        out.push(mark.to_string().repeat(length));
    }
    while out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    out
}

/// Lines without the one space that comments begin with, and without empty lines around them.
fn dedent(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let spaced = lines.iter().all(|l| l.is_empty() || l.starts_with(' '));
    let first = lines.iter().position(|l| !l.is_empty()).unwrap_or(lines.len());
    lines[first..].iter().map(|l| if spaced { l.strip_prefix(' ').unwrap_or(l) } else { l }).collect()
}

fn run(text: &str, mark: char) -> usize {
    text.chars().take_while(|c| *c == mark).count()
}

fn opening_fence(trimmed: &str) -> Option<(char, usize)> {
    ['`', '~'].into_iter().find_map(|mark| {
        let length = run(trimmed, mark);
        let info = &trimmed[length..];
        (length >= 3 && !(mark == '`' && info.contains('`'))).then_some((mark, length))
    })
}

fn is_code(line: &str) -> bool {
    line.starts_with("    ") || line.starts_with('\t')
}

fn unindent(line: &str) -> &str {
    line.strip_prefix("    ").or_else(|| line.strip_prefix('\t')).unwrap_or(line)
}

fn is_list_item(trimmed: &str) -> bool {
    let digits = trimmed.trim_start_matches(|c: char| c.is_ascii_digit());
    trimmed.starts_with(['-', '*', '+']) && trimmed[1..].starts_with(' ')
        || digits.len() < trimmed.len() && (digits.starts_with(". ") || digits.starts_with(") "))
}

/// Ends a paragraph: code spans reach over its lines, so it is escaped as a whole.
fn flush(out: &mut Vec<String>, paragraph: &mut Vec<&str>) {
    if paragraph.is_empty() {
        return;
    }
    let lines: Vec<String> = paragraph
        .drain(..)
        .map(|line| {
            let trimmed = line.trim_start();
            // Deeper than three columns would be code again.
            let indent = line[..line.len() - trimmed.len()].replace('\t', "   ").len().min(3);
            format!("{}{trimmed}", " ".repeat(indent))
        })
        .collect();
    out.extend(escape(&lines.join("\n")).lines().map(str::to_owned));
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '`' => code_span(rest),
            '\\' => rest.chars().nth(1).filter(char::is_ascii_punctuation).map(|n| 1 + n.len_utf8()),
            '<' => autolink(rest),
            '[' => inline_link(rest),
            'h' if !out.ends_with(|p: char| p.is_alphanumeric()) => match address(rest) {
                Some(length) => {
                    out.push('<');
                    out.push_str(&rest[..length]);
                    out.push('>');
                    rest = &rest[length..];
                    continue;
                }
                None => None,
            },
            _ => None,
        };
        if let Some(length) = taken {
            out.push_str(&rest[..length]);
            rest = &rest[length..];
            continue;
        }
        if matches!(c, '<' | '[' | ']' | '`') {
            out.push('\\');
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out
}

/// The length of a code span that is closed.
fn code_span(text: &str) -> Option<usize> {
    let open = run(text, '`');
    let mut at = open;
    while let Some(found) = text[at..].find('`') {
        at += found;
        let close = run(&text[at..], '`');
        at += close;
        if close == open {
            return Some(at);
        }
    }
    None
}

/// `<https://…>`
fn autolink(text: &str) -> Option<usize> {
    let length = address(text.get(1..)?)?;
    text[1 + length..].starts_with('>').then_some(length + 2)
}

/// `[words](https://…)`: only whole addresses, since a path would be looked up as a Rust item.
fn inline_link(text: &str) -> Option<usize> {
    let words = text.find(']')?;
    if text[1..words].contains(['[', '<', '`']) {
        return None;
    }
    let target = text[words + 1..].strip_prefix('(')?;
    let length = address(target)?;
    target[length..].starts_with(')').then_some(words + 2 + length + 1)
}

/// The length of a web address at the start of `text`.
fn address(text: &str) -> Option<usize> {
    let scheme = ["https://", "http://"].into_iter().find(|s| text.starts_with(s))?;
    let end = text
        .find(|c: char| {
            c.is_whitespace()
                || matches!(c, '<' | '>' | '"' | '`' | '[' | ']' | '(' | ')' | '{' | '}' | '|' | '\\' | '^')
        })
        .unwrap_or(text.len());
    let end = text[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_']).len();
    (end > scheme.len()).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doc(text: &str) -> String {
        rustdoc(text).join("\n")
    }

    #[test]
    fn links_and_tags_are_escaped() {
        assert_eq!(
            doc(" See [Shelf][google.Shelf] or Vec<T>."),
            r"See \[Shelf\]\[google.Shelf\] or Vec\<T>."
        );
        assert_eq!(
            doc(" `Vec<T>` and [a](https://a.b/c) and <https://d.e>"),
            "`Vec<T>` and [a](https://a.b/c) and <https://d.e>"
        );
        assert_eq!(doc(" [a](b::C) one ` tick"), r"\[a\](b::C) one \` tick");
    }

    #[test]
    fn addresses_become_links() {
        assert_eq!(doc(" see https://a.b/c_d."), "see <https://a.b/c_d>.");
        assert_eq!(doc(" (http://a.b)"), "(<http://a.b>)");
    }

    #[test]
    fn samples_never_become_tests() {
        assert_eq!(
            doc(" Sample:\n\n     let x = 1;\n       y\n\n After"),
            "Sample:\n\n```text\nlet x = 1;\n  y\n```\n\nAfter"
        );
        assert_eq!(doc(" ```\n fn main() {}\n ```"), "```text\nfn main() {}\n```");
        assert_eq!(doc(" ```rust\n open"), "```text\nopen\n```");
        assert_eq!(doc(" - item\n       deep\n\n       deeper"), "- item\n   deep\n\n   deeper");
    }

    #[test]
    fn no_line_outside_a_fence_is_indented_like_code() {
        for text in [" a\n        b", " 1. a\n\n         b\n c\n         d", "\tx\n\n\ty", "    x"] {
            let mut fenced = false;
            for line in rustdoc(text) {
                if line.starts_with("```") {
                    fenced = !fenced;
                } else {
                    assert!(fenced || !line.starts_with("    "), "{text:?} gave {line:?}");
                }
            }
            assert!(!fenced);
        }
    }
}
