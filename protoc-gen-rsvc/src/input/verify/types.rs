//! Every type that is named: found, visible, of the right kind, and written in full.

use std::collections::HashSet;

use prost_reflect::DescriptorPool;

use super::names::{SymbolKind, Symbols};
use super::scope::{Scope, Search};
use super::walk::{join, parent};
use crate::diag::{Code, Diagnostic, Sink};
use crate::input::locations::Places;
use crate::input::raw::{self, Label, Type, tag};
use crate::input::suggest;

/// Writes the full name and the kind of every type into `files`, which come in the order of imports, and gives for
/// each file those whose types it uses.
pub(super) fn resolve(
    files: &mut [raw::File],
    symbols: &Symbols,
    visible: &[HashSet<usize>],
    sink: &mut Sink,
) -> Vec<HashSet<usize>> {
    let packages: Vec<String> = files.iter().map(|file| file.package().to_owned()).collect();
    let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
    let mut used = Vec::with_capacity(files.len());
    for index in 0..files.len() {
        let mut file = std::mem::take(&mut files[index]);
        let mut resolver = TypeNameResolver {
            files,
            symbols,
            scope: Scope::new(symbols, &visible[index], &packages),
            used: HashSet::new(),
            name: file.name().to_owned(),
            info: file.source_code_info.take(),
            places: Places::default(),
            path: Vec::new(),
            sink,
        };
        resolver.file(&mut file);
        used.push(std::mem::take(&mut resolver.used));
        file.source_code_info = resolver.info;
        files[index] = file;
    }
    used
}

struct TypeNameResolver<'a> {
    files: &'a [raw::File],
    symbols: &'a Symbols,
    scope: Scope<'a>,
    used: HashSet<usize>,
    name: String,
    info: Option<Vec<u8>>,
    places: Places,
    path: Vec<i32>,
    sink: &'a mut Sink,
}

/// What may be named at a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Type,
    Message,
}

impl Wanted {
    fn takes(self, kind: SymbolKind) -> bool {
        kind == SymbolKind::Message || (self == Self::Type && kind.is_type())
    }
}

