//! RE2's syntax in terms of the `regex` crate's: the two differ in what the short classes mean (ASCII there), in
//! `\b`, in `\Q…\E`, and in what needs a backslash inside brackets.

/// The pattern for the `regex` crate, or what is wrong with it.
pub fn translate(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.char_indices().peekable();
    let mut in_class = false;
    let mut class_start = false;
    while let Some((at, c)) = chars.next() {
        let first = std::mem::take(&mut class_start);
        match c {
            '\\' => match chars.next() {
                None => return Err("it ends in a backslash".into()),
                Some((_, 'Q')) => {
                    let literal = &pattern[at + 2..];
                    let end = literal.find("\\E").unwrap_or(literal.len());
                    literal[..end].chars().for_each(|c| escape(&mut out, c));
                    let stop = at + 2 + end + 2;
                    while chars.next_if(|(i, _)| *i < stop).is_some() {}
                }
                Some((_, c)) => class_or_escape(&mut out, c, in_class)?,
            },
            '[' if !in_class => {
                in_class = true;
                class_start = true;
                out.push('[');
                if chars.next_if(|(_, c)| *c == '^').is_some() {
                    out.push('^');
                }
            }
            ']' if in_class && first => out.push_str("\\]"),
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '[' if pattern[at..].starts_with("[:")
                && let Some(length) = pattern[at..].find(":]") =>
            {
                let end = at + length + 2;
                out.push_str(&pattern[at..end]);
                while chars.next_if(|(i, _)| *i < end).is_some() {}
            }
            '[' | '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
            }
            // `--` is a difference of sets there; here a range that ends or starts in a dash.
            '-' if in_class && out.ends_with('-') && !out.ends_with("\\-") => out.push_str("\\-"),
            c => out.push(c),
        }
    }
    if in_class {
        return Err("a `[` is not closed".into());
    }
    Ok(out)
}

fn class_or_escape(out: &mut String, c: char, in_class: bool) -> Result<(), String> {
    let class = match c {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        'w' => "[0-9A-Za-z_]",
        'W' => "[^0-9A-Za-z_]",
        's' => "[\\t\\n\\x0C\\r ]",
        'S' => "[^\\t\\n\\x0C\\r ]",
        'b' if !in_class => "(?-u:\\b)",
        'C' => return Err("`\\C` is not supported, since text is not bytes".into()),
        '1'..='9' => return Err("it refers back to a group, which RE2 does not have".into()),
        c if c.is_ascii_punctuation() || c.is_ascii_alphanumeric() => {
            out.push('\\');
            out.push(c);
            return Ok(());
        }
        c => return Err(format!("unknown escape `\\{c}`")),
    };
    out.push_str(class);
    Ok(())
}

fn escape(out: &mut String, c: char) {
    if c.is_ascii_punctuation() {
        out.push('\\');
    }
    out.push(c);
}
