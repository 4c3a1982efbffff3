//! A file of an edition as proto2 or proto3, said in the words that prost-build and prost-reflect both know.
//!
//! | in the edition | in the result |
//! |---|---|
//! | explicit presence | proto2: `optional`; proto3: `proto3_optional` and its own oneof |
//! | implicit presence | proto3 |
//! | required | label `required` |
//! | packed or expanded | the option `packed`, always said |
//! | delimited | a group |
//! | closed enum | noted beside, in [`EditionNotes`] |
//!
//! proto2 serves unless a field has implicit presence.

use super::features::{Edition, FeatureSet, Features, FieldPresence};
use crate::diag::{Code, Diagnostic, Sink};
use crate::input::locations::place_in;
use crate::input::raw::{self, Descriptor, Field, File, Label, OptionsKind, Type, options, tag};
use crate::sorted::{SortedMap, SortedSet};

/// What the reduced descriptors cannot say.
#[derive(Clone, Debug, Default)]
pub struct EditionNotes {
    /// The edition of each file that has one. In the pool, such a file is proto2 or proto3.
    pub editions: SortedMap<String, Edition>,
    /// Names of files that are proto3, or have become it, while the pool has them as proto2: prost-reflect holds proto3 to
    /// rules that the language does not have.
    pub proto3: SortedSet<String>,
    /// Full names of all closed enums, those of proto2 files among them: a number without a name is not a value.
    pub closed_enums: SortedSet<String>,
    /// Full names of string fields, and of maps with strings, that may hold bytes that are not UTF-8
    /// (`features.utf8_validation = NONE`). prost checks them all the same.
    pub unchecked_strings: SortedSet<String>,
}

/// Reduces `file`, in which types are resolved; its imports have been through here.
pub(crate) fn reduce(file: &mut File, notes: &mut EditionNotes, sink: &mut Sink) {
    let Some(edition) = Edition::of(file) else {
        if file.syntax() != "proto3" {
            note_closed(file, notes);
        }
        return;
    };
    notes.editions.insert(file.name().to_owned(), edition);
    let features = Features::DEFAULT.under(file.options.as_deref(), OptionsKind::File);
    let mut survey = Survey { path: Vec::new(), name: file.name(), file, notes, sink, implicit: false };
    survey.file(file, features);
    let implicit = survey.implicit;
    write(file, features, implicit);
    raw::each_options(file, &mut |_, kind, options| {
        let kept = options.as_deref().and_then(|bytes| options::without(bytes, kind.features()));
        *options = kept.filter(|bytes| !bytes.is_empty());
    });
    file.syntax = Some(if implicit { "proto3" } else { "proto2" }.to_owned());
    file.edition = None;
}

fn note_closed(file: &File, notes: &mut EditionNotes) {
    fn inside(scope: &str, message: &Descriptor, notes: &mut EditionNotes) {
        let scope = join(scope, message.name());
        notes.closed_enums.extend(message.enumeration.iter().map(|e| join(&scope, e.name())));
        message.nested.iter().for_each(|nested| inside(&scope, nested, notes));
    }
    notes.closed_enums.extend(file.enumeration.iter().map(|e| join(file.package(), e.name())));
    file.message.iter().for_each(|message| inside(file.package(), message, notes));
}

fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

fn is_repeated(field: &Field) -> bool {
    field.label == Some(Label::Repeated as i32)
}

fn is_message(field: &Field) -> bool {
    matches!(field.known_type(), Some(Type::Message | Type::Group))
}

/// What holds for a field: in a oneof, that is between it and the message.
fn features_of(field: &Field, message: Option<&Descriptor>, around: Features) -> Features {
    let oneof = field.oneof_index.and_then(|i| usize::try_from(i).ok()).and_then(|i| message?.oneof.get(i));
    let around = oneof.map_or(around, |oneof| around.under(oneof.options.as_deref(), OptionsKind::Oneof));
    around.under(field.options.as_deref(), OptionsKind::Field)
}

