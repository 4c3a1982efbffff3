//! Path templates, by the grammar in `google/api/http.proto`, which says `Template = "/" Segments [ Verb ]`.
//!
//! Three things go past it, as public APIs need them: `/` alone is a path; `**` can stand before the end, once; and a
//! custom verb behind a variable can have colons (grpc-gateway takes all three).

use crate::model::http::{PathTemplate, Segment};

/// A template and its variables, which do not know their fields yet.
#[derive(Debug)]
pub(super) struct ParsedTemplate {
    pub(super) template: PathTemplate,
    pub(super) variables: Vec<ParsedVariable>,
}

#[derive(Debug)]
pub(super) struct ParsedVariable {
    /// The field path, as `sub.name`.
    pub(super) path: String,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) multi: bool,
}

#[derive(Debug)]
pub(super) struct PathTemplateError {
    pub(super) message: String,
    pub(super) help: &'static str,
    /// Whether others serve such a template, so that it is found in published APIs.
    pub(super) published: bool,
}

/// What is wrong with a template, and what to write instead.
mod help {
    pub(super) const SLASH: &str = "begin it with a slash, as `/v1/users`";
    pub(super) const EMPTY: &str =
        "between two slashes, behind the last one and after `=` there has to be something";
    pub(super) const NESTED: &str =
        "a variable's own pattern can hold text, `*` and `**`, as `{name=shelves/*}`";
    pub(super) const REST: &str =
        "`**` stands for any number of segments, so a second one would leave open where the first one ends";
    pub(super) const FIELD: &str = "name a field of the request, as `{user_id}` or `{user.name}`";
    pub(super) const TEXT: &str =
        "a segment is text, `*`, `**` or one variable; other characters are written as `%20`";
    pub(super) const BRACES: &str = "every `{` needs its `}`";
    pub(super) const VERB: &str = "one custom verb can stand at the end, as `/v1/orders/{id}:cancel`";
    pub(super) const COLON: &str = "a colon stands before the custom verb, at the very end of the template; write `%3A` for one in a segment";
}

fn wrong<T>(message: impl Into<String>, help: &'static str) -> Result<T, PathTemplateError> {
    Err(PathTemplateError { message: message.into(), help, published: false })
}

/// Others serve it.
fn unusual<T>(message: impl Into<String>, help: &'static str) -> Result<T, PathTemplateError> {
    Err(PathTemplateError { message: message.into(), help, published: true })
}

pub(super) fn parse(text: &str) -> Result<ParsedTemplate, PathTemplateError> {
    if !text.starts_with('/') {
        return wrong("it does not begin with `/`", help::SLASH);
    }
    let (body, verb) = split_verb(text)?;
    let mut parsed = ParsedTemplate {
        template: PathTemplate { text: text.to_owned(), segments: Vec::new(), verb },
        variables: Vec::new(),
    };
    let body = &body[1..];
    if body.is_empty() {
        return match parsed.template.verb {
            None => Ok(parsed),
            Some(_) => unusual("it has an empty segment", help::EMPTY),
        };
    }
    for part in split_outside_braces(body, '/') {
        if let Some(inside) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            parsed.variable(inside)?;
        } else {
            let segment = segment(part)?;
            parsed.template.segments.push(segment);
        }
    }
    if parsed.template.segments.iter().filter(|part| **part == Segment::Rest).count() > 1 {
        return unusual("it has `**` twice", help::REST);
    }
    Ok(parsed)
}

impl ParsedTemplate {
    /// Adds a variable, by what stands between its braces.
    fn variable(&mut self, inside: &str) -> Result<(), PathTemplateError> {
        let (path, pattern) = inside.split_once('=').unwrap_or((inside, "*"));
        if path.is_empty() {
            return wrong("a variable has no field", help::FIELD);
        }
        if let Some(name) = path.split('.').find(|name| !is_identifier(name)) {
            return wrong(format!("`{name}` is not the name of a field"), help::FIELD);
        }
        if pattern.contains('{') {
            return wrong("a variable has another one in it", help::NESTED);
        }
        let start = self.template.segments.len();
        for part in pattern.split('/') {
            let segment = segment(part)?;
            self.template.segments.push(segment);
        }
        let covered = &self.template.segments[start..];
        let multi = covered.len() > 1 || covered.contains(&Segment::Rest);
        let end = self.template.segments.len();
        self.variables.push(ParsedVariable { path: path.to_owned(), start, end, multi });
        Ok(())
    }
}

