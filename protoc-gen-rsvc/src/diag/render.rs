//! A finding as text: `place: error[code]: message`, the line with a caret, notes and help.

use std::fmt::Write as _;

use super::{Diagnostic, Severity, is_direction};

/// The finding as the user reads it, ending in a newline.
pub(crate) fn render(d: &Diagnostic) -> String {
    let mut out = String::new();
    if let Some(place) = &d.place {
        let _ = write!(out, "{place}: ");
    }
    let severity = match d.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let _ = writeln!(out, "{severity}[{}]: {}", d.code, d.message);
    snippet(&mut out, d);
    for (place, text) in &d.notes {
        match place {
            Some(place) => _ = writeln!(out, "  note: {place}: {text}"),
            None => _ = writeln!(out, "  note: {text}"),
        }
    }
    if let Some(help) = &d.help {
        let _ = writeln!(out, "  help: {help}");
    }
    out
}

fn snippet(out: &mut String, d: &Diagnostic) {
    let (Some(line), Some((start, end))) = (&d.source_line, d.place.as_ref().and_then(|p| p.span)) else {
        return;
    };
    let number = (start.line + 1).to_string();
    let gutter = " ".repeat(number.len());
    let from = floor_boundary(line, start.column as usize);
    let to = if end.line == start.line { floor_boundary(line, end.column as usize) } else { line.len() };
    let (line, from, to) = window(line, from, to.max(from));
    // Tabs stay tabs above the caret, so that it stands under the right place at any tab width.
    let indent: String = line[..from].chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let width = line.get(from..to).map_or(1, |s| s.chars().count()).max(1);
    let _ = writeln!(out, " {gutter} |");
    let _ = writeln!(out, " {number} | {line}");
    let _ = write!(out, " {gutter} | {indent}{}", "^".repeat(width));
    match &d.label {
        Some(label) => _ = writeln!(out, " {label}"),
        None => out.push('\n'),
    }
}

/// The part of a long line that is around the caret, and where the caret is in it.
fn window(line: &str, from: usize, to: usize) -> (String, usize, usize) {
    const AROUND: usize = 80;
    const WHOLE: usize = 400;
    // What turns the direction of the text would show another line than the one that is read.
    let plain = |text: &str| text.replace(is_direction, "\u{fffd}");
    if line.len() <= WHOLE {
        let (before, marked) = (plain(&line[..from]).len(), plain(&line[from..to]).len());
        return (plain(line), before, before + marked);
    }
    let start = floor_boundary(line, from.saturating_sub(AROUND));
    let marked_to = floor_boundary(line, to.min(from + AROUND)).max(from);
    let end = floor_boundary(line, marked_to + AROUND);
    let mut shown = String::new();
    if start > 0 {
        shown.push('…');
    }
    shown.push_str(&plain(&line[start..from]));
    let caret = shown.len();
    shown.push_str(&plain(&line[from..marked_to]));
    let caret_end = shown.len();
    shown.push_str(&plain(&line[marked_to..end]));
    if end < line.len() {
        shown.push('…');
    }
    (shown, caret, caret_end)
}

fn floor_boundary(line: &str, at: usize) -> usize {
    let mut at = at.min(line.len());
    while !line.is_char_boundary(at) {
        at -= 1;
    }
    at
}