impl TypeNameResolver<'_> {
    fn file(&mut self, file: &mut raw::File) {
        let package = file.package().to_owned();
        self.all(tag::file::MESSAGE, &mut file.message, |this, message| this.message(message, &package));
        self.all(tag::file::EXTENSION, &mut file.extension, |this, field| this.field(field, &package));
        self.all(tag::file::SERVICE, &mut file.service, |this, service| {
            let scope = join(&package, service.name());
            this.all(tag::service::METHOD, &mut service.method, |this, method| {
                this.method_type(&mut method.input_type, &scope, tag::service::INPUT);
                this.method_type(&mut method.output_type, &scope, tag::service::OUTPUT);
            });
        });
    }

    fn all<T>(&mut self, number: i32, items: &mut [T], mut each: impl FnMut(&mut Self, &mut T)) {
        for (index, item) in (0..).zip(items) {
            self.path.extend([number, index]);
            each(self, item);
            self.path.truncate(self.path.len() - 2);
        }
    }

    fn message(&mut self, message: &mut raw::Descriptor, outer: &str) {
        let scope = join(outer, message.name());
        self.all(tag::message::FIELD, &mut message.field, |this, field| this.field(field, &scope));
        self.all(tag::message::EXTENSION, &mut message.extension, |this, field| this.field(field, &scope));
        self.all(tag::message::NESTED, &mut message.nested, |this, nested| this.message(nested, &scope));
    }

    fn method_type(&mut self, name: &mut Option<String>, scope: &str, part: i32) {
        let written = name.clone().unwrap_or_default();
        if let Some((full, _)) = self.find(&written, scope, Wanted::Message, part) {
            *name = Some(format!(".{full}"));
        }
    }

    fn field(&mut self, field: &mut raw::Field, scope: &str) {
        if field.extendee.is_some()
            && let Some((full, _)) = self.find(field.extendee(), scope, Wanted::Message, tag::field::EXTENDEE)
        {
            field.extendee = Some(format!(".{full}"));
        }
        if field.type_name().is_empty() {
            return;
        }
        let Some((full, kind)) = self.find(field.type_name(), scope, Wanted::Type, tag::field::TYPE_NAME)
        else {
            return;
        };
        let said = field.known_type();
        let found = match (kind, said) {
            (SymbolKind::Enum, None | Some(Type::Enum)) => Type::Enum,
            (SymbolKind::Message | SymbolKind::MapEntry, Some(Type::Group)) => Type::Group,
            (SymbolKind::Message | SymbolKind::MapEntry, None | Some(Type::Message)) => Type::Message,
            _ => {
                let text = format!(
                    "field `{}` says that `{full}` is something else than {}",
                    field.name(),
                    kind.what()
                );
                self.error(Code::BAD_DESCRIPTOR, tag::field::TYPE_NAME, text);
                return;
            }
        };
        if kind == SymbolKind::MapEntry && !is_entry_of(&full, scope, field, found) {
            let text =
                format!("`{full}` belongs to a map field and cannot be the type of `{}`", field.name());
            self.error(Code::INVALID_DEFINITION, tag::field::TYPE_NAME, text);
        }
        if let Some(default) = &field.default_value {
            self.default(default, &full, kind);
        }
        field.set_type(found);
        field.type_name = Some(format!(".{full}"));
    }

    fn default(&mut self, value: &str, full: &str, kind: SymbolKind) {
        let part = tag::field::DEFAULT;
        if kind != SymbolKind::Enum {
            return self.error(Code::OPTION_TYPE, part, "a message has no default");
        }
        // The values of an enum are named beside it.
        let scope = full.rsplit_once('.').map_or("", |(scope, _)| scope);
        let known = self.symbols.get(&join(scope, value));
        if known.is_none_or(|symbol| symbol.kind != SymbolKind::Other("enum value")) {
            self.error(Code::OPTION_TYPE, part, format!("enum `{full}` has no value `{value}`"));
        }
    }

    fn error(&mut self, code: Code, part: i32, text: impl Into<String>) {
        let found = Diagnostic::error(code, text);
        self.push(found, part);
    }

    fn push(&mut self, found: Diagnostic, part: i32) {
        let path = [self.path.as_slice(), &[part]].concat();
        self.sink.push(found.at(self.places.place(&self.name, self.info.as_deref(), &path)));
    }

    /// The full name behind a written one.
    fn find(&mut self, written: &str, scope: &str, want: Wanted, part: i32) -> Option<(String, SymbolKind)> {
        let found = self.scope.search(written, scope, want == Wanted::Type);
        let Some(symbol) = found.symbol else {
            let unknown = match &found.hidden {
                Some((full, symbol)) if symbol.kind.is_type() => {
                    Diagnostic::error(Code::UNKNOWN_TYPE, format!("`{full}` is not visible here"))
                        .help(format!("add `import \"{}\";`", self.file_name(symbol.file)))
                }
                _ => self.unknown(written, &found),
            };
            self.push(unknown, part);
            return None;
        };
        self.used.insert(symbol.file);
        let kind = symbol.kind;
        if want.takes(kind) {
            return Some((found.full, kind));
        }
        let wanted = if want == Wanted::Type { "message or enum" } else { "message" };
        let text =
            format!("`{written}` is not a {wanted}: `{}` is {} {}", found.full, article(kind), kind.what());
        let wrong = Diagnostic::error(Code::UNKNOWN_TYPE, text);
        // What is nearer may hide one that is meant.
        let meant = self.scope.search(written, parent(scope), true);
        let help = match meant.symbol {
            Some(symbol) if want.takes(symbol.kind) => {
                Some(format!("write `.{}`, its full name", meant.full))
            }
            _ => None,
        };
        let wrong = match help {
            Some(help) => wrong.help(help),
            None => wrong,
        };
        self.push(wrong, part);
        None
    }

    fn unknown(&self, written: &str, search: &Search) -> Diagnostic {
        let full = &search.full;
        let found = Diagnostic::error(Code::UNKNOWN_TYPE, format!("`{written}` is not defined"));
        if let Some(file) = DescriptorPool::global().get_message_by_name(full).map(|m| m.parent_file()) {
            return found.help(format!("add `import \"{}\";`", file.name()));
        }
        if let Some((_, ours)) = FOREIGN.iter().find(|(foreign, _)| *foreign == written) {
            return found.help(format!("protobuf calls it `{ours}`"));
        }
        // A first part that is found in an inner scope ends the search, even when the rest is not in there.
        if search.cut_off {
            let found =
                found.note(None, format!("its first part is found in an inner scope, so `{full}` is meant"));
            return if self.scope.get(written).is_some_and(|s| s.kind.is_type()) {
                found.help(format!("write `.{written}` to begin at the outermost scope"))
            } else {
                found
            };
        }
        match self.near(written) {
            Some(near) => found.help(format!("did you mean `{near}`?")),
            None => found,
        }
    }

    /// A name like it: a scalar, a type of that last part elsewhere, or a slip of the pen.
    fn near(&self, written: &str) -> Option<String> {
        let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
        let types = self.symbols.types();
        if let Some(same) = types.iter().find(|name| last(name) == last(written)) {
            return Some((*same).to_owned());
        }
        if let Some(scalar) = suggest::closest(written, SCALARS.iter().copied()) {
            return Some(scalar.to_owned());
        }
        let here = |name: &&&str| self.scope.get(name).is_some();
        let lasts: Vec<(String, &str)> = types.iter().filter(here).map(|name| (last(name), *name)).collect();
        let close = suggest::closest(&last(written), lasts.iter().map(|(last, _)| last.as_str()))?;
        lasts.iter().find(|(last, _)| last == close).map(|(_, full)| (*full).to_owned())
    }

    fn file_name(&self, index: usize) -> &str {
        // The file in work is taken out of the list.
        self.files.get(index).map(raw::File::name).filter(|name| !name.is_empty()).unwrap_or(&self.name)
    }
}

/// Whether a field is the map field that an entry was made for.
fn is_entry_of(full: &str, scope: &str, field: &raw::Field, ty: Type) -> bool {
    full.rsplit_once('.').is_some_and(|(parent, _)| parent == scope)
        && field.label == Some(Label::Repeated as i32)
        && field.extendee.is_none()
        && ty == Type::Message
}

fn article(kind: SymbolKind) -> &'static str {
    if kind.what().starts_with(['e', 'o']) { "an" } else { "a" }
}

const SCALARS: &[&str] = &[
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64",
    "sfixed32", "sfixed64", "bool", "string", "bytes",
];

/// Names of other languages.
const FOREIGN: &[(&str, &str)] = &[
    ("int", "int32` or `int64"),
    ("i32", "int32"),
    ("i64", "int64"),
    ("u32", "uint32"),
    ("u64", "uint64"),
    ("f32", "float"),
    ("f64", "double"),
    ("long", "int64"),
    ("uint", "uint32` or `uint64"),
    ("float32", "float"),
    ("float64", "double"),
    ("boolean", "bool"),
    ("str", "string"),
    ("byte", "bytes"),
    ("datetime", "google.protobuf.Timestamp"),
    ("timestamp", "google.protobuf.Timestamp"),
    ("duration", "google.protobuf.Duration"),
    ("object", "google.protobuf.Struct"),
    ("any", "google.protobuf.Any"),
];
