//! Writes all changes of a file into it, each of which can be switched on while the program runs.

use std::fmt::Write as _;
use std::ops::Range;

use anyhow::Result;

use super::list::Change;
use super::places::{self, Form, Part};

/// What the changed crate has as `crate::mutation`. `on` says whether a change is the one of this run, and, where it is
/// asked to, writes down which are reached.
pub(super) const SWITCH: &str = r#"
#[doc(hidden)]
pub mod mutation {
    use std::fs::File;
    use std::io::Write;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{LazyLock, Mutex};

    static CHOSEN: LazyLock<Option<usize>> = LazyLock::new(|| std::env::var("MUTANT").ok()?.parse().ok());
    static REACHED: LazyLock<Option<Mutex<File>>> = LazyLock::new(|| {
        let path = std::env::var_os("MUTANTS_REACHED")?;
        // Else a change would count as one that no test reaches.
        let file = File::options().create(true).append(true).open(path).expect("it is below target/");
        Some(Mutex::new(file))
    });
    static SEEN: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];

    pub fn on(change: usize) -> bool {
        if let Some(file) = &*REACHED && !SEEN[change].swap(true, Ordering::Relaxed) {
            if let Ok(mut file) = file.lock() {
                file.write_all(format!("{change}\n").as_bytes()).expect("there is room for it");
            }
        }
        *CHOSEN == Some(change)
    }
}
"#;

/// How an arm is written that goes with a change.
const ARM: &str = " if !crate::mutation::on(";

/// A file with its changes.
#[derive(Debug)]
pub(super) struct Woven {
    pub(super) text: String,
    /// Where each change is in the text.
    choices: Vec<(usize, Range<usize>)>,
    /// Where each part is in the text, and its changes.
    parts: Vec<(Range<usize>, Vec<usize>)>,
}

/// The file with these changes, and the numbers of those that have no place in it.
pub(super) fn weave(source: &str, changes: &[(usize, &Change)]) -> Result<(Woven, Vec<usize>)> {
    let (parts, left_out) = places::of(source, changes)?;
    let mut woven = Woven { text: String::new(), choices: Vec::new(), parts: Vec::new() };
    woven.write(source, 0..source.len(), &parts);
    Ok((woven, left_out))
}

impl Woven {
    /// Writes a range of the source, in which these parts lie.
    fn write(&mut self, source: &str, range: Range<usize>, mut parts: &[Part]) {
        let mut at = range.start;
        while let Some((part, rest)) = parts.split_first() {
            let inside = rest.iter().take_while(|other| other.range.end <= part.range.end).count();
            let (inside, rest) = rest.split_at(inside);
            self.text.push_str(&source[at..part.range.start]);
            self.write_part(source, part, inside);
            at = part.range.end;
            parts = rest;
        }
        self.text.push_str(&source[at..range.end]);
    }

    fn write_part(&mut self, source: &str, part: &Part, inside: &[Part]) {
        let start = self.text.len();
        match part.form {
            Form::Expression => {
                self.text.push('(');
                for choice in &part.choices {
                    self.choice(choice.number, &choice.text);
                    self.text.push_str(" else ");
                }
                self.text.push_str("{ ");
                self.write(source, part.range.clone(), inside);
                self.text.push_str(" })");
            }
            Form::Body => {
                for choice in &part.choices {
                    self.choice(choice.number, &format!("return {};", choice.text));
                    self.text.push(' ');
                }
                self.write(source, part.range.clone(), inside);
            }
            Form::Pattern => {
                self.write(source, part.range.clone(), inside);
                for choice in &part.choices {
                    let start = self.text.len();
                    write!(self.text, "{ARM}{})", choice.number).expect("a text takes all");
                    self.choices.push((choice.number, start..self.text.len()));
                }
            }
        }
        let numbers = part.choices.iter().map(|choice| choice.number).collect();
        self.parts.push((start..self.text.len(), numbers));
    }

    fn choice(&mut self, number: usize, text: &str) {
        let start = self.text.len();
        write!(self.text, "if crate::mutation::on({number}) {{ {text} }}").expect("a text takes all");
        self.choices.push((number, start..self.text.len()));
    }