/// First way through: what there is, and what must not be.
struct Survey<'a> {
    path: Vec<i32>,
    name: &'a str,
    file: &'a File,
    notes: &'a mut EditionNotes,
    sink: &'a mut Sink,
    implicit: bool,
}

impl Survey<'_> {
    fn file(&mut self, file: &File, features: Features) {
        if features.presence == FieldPresence::Required {
            self.path = vec![8];
            self.error("fields cannot be required by default");
            self.path.clear();
        }
        let package = file.package();
        self.all(tag::file::ENUM, &file.enumeration, |this, e| this.enumeration(e, package, features));
        self.all(tag::file::MESSAGE, &file.message, |this, m| this.message(m, package, features));
        self.all(tag::file::EXTENSION, &file.extension, |this, f| this.field(f, None, package, features));
    }

    fn all<T>(&mut self, number: i32, items: &[T], mut show: impl FnMut(&mut Self, &T)) {
        for (index, item) in (0..).zip(items) {
            self.path.extend([number, index]);
            show(self, item);
            self.path.truncate(self.path.len() - 2);
        }
    }

    fn error(&mut self, text: impl Into<String>) {
        let place = place_in(self.name, self.file.source_code_info.as_deref(), &self.path);
        self.sink.push(Diagnostic::error(Code::INVALID_DEFINITION, text).at(place));
    }

    fn enumeration(&mut self, enumeration: &raw::Enum, scope: &str, around: Features) {
        let zero = enumeration.value.first().is_some_and(|value| value.number() == 0);
        let name = join(scope, enumeration.name());
        if around.under(enumeration.options.as_deref(), OptionsKind::Enum).closed {
            self.notes.closed_enums.insert(name);
        } else if !zero {
            self.error(format!("the first value of the open enum `{name}` must be zero"));
        }
    }

    fn message(&mut self, message: &Descriptor, scope: &str, around: Features) {
        let scope = join(scope, message.name());
        let features = around.under(message.options.as_deref(), OptionsKind::Message);
        self.all(tag::message::ENUM, &message.enumeration, |this, e| this.enumeration(e, &scope, features));
        self.all(tag::message::NESTED, &message.nested, |this, m| this.message(m, &scope, features));
        self.all(tag::message::EXTENSION, &message.extension, |this, f| {
            this.field(f, None, &scope, features);
        });
        if !options::is_map_entry(message) {
            self.all(tag::message::FIELD, &message.field, |this, f| {
                this.field(f, Some(message), &scope, features);
            });
        }
    }

    fn field(&mut self, field: &Field, message: Option<&Descriptor>, scope: &str, around: Features) {
        let said = FeatureSet::said(field.options.as_deref(), OptionsKind::Field);
        let features = features_of(field, message, around);
        let name = || join(scope, field.name());
        let singular = message.is_some() && field.oneof_index.is_none() && !is_repeated(field);
        if said.field_presence.is_some() && !singular {
            self.error(format!(
                "`{}` is repeated, in a oneof or an extension: its presence is fixed",
                name()
            ));
        }
        // Expanded is what strings and messages are anyway, so it may be said of them; packed may not.
        let packed = said.repeated_field_encoding == Some(1);
        if said.repeated_field_encoding.is_some() && !(is_repeated(field) && (field.is_packable() || !packed))
        {
            self.error(format!("`{}` is not a repeated field that could be packed", name()));
        }
        if said.message_encoding.is_some() && !is_message(field) {
            self.error(format!("`{}` is not a message that could be delimited", name()));
        }
        if !features.verify_utf8 && has_strings(field, message) {
            self.notes.unchecked_strings.insert(name());
        }
        if !singular || is_message(field) {
            if said.field_presence == Some(2) && singular {
                self.error(format!("`{}` is a message, whose presence cannot be implicit", name()));
            }
            return;
        }
        if features.presence != FieldPresence::Implicit || field.label == Some(Label::Required as i32) {
            return;
        }
        self.implicit = true;
        let closed = self.notes.closed_enums.contains(field.type_name().trim_start_matches('.'));
        if closed && field.known_type() == Some(Type::Enum) {
            self.error(format!("`{}` is a closed enum, whose presence cannot be implicit", name()));
        }
        if field.default_value.is_some() {
            self.error(format!("`{}` has a default, so its presence cannot be implicit", name()));
        }
    }
}