/// What stands before the custom verb, and the verb: all behind the first colon outside of braces.
fn split_verb(text: &str) -> Result<(&str, Option<String>), PathTemplateError> {
    let mut depth = 0_usize;
    let mut colon = None;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return wrong("a brace is not matched", help::BRACES),
            '}' => depth -= 1,
            ':' if depth == 0 && colon.is_none() => colon = Some(at),
            _ => {}
        }
    }
    if depth > 0 {
        return wrong("a brace is not matched", help::BRACES);
    }
    let Some(colon) = colon else { return Ok((text, None)) };
    let (body, verb) = (&text[..colon], &text[colon + 1..]);
    let mut parts = verb.split(':');
    if parts.any(str::is_empty) {
        return wrong("its custom verb is empty", help::VERB);
    }
    if verb.contains(':') && !body.ends_with('}') {
        return wrong("it has two custom verbs", help::VERB);
    }
    if !verb.split(':').all(is_text) {
        return wrong(format!("`{verb}` is not a custom verb"), help::VERB);
    }
    Ok((body, Some(normal(verb))))
}

fn split_outside_braces(text: &str, by: char) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    text.split(move |c| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && c == by
    })
}

fn segment(text: &str) -> Result<Segment, PathTemplateError> {
    match text {
        "" => unusual("it has an empty segment", help::EMPTY),
        "*" => Ok(Segment::Single),
        "**" => Ok(Segment::Rest),
        _ if text.contains(':') => unusual(format!("the segment `{text}` has a colon"), help::COLON),
        _ if is_text(text) => Ok(Segment::Literal(normal(text))),
        _ => wrong(
            format!("the segment `{text}` has a character that no path has, or a `%` without two digits"),
            help::TEXT,
        ),
    }
}

/// `LITERAL`: what a segment of a path consists of (RFC 3986 section 3.3), but `*`, which stands for something else,
/// and the colon.
fn is_text(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let fits = match byte {
            b'%' => (0..2).all(|_| bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit())),
            _ => byte.is_ascii_alphanumeric() || b"-._~!$&'()+,;=@".contains(&byte),
        };
        if !fits {
            return false;
        }
    }
    !text.is_empty()
}

fn is_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Percent-encoding with upper-case digits, as paths are matched (RFC 3986 section 6.2.2.1).
fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut upper = 0;
    for c in text.chars() {
        out.push(if upper > 0 { c.to_ascii_uppercase() } else { c });
        upper = if c == '%' { 2 } else { u8::saturating_sub(upper, 1) };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_cover_segments() {
        let parsed = parse("/v1/{name=shelves/*}/books/{id}/{rest=**}:go").expect("a template");
        let covered: Vec<_> =
            parsed.variables.iter().map(|v| (v.path.as_str(), v.start, v.end, v.multi)).collect();
        assert_eq!(covered, [("name", 1, 3, true), ("id", 4, 5, false), ("rest", 5, 6, true)]);
        assert_eq!(parsed.template.verb.as_deref(), Some("go"));
        assert_eq!(parsed.template.segments.len(), 6);
    }

    #[test]
    fn segments_can_follow_the_rest() {
        for (text, segments) in [
            ("/v1/{parent=documents/**}/{id}", "[\"v1\", \"documents\", **, *]"),
            ("/{name=**/botSessions/*}", "[**, \"botSessions\", *]"),
            ("/v1/**/versions", "[\"v1\", **, \"versions\"]"),
            ("/", "[]"),
        ] {
            let parsed = parse(text).expect(text);
            let shown: Vec<_> = parsed
                .template
                .segments
                .iter()
                .map(|segment| match segment {
                    Segment::Literal(text) => format!("{text:?}"),
                    Segment::Single => "*".into(),
                    Segment::Rest => "**".into(),
                })
                .collect();
            assert_eq!(format!("[{}]", shown.join(", ")), segments, "{text}");
        }
        for twice in ["/**/a/**", "/{a=**}/{b=x/**}"] {
            assert!(parse(twice).is_err(), "{twice}");
        }
    }

    #[test]
    fn percent_encoding_is_upper_case() {
        let parsed = parse("/caf%c3%a9/a%2fb").expect("a template");
        assert_eq!(
            parsed.template.segments,
            [Segment::Literal("caf%C3%A9".into()), Segment::Literal("a%2Fb".into())]
        );
    }

    #[test]
    fn colons_only_before_the_verb() {
        assert!(parse("/v1/{a=b:c}").is_err());
        assert!(parse("/v1/a:b/c").is_err());
        assert!(parse("/v1/a:b:c").is_err(), "behind text, nothing tells which colon begins the verb");
        assert!(parse("/v1/{a}::c").is_err());
        assert_eq!(parse("/v1/{a=b}:c").expect("a verb").template.verb.as_deref(), Some("c"));
        assert_eq!(parse("/v1/{a}:b:c").expect("a verb with a colon").template.verb.as_deref(), Some("b:c"));
    }

    #[test]
    fn what_no_path_has_is_not_a_template() {
        for text in [
            "", "v1", "//", "/a//b", "/a/", "/:go", "/a b", "/a%2", "/x*y", "/***", "/{}", "/{a.}", "/{1a}",
            "/{a=}", "/{a", "/a}", "/{a={b}}", "/a{b}", "/{a}b", "/é", "/a?b", "/a#b", "/a:",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
