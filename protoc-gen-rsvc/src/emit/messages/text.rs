//! prost-build's text where nobody has added anything to it: commented, compared with the model and formatted line by line.
//!
//! prost-build writes its lines as prettyplease does, but for those that are too long. So only these go through `syn` and
//! prettyplease, each for itself. A text with a line of another form is left to them as a whole.

use std::iter::Peekable;
use std::str::Lines;

use super::{GeneratedType, docs, has_debug, renamed, verify};
use crate::emit::layout;
use crate::emit::print::INDENT;
use crate::model::{Comments, EnumId, MessageId, OneofId, Schema};
use crate::sorted::SortedMap;

/// Why there is no text.
pub(super) enum Stop {
    /// A line of a form that is not known here.
    OtherForm,
    /// prost-build and the model differ.
    Wrong(String),
}

type Step<T> = Result<T, Stop>;

pub(super) struct ProstText<'a> {
    schema: &'a Schema,
    nodes: &'a SortedMap<(&'a [String], &'a str), GeneratedType>,
    module: Vec<String>,
    lines: Peekable<Lines<'a>>,
    depth: usize,
    out: String,
}

impl<'a> ProstText<'a> {
    pub(super) fn new(
        schema: &'a Schema,
        nodes: &'a SortedMap<(&'a [String], &'a str), GeneratedType>,
        module: Vec<String>,
        text: &'a str,
    ) -> Self {
        let out = String::with_capacity(text.len() * 2);
        Self { schema, nodes, module, lines: text.lines().peekable(), depth: 0, out }
    }

    pub(super) fn rewrite(mut self) -> Step<String> {
        // prost-build says in a comment who wrote it.
        while self.peek().is_some_and(|line| line.starts_with("// ")) {
            self.lines.next();
        }
        while self.peek().is_some() {
            self.item()?;
        }
        Ok(self.out)
    }