/// Whether a field or its map holds strings.
fn has_strings(field: &Field, message: Option<&Descriptor>) -> bool {
    if field.known_type() == Some(Type::String) {
        return true;
    }
    let last = field.type_name().rsplit('.').next();
    let entry = message.and_then(|m| m.nested.iter().find(|n| Some(n.name()) == last));
    entry
        .filter(|entry| options::is_map_entry(entry))
        .is_some_and(|entry| entry.field.iter().any(|f| f.known_type() == Some(Type::String)))
}

/// Second way through: says everything anew.
fn write(file: &mut File, features: Features, proto3: bool) {
    for message in &mut file.message {
        write_message(message, features, proto3);
    }
    for extension in &mut file.extension {
        let own = features_of(extension, None, features);
        write_field(extension, own, false);
    }
}

fn write_message(message: &mut Descriptor, around: Features, proto3: bool) {
    let features = around.under(message.options.as_deref(), OptionsKind::Message);
    for nested in &mut message.nested {
        write_message(nested, features, proto3);
    }
    for extension in &mut message.extension {
        let own = features_of(extension, None, features);
        write_field(extension, own, false);
    }
    if options::is_map_entry(message) {
        return;
    }
    let entries: SortedSet<String> =
        message.nested.iter().filter(|n| options::is_map_entry(n)).map(|n| n.name().to_owned()).collect();
    let mut fields = std::mem::take(&mut message.field);
    for field in &mut fields {
        let own = features_of(field, Some(message), features);
        let last = field.type_name().rsplit('.').next().unwrap_or_default();
        // The entry of a map has a parent of its own: a type of that name elsewhere is not an entry.
        let is_map =
            is_repeated(field) && entries.contains(last) && field.known_type() == Some(Type::Message);
        write_field(field, own, is_map);
    }
    if proto3 {
        for index in 0..fields.len() {
            write_optional(&mut fields, index, message, features);
        }
    }
    message.field = fields;
}

fn write_field(field: &mut Field, features: Features, is_map: bool) {
    if is_repeated(field) && field.is_packable() {
        options::set_packed(&mut field.options, features.packed);
    }
    if features.delimited && field.known_type() == Some(Type::Message) && !is_map {
        field.set_type(Type::Group);
    }
    let singular = field.oneof_index.is_none() && !is_repeated(field) && field.extendee.is_none();
    if singular && features.presence == FieldPresence::Required {
        field.set_label(Label::Required);
    }
}

/// Explicit presence in proto3: a oneof of one field, after the real ones.
fn write_optional(fields: &mut [Field], index: usize, message: &mut Descriptor, around: Features) {
    let field = &fields[index];
    let explicit = features_of(field, Some(message), around).presence == FieldPresence::Explicit;
    let has_presence = field.known_type() == Some(Type::Message);
    let singular = field.oneof_index.is_none() && field.label == Some(Label::Optional as i32);
    // prost-build asks for the word even where a group has presence by nature.
    let group = field.known_type() == Some(Type::Group);
    if !singular || has_presence || !(explicit || group) {
        return;
    }
    let mut name = format!("_{}", field.name());
    let taken = |name: &str| {
        fields.iter().any(|f| f.name() == name)
            || message.oneof.iter().any(|o| o.name() == name)
            || message.nested.iter().any(|m| m.name() == name)
            || message
                .enumeration
                .iter()
                .any(|e| e.name() == name || e.value.iter().any(|v| v.name() == name))
    };
    while taken(&name) {
        name.insert(0, 'X');
    }
    let oneof = i32::try_from(message.oneof.len()).unwrap_or(i32::MAX);
    message.oneof.push(raw::Oneof { name: Some(name), options: None });
    fields[index].oneof_index = Some(oneof);
    fields[index].proto3_optional = Some(true);
}
