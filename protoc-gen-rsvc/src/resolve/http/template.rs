//! Path templates. The grammar is that of `http_path_template`; what it leaves open is decided here.

use http_path_template::{Grammar, ParseError, PathTemplate as Parsed, Segment as Part};

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

pub(super) fn parse(text: &str) -> Result<ParsedTemplate, PathTemplateError> {
    let parsed = Parsed::parse(text, Grammar::new()).map_err(|error| wrong(&error))?;
    let mut template =
        PathTemplate { text: text.to_owned(), segments: Vec::new(), verb: parsed.verb().map(normal) };
    let mut variables = Vec::new();
    for part in parsed.segments() {
        let start = template.segments.len();
        match part {
            Part::Literal(text) => template.segments.push(literal(text)?),
            Part::Rest => template.segments.push(Segment::Rest),
            Part::Variable(variable) => {
                for part in variable.segments() {
                    template.segments.push(match part {
                        Part::Literal(text) => literal(text)?,
                        Part::Rest => Segment::Rest,
                        _ => Segment::Single,
                    });
                }
                let covered = &template.segments[start..];
                variables.push(ParsedVariable {
                    path: variable.field_path().to_owned(),
                    start,
                    end: template.segments.len(),
                    multi: covered.len() > 1 || covered.contains(&Segment::Rest),
                });
            }
            // The enum is open for parts of grammars that are not asked for.
            _ => template.segments.push(Segment::Single),
        }
    }
    Ok(ParsedTemplate { template, variables })
}

fn literal(text: &str) -> Result<Segment, PathTemplateError> {
    if text.contains(':') {
        return Err(PathTemplateError {
            message: format!("the segment `{text}` has a colon"),
            help: "a colon stands before the custom verb, at the very end of the template; write `%3A` for one in a segment",
            published: true,
        });
    }
    Ok(Segment::Literal(normal(text)))
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

fn wrong(error: &ParseError) -> PathTemplateError {
    let help = if error.is_missing_leading_slash() {
        "begin it with a slash, as `/v1/users`"
    } else if error.is_empty_segment() {
        "between two slashes, behind the last one and after `=` there has to be something"
    } else if error.is_nested_variable() {
        "a variable's own pattern can hold text, `*` and `**`, as `{name=shelves/*}`"
    } else if error.is_rest_not_last() {
        "`**` takes all that is left of the path, so nothing but a custom verb can follow it"
    } else if error.is_empty_field_path() || error.is_invalid_field_name() {
        "name a field of the request, as `{user_id}` or `{user.name}`"
    } else if error.is_invalid_literal() {
        "a segment is text, `*`, `**` or one variable; other characters are written as `%20`"
    } else if error.is_unbalanced_braces() {
        "every `{` needs its `}`"
    } else {
        "one custom verb can stand at the end, as `/v1/orders/{id}:cancel`"
    };
    let published = error.is_rest_not_last() || error.is_empty_segment();
    PathTemplateError { message: error.to_string(), help, published }
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
        assert!(parse("/v1/{a=b}:c").is_ok());
    }
}