    fn peek(&mut self) -> Option<&'a str> {
        self.lines.peek().map(|line| line.trim())
    }

    fn next(&mut self) -> Step<&'a str> {
        self.lines.next().map(str::trim).ok_or(Stop::OtherForm)
    }

    /// Whether the end of a block comes, which is taken.
    fn ends(&mut self) -> bool {
        self.peek() == Some("}") && self.lines.next().is_some()
    }

    /// The attributes and comments in front of something.
    fn attributes(&mut self) -> Vec<&'a str> {
        let mut found = Vec::new();
        while let Some(line) = self.peek() {
            let attribute = line.starts_with("#[") && line.ends_with(']');
            if !attribute && !line.starts_with("///") {
                break;
            }
            found.push(line);
            self.lines.next();
        }
        found
    }

    fn node(&self, name: &str) -> Option<GeneratedType> {
        self.nodes.get(&(&*self.module, name)).copied()
    }

    fn item(&mut self) -> Step<()> {
        let attributes = self.attributes();
        let head = self.next()?;
        if let Some(name) = inside(head, "pub struct ", " {") {
            return match self.node(name) {
                Some(GeneratedType::Message(id)) => self.message(id, head, &attributes),
                _ => Err(Stop::Wrong(format!("prost-build wrote a struct `{name}` that was not expected"))),
            };
        }
        if let Some(name) = inside(head, "pub enum ", " {") {
            return match self.node(name) {
                Some(GeneratedType::Enum(id)) => self.enumeration(id, head, &attributes),
                Some(GeneratedType::Oneof(id)) => self.oneof(id, head, &attributes),
                _ => Err(Stop::Wrong(format!("prost-build wrote an enum `{name}` that was not expected"))),
            };
        }
        if let Some(name) = inside(head, "impl ", " {")
            && let Some(GeneratedType::Enum(id)) = self.node(name)
        {
            self.begin(head, &attributes)?;
            return self.enum_names(id);
        }
        let Some(name) = inside(head, "pub mod ", " {") else { return Err(Stop::OtherForm) };
        self.begin(head, &attributes)?;
        if self.peek() == Some("}") {
            return Err(Stop::OtherForm);
        }
        self.module.push(name.to_owned());
        while !self.ends() {
            self.item()?;
        }
        self.module.pop();
        self.close();
        Ok(())
    }

    fn message(&mut self, id: MessageId, head: &str, attributes: &[&str]) -> Step<()> {
        let schema = self.schema;
        let message = &schema.messages[id];
        let members = verify::members(schema, id);
        // An error set is an enum of ours.
        let printed = message.error_set.is_none();
        if printed {
            self.separate();
            self.comments(&message.origin.comments);
            self.debug(Some(id));
            if self.peek() == Some("}") {
                self.item_attributes(attributes)?;
                self.line(&format!("{head}}}"))?;
            } else {
                self.open(head, attributes)?;
            }
        }
        let mut count = 0;
        while !self.ends() {
            let attributes = self.attributes();
            let line = self.next()?;
            if !printed {
                continue;
            }
            let (name, ty) =
                inside(line, "pub ", ",").and_then(|field| field.split_once(": ")).ok_or(Stop::OtherForm)?;
            if let Some(expected) = members.get(count) {
                let found = verify::Found::in_text(name, &attributes, ty);
                expected
                    .compare(schema, &found)
                    .map_err(|why| Stop::Wrong(format!("message `{}`: {why}", message.full_name)))?;
                self.comments(&expected.origin(schema).comments);
            }
            self.member(&["struct S {"], &attributes, line)?;
            count += 1;
        }
        if printed && count != members.len() {
            let name = &message.full_name;
            return Err(Stop::Wrong(format!("message `{name}`: not the expected number of fields")));
        }
        if printed && count > 0 {
            self.close();
        }
        Ok(())
    }

    fn enumeration(&mut self, id: EnumId, head: &str, attributes: &[&str]) -> Step<()> {
        let node = &self.schema.enums[id];
        self.separate();
        self.comments(&node.origin.comments);
        self.debug(node.parent);
        self.open(head, attributes)?;
        let mut values = node.values.iter().filter(|value| !value.alias);
        while !self.ends() {
            let attributes = self.attributes();
            let line = self.next()?;
            let (variant, _) =
                line.strip_suffix(',').and_then(|line| line.split_once(" = ")).ok_or(Stop::OtherForm)?;
            if let Some(value) = values.next() {
                verify::value(&node.full_name, value, variant).map_err(Stop::Wrong)?;
                self.comments(&value.origin.comments);
            }
            self.member(&["enum E {"], &attributes, line)?;
        }
        self.close();
        Ok(())
    }

    fn oneof(&mut self, id: OneofId, head: &str, attributes: &[&str]) -> Step<()> {
        let schema = self.schema;
        let node = &schema.oneofs[id];
        self.separate();
        self.comments(&node.origin.comments);
        self.debug(Some(node.message));
        self.open(head, attributes)?;
        let mut fields = node.fields.iter();
        while !self.ends() {
            let attributes = self.attributes();
            let line = self.next()?;
            let (variant, ty) =
                line.strip_suffix("),").and_then(|line| line.split_once('(')).ok_or(Stop::OtherForm)?;
            if let Some(field) = fields.next() {
                let found = verify::Found::in_text(variant, &attributes, ty);
                verify::variant(schema, *field, &found)
                    .map_err(|why| Stop::Wrong(format!("oneof `{}`: {why}", node.name)))?;
                self.comments(&schema.fields[*field].origin.comments);
            }
            self.member(&["enum E {"], &attributes, line)?;
        }
        self.close();
        Ok(())
    }

    /// `as_str_name` and `from_str_name`, with the values' own names.
    fn enum_names(&mut self, id: EnumId) -> Step<()> {
        const HEADS: [&str; 2] = [
            "pub fn as_str_name(&self) -> &'static str {",
            "pub fn from_str_name(value: &str) -> ::core::option::Option<Self> {",
        ];
        let renamed = renamed(self.schema, id);
        while !self.ends() {
            let attributes = self.attributes();
            let head = self.next()?;
            if !HEADS.contains(&head) {
                return Err(Stop::OtherForm);
            }
            self.open(head, &attributes)?;
            let what = self.next()?;
            if inside(what, "match ", " {").is_none() || self.peek() == Some("}") {
                return Err(Stop::OtherForm);
            }
            self.open(what, &[])?;
            while !self.ends() {
                let attributes = self.attributes();
                let arm = self.next()?;
                if !arm.ends_with(',') || !arm.contains(" => ") {
                    return Err(Stop::OtherForm);
                }
                let renamed = arm.split_once('"').and_then(|(before, rest)| {
                    let (name, after) = rest.split_once('"')?;
                    Some(format!("{before}\"{}\"{after}", renamed.get(name)?))
                });
                let around = ["impl I {", "fn f() {", "match x {"];
                self.member(&around, &attributes, renamed.as_deref().unwrap_or(arm))?;
            }
            self.close();
            if !self.ends() {
                return Err(Stop::OtherForm);
            }
            self.close();
        }
        self.close();
        Ok(())
    }
}

