//! A test as a rule: its variables become fields, its names whole names, its result a comparison.

use std::fmt::Write as _;

use prost_reflect::{DescriptorPool, DynamicMessage};

use crate::value::{self, literal, message, messages, text};

/// A rule that says what a test wants to know.
pub(crate) struct Rule {
    pub(crate) expression: String,
    /// Whether it must fail.
    pub(crate) fails: bool,
    /// The variables as fields of a message; none, where there are none.
    pub(crate) fields: String,
    /// Their values on the wire.
    pub(crate) bytes: Vec<u8>,
}

/// The rule, or why a test is none.
pub(crate) fn of_test(test: &DynamicMessage, pool: &DescriptorPool) -> Result<Rule, String> {
    if value::flag(test, "disable_macros") {
        return Err("macros cannot be switched off".into());
    }
    let (mut fields, mut bytes, mut names) = (String::new(), Vec::new(), Vec::new());
    let bindings = value::bindings(test);
    let declared = messages(test, "type_env");
    let undeclared = bindings.iter().filter(|(name, _)| !declared.iter().any(|d| text(d, "name") == *name));
    let variables = declared
        .iter()
        .map(|declaration| {
            let ident = message(declaration, "ident").ok_or("a function of the test's own")?;
            Ok((text(declaration, "name"), message(&ident, "type")))
        })
        .chain(undeclared.map(|(name, _)| Ok((name.clone(), None))))
        .collect::<Result<Vec<_>, String>>()?;
    for (at, (name, ty)) in variables.into_iter().enumerate() {
        if name.contains('.') {
            return Err("a variable with dots in its name".into());
        }
        let value = bindings.iter().find(|(bound, _)| *bound == name).map(|(_, value)| value);
        let number = u32::try_from(at + 1).expect("it is small");
        let declaration = value::variable(number, ty.as_ref(), value, &mut bytes)?;
        let _ = write!(fields, "{declaration} v_{name} = {number}; ");
        names.push(name);
    }
    let source = text(test, "expr");
    let expression = whole_names(&source, &text(test, "container"), &names, pool);
    let (expression, fails) = expected(test, &expression)?;
    Ok(Rule { expression, fails, fields, bytes })
}

/// The rule that holds if the expression gives what is expected, and whether it must fail.
fn expected(test: &DynamicMessage, e: &str) -> Result<(String, bool), String> {
    let is_error = ["eval_error", "any_eval_errors"].iter().any(|name| test.has_field_by_name(name));
    if is_error {
        return Ok((format!("[{e}\n].size() == 1"), true));
    }
    if ["unknown", "any_unknowns"].iter().any(|name| test.has_field_by_name(name)) {
        return Err("unknown values".into());
    }
    let result = match (message(test, "value"), message(test, "typed_result")) {
        (Some(value), _) => Some(value),
        (None, Some(typed)) if typed.has_field_by_name("result") => message(&typed, "result"),
        // The type is looked at, and nothing is computed.
        (None, Some(_)) => return Ok((format!("[{e}\n].size() == 1 || true"), false)),
        (None, None) => None,
    };
    let Some(result) = result else { return Ok((format!("({e}\n) == true"), false)) };
    let literal = literal(&result)?;
    let number = ["int64_value", "uint64_value", "double_value"]
        .iter()
        .zip(["int", "uint", "double"])
        .find(|(field, _)| result.has_field_by_name(field));
    Ok(match number {
        _ if literal == "double('NaN')" => (format!("({e}\n) != ({e}\n)"), false),
        Some((_, ty)) => (format!("({e}\n) == {literal} && type({e}\n) == {ty}"), false),
        None => (format!("({e}\n) == {literal}"), false),
    })
}

/// The expression with variables as fields of `this`, and names as they are without a container.
fn whole_names(source: &str, container: &str, variables: &[String], pool: &DescriptorPool) -> String {
    let (mut out, mut rest) = (String::new(), source);
    while let Some(c) = rest.chars().next() {
        if let Some(length) = literal_length(rest) {
            out.push_str(&rest[..length]);
            rest = &rest[length..];
        } else if c.is_ascii_alphabetic() || c == '_' {
            let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let (name, after) = rest.split_at(length);
            let member = out.trim_end().ends_with('.');
            let field = after.trim_start().starts_with(':') && out.trim_end().ends_with(['{', ',']);
            let is_word = matches!(name, "true" | "false" | "null" | "in");
            if is_word || field || member && !out.trim_end().ends_with("..") {
                out.push_str(name);
            } else if variables.iter().any(|variable| variable == name) {
                let _ = write!(out, "this.v_{name}");
            } else {
                out.push_str(&prefix(name, container, pool));
                out.push_str(name);
            }
            rest = after;
        } else {
            let length = if c.is_ascii_digit() {
                rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(rest.len())
            } else {
                c.len_utf8()
            };
            out.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    out
}

/// The part of the container in which a name is that of a message or an enum.
fn prefix(name: &str, container: &str, pool: &DescriptorPool) -> String {
    let mut scope = container;
    while !scope.is_empty() {
        let full = format!("{scope}.{name}");
        if pool.get_message_by_name(&full).is_some() || pool.get_enum_by_name(&full).is_some() {
            return format!("{scope}.");
        }
        scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
    }
    String::new()
}

/// The bytes of a string, a comment or a quoted name that begins here.
fn literal_length(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if let Some(rest) = text.strip_prefix('`') {
        return rest.find('`').map(|end| end + 2);
    }
    let marks = text.find(['"', '\'']).filter(|at| *at <= 2)?;
    let prefix = &text[..marks];
    if !prefix.chars().all(|c| "rRbB".contains(c)) {
        return None;
    }
    let raw = prefix.contains(['r', 'R']);
    let quote = &text[marks..=marks];
    let triple = quote.repeat(3);
    let quote = if text[marks..].starts_with(&triple) { triple.as_str() } else { quote };
    let mut at = marks + quote.len();
    loop {
        let rest = text.get(at..)?;
        if rest.starts_with(quote) {
            return Some(at + quote.len());
        }
        let c = rest.chars().next()?;
        at += c.len_utf8();
        if c == '\\' && !raw {
            at += rest[1..].chars().next()?.len_utf8();
        }
    }
}