    /// The changes that an error is due to which the compiler reports at these places, the main one first: that which has
    /// one of the places, or those of the smallest part around one.
    pub(super) fn blame(&self, places: &[Range<usize>]) -> Vec<usize> {
        let within = |around: &Range<usize>, place: &Range<usize>| {
            around.start <= place.start && place.end <= around.end
        };
        let choice = places.iter().find_map(|place| {
            self.choices.iter().find(|(_, range)| within(range, place)).map(|(number, _)| vec![*number])
        });
        let part = || {
            places.iter().find_map(|place| {
                let around = self.parts.iter().filter(|(range, _)| within(range, place));
                around.min_by_key(|(range, _)| range.len()).map(|(_, numbers)| numbers.clone())
            })
        };
        // What is reported of a whole function is due to something in it.
        let inside = || {
            let touched =
                self.parts.iter().filter(|(range, _)| places.iter().any(|place| within(place, range)));
            touched.flat_map(|(_, numbers)| numbers.iter().copied()).collect()
        };
        let blamed = choice.or_else(part).unwrap_or_else(inside);
        if !blamed.is_empty() {
            return blamed;
        }
        // Without an arm a `match` may no longer cover everything; the place is before its arms.
        let arms = self.choices.iter().filter(|(_, range)| self.text[range.clone()].starts_with(ARM));
        let next = places.first().and_then(|place| {
            arms.filter(|(_, range)| range.start >= place.end).min_by_key(|(_, range)| range.start)
        });
        next.map(|(number, _)| *number).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutants::list::{Kind, Place};

    /// A change of the first `what` in the source.
    fn change(source: &str, kind: Kind, what: &str, text: &str) -> Change {
        let at = source.find(what).unwrap();
        let place = |at: usize| {
            let before = &source[..at];
            let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
            Place { line: before.matches('\n').count() + 1, column }
        };
        Change {
            file: "a.rs".to_owned(),
            name: String::new(),
            kind,
            from: place(at),
            to: place(at + what.len()),
            text: text.to_owned(),
        }
    }

    fn woven(source: &str, changes: &[Change]) -> (Woven, Vec<usize>) {
        let numbered: Vec<_> = changes.iter().enumerate().collect();
        weave(source, &numbered).unwrap()
    }

    fn text(source: &str, changes: &[Change]) -> String {
        let (woven, left_out) = woven(source, changes);
        assert!(left_out.is_empty());
        syn::parse_file(&woven.text).unwrap_or_else(|error| panic!("{error}: {}", woven.text));
        woven.text.replace("crate::mutation::", "")
    }

    #[test]
    fn an_operator_takes_its_expression_along() {
        let source = "fn f() -> bool { a < b && !c }";
        let changes = [
            change(source, Kind::Binary, "&&", "||"),
            change(source, Kind::Binary, "<", "=="),
            change(source, Kind::Binary, "<", ">"),
            change(source, Kind::Unary, "!", ""),
        ];
        assert_eq!(
            text(source, &changes),
            "fn f() -> bool { (if on(0) { a < b || !c } else { (if on(1) { a == b } else if on(2) { a > b } else \
             { a < b }) && (if on(3) { c } else { !c }) }) }"
        );
    }

    #[test]
    fn a_body_returns_early() {
        let source = "fn f() -> bool {\n    x == y\n}";
        let changes = [
            change(source, Kind::Body, "x == y", "true"),
            change(source, Kind::Body, "x == y", "false"),
            change(source, Kind::Binary, "==", "!="),
        ];
        assert_eq!(
            text(source, &changes),
            "fn f() -> bool {\n    if on(0) { return true; } if on(1) { return false; } (if on(2) { x != y } else \
             { x == y })\n}"
        );
    }

    #[test]
    fn arms_go_and_conditions_change() {
        let source = "fn f() { match a { 1 | 2 => {} b if b == 7 => {} _ => {} } }";
        let changes = [
            change(source, Kind::Arm, "1 | 2 => {}", ""),
            change(source, Kind::Guard, "b == 7", "true"),
            change(source, Kind::Binary, "==", "!="),
        ];
        assert_eq!(
            text(source, &changes),
            "fn f() { match a { 1 | 2 if !on(0) => {} b if (if on(1) { true } else if on(2) { b != 7 } else \
             { b == 7 }) => {} _ => {} } }"
        );
    }

    #[test]
    fn a_match_that_lacks_an_arm_is_due_to_the_next_one() {
        let source = "fn f() { match a { 0 => {} } match b { 1 => {} c => {} } }";
        let changes = [change(source, Kind::Arm, "0 => {}", ""), change(source, Kind::Arm, "c => {}", "")];
        let (woven, _) = woven(source, &changes);
        let at = woven.text.find("b {").unwrap();
        assert_eq!(woven.blame(std::slice::from_ref(&(at..at + 1))), [1]);
        assert_eq!(woven.blame(std::slice::from_ref(&(0..1))), [0]);
    }

    #[test]
    fn a_field_goes_with_its_comma() {
        let source = "fn f() -> S { S { a: 1, b: 2, ..S::new() } }";
        let changes = [change(source, Kind::Field, "a: 1,", "")];
        assert_eq!(
            text(source, &changes),
            "fn f() -> S { (if on(0) { S {  b: 2, ..S::new() } } else { S { a: 1, b: 2, ..S::new() } }) }"
        );
    }

    #[test]
    fn a_condition_that_binds_is_left_out() {
        let source = "fn f() { if a && let Some(b) = c && d {} }";
        let (woven, left_out) = woven(source, &[change(source, Kind::Binary, "&&", "||")]);
        assert_eq!((woven.text.as_str(), left_out), (source, vec![0]));
    }

    #[test]
    fn an_error_is_due_to_the_change_around_it() {
        let source = "fn f() -> bool { a < b && c } fn g() {}";
        let changes = [change(source, Kind::Binary, "&&", "||"), change(source, Kind::Binary, "<", "==")];
        let (woven, _) = woven(source, &changes);
        let at = |what: &str| {
            let start = woven.text.find(what).unwrap();
            start..start + what.len()
        };
        assert_eq!(woven.blame(&[at("a == b")]), [1]);
        assert_eq!(woven.blame(&[at("on(0)")]), [0]);
        assert_eq!(woven.blame(&[at("fn g() {}"), at("a == b")]), [1], "another place helps");
        assert_eq!(woven.blame(&[at("{ a < b }")]), [1], "the smallest part");
        assert_eq!(woven.blame(&[at("fn g() {}")]), [] as [usize; 0]);
        let whole = 0..at("fn g() {}").start;
        assert_eq!(woven.blame(&[whole]).len(), 2, "all of a function");
    }
}