/// Writing.
impl ProstText<'_> {
    /// Between two items that no module is around, there is an empty line.
    fn separate(&mut self) {
        if self.depth == 0 && !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn begin(&mut self, head: &str, attributes: &[&str]) -> Step<()> {
        self.separate();
        self.open(head, attributes)
    }

    fn open(&mut self, head: &str, attributes: &[&str]) -> Step<()> {
        self.item_attributes(attributes)?;
        self.line(head)?;
        self.depth += 1;
        Ok(())
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.push("}");
    }

    /// A line that nothing can be broken in.
    fn line(&mut self, line: &str) -> Step<()> {
        if !self.fits(line) {
            return Err(Stop::OtherForm);
        }
        self.push(line);
        Ok(())
    }

    fn item_attributes(&mut self, attributes: &[&str]) -> Step<()> {
        attributes.iter().try_for_each(|attribute| {
            match inside(attribute, "#[derive(", ")]") {
                _ if attribute.starts_with("///") || self.fits(attribute) => self.push(attribute),
                Some(traits) => {
                    self.push("#[derive(");
                    self.depth += 1;
                    self.push(&traits.replace(", ", &format!(",\n{}", INDENT.repeat(self.depth))));
                    self.depth -= 1;
                    self.push(")]");
                }
                None => return Err(Stop::OtherForm),
            }
            Ok(())
        })
    }

    /// A field, a variant or an arm, which is inside of `around`.
    fn member(&mut self, around: &[&str], attributes: &[&str], line: &str) -> Step<()> {
        if attributes.iter().all(|line| self.fits(line)) && self.fits(line) {
            for line in attributes {
                self.push(line);
            }
            self.push(line);
            return Ok(());
        }
        let modules = self.depth.checked_sub(around.len()).ok_or(Stop::OtherForm)?;
        let mut text = "mod m {\n".repeat(modules);
        for line in around.iter().chain(attributes).chain([&line]) {
            text.push_str(line);
            text.push('\n');
        }
        text.push_str(&"}".repeat(self.depth));
        let file = syn::parse_file(&text).map_err(|_| Stop::OtherForm)?;
        let printed = prettyplease::unparse(&file);
        let lines = printed.lines().count().saturating_sub(2 * self.depth);
        for line in printed.lines().skip(self.depth).take(lines) {
            self.out.push_str(line);
            self.out.push('\n');
        }
        Ok(())
    }

    fn comments(&mut self, comments: &Comments) {
        for line in docs::lines(comments) {
            self.indent();
            self.out.push_str("///");
            self.out.push_str(line.trim_end_matches(' '));
            self.out.push('\n');
        }
    }

    fn debug(&mut self, message: Option<MessageId>) {
        if !has_debug(self.schema, message) {
            self.push("#[derive(Debug)]");
        }
    }

    fn fits(&self, line: &str) -> bool {
        layout::fits(line, self.depth)
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.out.push_str(INDENT);
        }
    }

    fn push(&mut self, line: &str) {
        self.indent();
        self.out.push_str(line);
        self.out.push('\n');
    }
}

/// What is between a start and an end.
fn inside<'a>(line: &'a str, start: &str, end: &str) -> Option<&'a str> {
    line.strip_prefix(start)?.strip_suffix(end)
}
