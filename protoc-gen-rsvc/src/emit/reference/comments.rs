//! Comments of a `.proto` as Markdown and as HTML. What a comment says is text of a stranger: HTML in it is shown and not
//! taken, and a link leads only where a page may lead.

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, html};

use crate::emit::docs;
use crate::model::Comments;

/// A comment in the forms that pages have.
#[derive(Clone, Debug, Default)]
pub(super) struct Docs {
    pub(super) html: String,
    pub(super) markdown: String,
    /// The first sentence, as plain text.
    pub(super) summary: String,
}

impl Docs {
    pub(super) fn of(comments: &Comments) -> Self {
        let lines = docs::lines(comments);
        if lines.is_empty() {
            return Self::default();
        }
        let lines: Vec<_> = lines.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
        let markdown = lines.join("\n");
        Self { html: to_html(&markdown), summary: summary(&markdown), markdown }
    }

    /// In one line, for a cell of a table.
    pub(super) fn line(&self) -> String {
        let words: Vec<_> = self.markdown.split_whitespace().collect();
        words.join(" ").replace('|', "\\|")
    }
}

/// A phrase with code between backticks as HTML. All else in it is text, even if it looks like Markdown.
pub(super) fn phrase(text: &str) -> String {
    let mut parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // A backtick without another is itself.
        parts = vec![text];
    }
    let events = parts.into_iter().enumerate().map(|(index, part)| match index % 2 {
        0 => Event::Text(part.into()),
        _ => Event::Code(part.into()),
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    out
}

fn to_html(markdown: &str) -> String {
    let mut out = String::with_capacity(markdown.len() + markdown.len() / 2);
    let mut depth = 0_usize;
    let events = parser(markdown).filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        // Headings of a comment stand below those of its page, and not among them.
        Event::Start(Tag::Heading { .. }) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::Heading(_)) => Some(Event::End(TagEnd::Paragraph)),
        // A picture would be asked for elsewhere.
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            if is_safe(link_type, &dest_url) {
                return Some(Event::Start(Tag::Link { link_type, dest_url, title, id }));
            }
            depth += 1;
            None
        }
        Event::End(TagEnd::Link) if depth > 0 => {
            depth -= 1;
            None
        }
        // Columns are aligned by attributes of style.
        Event::Start(Tag::Table(columns)) => {
            Some(Event::Start(Tag::Table(columns.iter().map(|_| pulldown_cmark::Alignment::None).collect())))
        }
        other => Some(other),
    });
    html::push_html(&mut out, events);
    out
}

fn parser(markdown: &str) -> Parser<'_> {
    Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH)
}

/// Whether it leads to a page or an address of mail.
fn is_safe(link_type: LinkType, url: &CowStr<'_>) -> bool {
    matches!(link_type, LinkType::Email)
        || ["https://", "http://", "mailto:"]
            .iter()
            .any(|scheme| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// The first sentence without marks.
fn summary(markdown: &str) -> String {
    let mut text = String::new();
    for event in parser(markdown) {
        match event {
            Event::Text(part) | Event::Code(part) | Event::Html(part) | Event::InlineHtml(part) => {
                text.push_str(&part);
            }
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::CodeBlock | TagEnd::Heading(_)) => break,
            _ => {}
        }
    }
    let end = text.find(". ").map_or(text.len(), |at| at + 1);
    text.truncate(end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_comment_says_stays_text() {
        for (markdown, html) in [
            ("a <script>alert(1)</script> b", "<p>a &lt;script&gt;alert(1)&lt;/script&gt; b</p>\n"),
            ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
            ("[a](javascript:alert(1))", "<p>a</p>\n"),
            ("[a](https://example.org)", "<p><a href=\"https://example.org\">a</a></p>\n"),
            ("![a](https://example.org/x.png)", "<p>a</p>\n"),
            ("# Title", "<p>Title</p>\n"),
        ] {
            assert_eq!(to_html(markdown), html, "{markdown}");
        }
        assert!(!to_html("|a|\n|:-:|\n|b|").contains("style"));
    }

    #[test]
    fn a_phrase_has_code_and_nothing_else() {
        assert_eq!(
            phrase("matches `^<a>*$`, *not* <b>"),
            "matches <code>^&lt;a&gt;*$</code>, *not* &lt;b&gt;"
        );
        assert_eq!(phrase("one ` alone"), "one ` alone");
    }

    #[test]
    fn a_summary_is_the_first_sentence() {
        assert_eq!(summary("Finds `one` user. By id.\n\nMore."), "Finds one user.");
        assert_eq!(summary("No end"), "No end");
    }
}
