//! `buf/validate/validate.proto` of other versions than ours, and the file that came before it.
//!
//! A repository may bring its own copy. What older versions have besides keeps its meaning; what is unknown is an error,
//! since a rule is never skipped in silence.

use prost_reflect::{DynamicMessage, Kind, ReflectMessage as _, Value};

use super::{Ignore, RuleResolver, annotations, flag};
use crate::diag::{Code, Diagnostic, Place};
use crate::model::{FieldId, MessageId};

/// The numbers of options in the paths of messages and fields, and of oneofs.
const MESSAGE_OPTIONS: i32 = 7;
const FIELD_OPTIONS: i32 = 8;
const ONEOF_OPTIONS: i32 = 2;

/// The number of `buf.validate.message`, `oneof` and `field`.
const RULES: i32 = 1159;
/// The number of the options of protoc-gen-validate: `validate.rules` and its like.
const PGV_FIELD: u32 = 1071;
const PGV: &str = "validate.";

/// Options that are known beside the rules of each type, those of versions before 0.14 among them.
const MESSAGE_RULES: &[&str] = &["cel", "cel_expression", "disabled", "oneof"];
const ONEOF_RULES: &[&str] = &["required"];
const FIELD_RULES: &[&str] = &["cel", "cel_expression", "ignore", "ignore_empty", "required", "skipped"];

/// When the rules of a value are skipped.
pub(super) fn ignore(rules: &DynamicMessage) -> Ignore {
    if flag(rules, "skipped") {
        return Ignore::Always;
    }
    match ignore_name(rules).as_deref() {
        Some("IGNORE_ALWAYS") => Ignore::Always,
        Some("IGNORE_DEFAULT" | "IGNORE_IF_DEFAULT_VALUE") => Ignore::IfDefault,
        Some("IGNORE_IF_ZERO_VALUE" | "IGNORE_EMPTY" | "IGNORE_IF_UNPOPULATED") => Ignore::IfZero,
        _ if flag(rules, "ignore_empty") => Ignore::IfZero,
        _ => Ignore::Unspecified,
    }
}

/// By its name: one number has had several meanings.
fn ignore_name(rules: &DynamicMessage) -> Option<String> {
    let field = rules.descriptor().get_field_by_name("ignore")?;
    let (Value::EnumNumber(number), Kind::Enum(known)) = (annotations::field(rules, "ignore")?, field.kind())
    else {
        return None;
    };
    // Of two names for a number, any is right.
    known.values().find(|value| value.number() == number).map(|value| value.name().to_owned())
}

/// An option that no version has which we know.
fn unknown(rules: &DynamicMessage, known: &[&str]) -> Option<(i32, String)> {
    let of_a_type = |name: &str| {
        let field = rules.descriptor().get_field_by_name(name);
        field.and_then(|field| field.containing_oneof()).is_some_and(|oneof| oneof.name() == "type")
    };
    let mut set = rules.fields().map(|(field, _)| (field.number(), field.name().to_owned()));
    let found = set.find(|(_, name)| !known.contains(&name.as_str()) && !of_a_type(name))?;
    Some((i32::try_from(found.0).expect("the number of a field has 29 bits"), found.1))
}

impl RuleResolver<'_> {
    fn place(&self, message: MessageId, path: &[&[i32]]) -> Place {
        let file = self.schema.messages[message].file;
        self.locations.place(&self.schema.files[file].name, &path.concat())
    }

    fn refuse(&mut self, (_, name): &(i32, String), place: Place) -> String {
        let text = format!("`{name}` of this `buf/validate/validate.proto` is not known");
        let help = "leave the file out, since one is built in, and say it with the rules that this one has";
        self.report.add(Diagnostic::error(Code::UNKNOWN_RULE, text).at(place).help(help))
    }

    /// Finds what is not known in the rules of a message.
    pub(super) fn check_message(&mut self, id: MessageId, rules: &DynamicMessage) -> Option<String> {
        let found = unknown(rules, MESSAGE_RULES)?;
        let path = self.schema.messages[id].descriptor.path().to_vec();
        let place = self.place(id, &[&path, &[MESSAGE_OPTIONS, RULES, found.0]]);
        Some(self.refuse(&found, place))
    }

    /// Finds what is not known in the rules of a oneof.
    pub(super) fn check_oneof(
        &mut self,
        id: MessageId,
        path: &[i32],
        rules: &DynamicMessage,
    ) -> Option<String> {
        let found = unknown(rules, ONEOF_RULES)?;
        let place = self.place(id, &[path, &[ONEOF_OPTIONS, RULES, found.0]]);
        Some(self.refuse(&found, place))
    }

    /// Finds what is not known in the rules of a field, or cannot be said of it.
    pub(super) fn check_field(&mut self, id: FieldId, rules: &DynamicMessage) -> Option<String> {
        let found = unknown(rules, FIELD_RULES)?;
        let field = &self.schema.fields[id];
        let path = field.descriptor.path().to_vec();
        let place = self.place(field.message, &[&path, &[FIELD_OPTIONS, RULES, found.0]]);
        Some(self.refuse(&found, place))
    }

    /// Rules of protoc-gen-validate are not ours; whoever wrote them believes that they hold.
    pub(super) fn warn_of_pgv(&mut self, id: MessageId) {
        let message = &self.schema.messages[id];
        let options = |options: &DynamicMessage| {
            options.extensions().any(|(extension, _)| extension.full_name().starts_with(PGV))
        };
        let mut found = Vec::new();
        if options(&message.descriptor.options()) {
            found.push(message.origin.place.clone());
        }
        for &field in &message.fields {
            let field = &self.schema.fields[field];
            if options(&field.descriptor.options()) {
                let number = i32::try_from(PGV_FIELD).expect("a small number");
                found.push(self.place(id, &[field.descriptor.path(), &[FIELD_OPTIONS, number]]));
            }
        }
        let Some(first) = found.into_iter().next() else { return };
        let file = &self.schema.files[message.file].name;
        if !self.pgv.insert(file.to_string()) {
            return;
        }
        let text = "rules of `validate/validate.proto`, of protoc-gen-validate, are not tested";
        let help = "write them as `buf.validate` rules of protovalidate, which has a tool for it: protovalidate-migrate";
        self.report.warn(Diagnostic::warning(Code::FOREIGN_RULES, text).at(first).help(help));
    }
}
