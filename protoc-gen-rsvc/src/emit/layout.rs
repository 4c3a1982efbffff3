//! What prettyplease makes of the forms that a service has much of: where a line is broken when it is too long for one.

use super::PRETTY_WIDTH;
use super::print::INDENT;

/// A path, perhaps with generics.
pub(super) struct Type {
    path: String,
    generics: Vec<Type>,
}

impl Type {
    pub(super) fn plain(path: impl Into<String>) -> Self {
        Self { path: path.into(), generics: Vec::new() }
    }

    pub(super) fn generic<const N: usize>(path: &str, generics: [Self; N]) -> Self {
        Self { path: path.to_owned(), generics: generics.into() }
    }

    /// Whether it is written as it will be printed: users write paths to types of theirs with any spaces.
    pub(super) fn is_plain(&self) -> bool {
        let plain = |c: char| c.is_alphanumeric() || "_:#".contains(c);
        (self.path == "()" || self.path.chars().all(plain)) && self.generics.iter().all(Self::is_plain)
    }

    /// Its lines at a depth, without the space before the first one.
    pub(super) fn lines(&self, Around { before, after, end }: Around<'_>, depth: usize) -> String {
        let line = format!("{before}{self}{after}");
        if self.generics.is_empty() || fits(&line, depth) {
            return line + end;
        }
        let mut out = format!("{before}{}<\n", self.path);
        for (index, inner) in self.generics.iter().enumerate() {
            let around = if index + 1 < self.generics.len() {
                Around { after: ",", ..Around::default() }
            } else {
                Around { end: ",", ..Around::default() }
            };
            out.push_str(&INDENT.repeat(depth + 1));
            out.push_str(&inner.lines(around, depth + 1));
            out.push('\n');
        }
        out.push_str(&INDENT.repeat(depth));
        out + ">" + after + end
    }
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let generics: Vec<String> = self.generics.iter().map(ToString::to_string).collect();
        f.write_str(&self.path)?;
        if generics.is_empty() { Ok(()) } else { write!(f, "<{}>", generics.join(", ")) }
    }
}

/// What stands on the line of a type.
#[derive(Clone, Copy, Default)]
pub(super) struct Around<'a> {
    pub(super) before: &'a str,
    pub(super) after: &'a str,
    /// Behind `after`, and no reason for a break: the comma of a last part.
    pub(super) end: &'a str,
}

/// A list at a depth, on one line or with one for each of its parts.
pub(super) fn list(open: &str, parts: &[&str], close: &str, depth: usize) -> String {
    let line = format!("{open}{}{close}", parts.join(", "));
    if fits(&line, depth) { line } else { broken(open, parts, close, depth) }
}

/// A list with a line for each of its parts, whose last line is at a depth.
fn broken(open: &str, parts: &[&str], close: &str, depth: usize) -> String {
    let inner = format!("\n{}", INDENT.repeat(depth + 1));
    let parts = parts.join(&format!(",{inner}"));
    format!("{open}{inner}{parts},\n{}{close}", INDENT.repeat(depth))
}

/// `function(arguments).await` as the value of a block at a depth.
pub(super) fn awaited(function: &str, arguments: &[&str], depth: usize) -> String {
    const AWAIT: &str = ".await";
    let call = format!("{function}({})", arguments.join(", "));
    if fits(&format!("{call}{AWAIT}"), depth) {
        return call + AWAIT;
    }
    let call =
        if fits(&call, depth) { call } else { broken(&format!("{function}("), arguments, ")", depth + 1) };
    format!("{call}\n{}{AWAIT}", INDENT.repeat(depth + 1))
}

/// `impl<…> Trait for Type {`, outside of any block.
pub(super) fn impl_head(before: &str, of: &str) -> String {
    let line = format!("{before} for {of} {{");
    if fits(&line, 0) { line } else { format!("{before}\nfor {of} {{") }
}

/// Whether a line at a depth needs no break.
pub(super) fn fits(line: &str, depth: usize) -> bool {
    depth * INDENT.len() + line.len() <= PRETTY_WIDTH
}
