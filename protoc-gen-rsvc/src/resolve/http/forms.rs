//! `(rsvc.v1.method).forms`: the forms of HTML that a method takes.

use prost_reflect::{DynamicMessage, Value};

use super::fields::{named, suggestion};
use super::{
    Binding, Body, Code, EXTENSION, FieldId, FieldKind, HttpRuleReader, METHOD_OPTIONS, MessageId, Place,
    Reported, Schema, ValueType, WellKnown, options, text,
};
use crate::model::Scalar;
use crate::model::http::{FormFile, Forms};
use crate::sorted::SortedSet;

/// `rsvc.v1.MethodOptions.forms`
const FORMS: i32 = 7;

/// The numbers of the fields of `rsvc.v1.Forms`, and of `rsvc.v1.Forms.File`.
mod tag {
    pub(super) const URLENCODED: i32 = 1;
    pub(super) const FILES: i32 = 3;
    pub(super) const CONTENT: i32 = 1;
    pub(super) const FILENAME: i32 = 2;
    pub(super) const MEDIA_TYPE: i32 = 3;
}

impl HttpRuleReader<'_> {
    /// Gives the forms to the bindings whose body can be one.
    pub(super) fn forms(&mut self, option: &DynamicMessage, bindings: &mut [Binding]) {
        let says = |name| options::field(option, name).is_some_and(|value| value.as_bool() == Some(true));
        let (urlencoded, multipart) = (says("urlencoded"), says("multipart"));
        let files = options::field(option, "files");
        let files = files.as_ref().and_then(Value::as_list).unwrap_or(&[]);
        let streams = self.schema().methods[self.method].kind.client_streams();
        if !urlencoded && !multipart {
            self.misfit(
                &[],
                "`forms` names no form",
                "say which, as `forms: { urlencoded: true multipart: true }`",
            );
            return;
        }
        if urlencoded && streams {
            self.misfit(
                &[tag::URLENCODED],
                "a URL-encoded form is one message, and the client of this method streams",
                "leave out `urlencoded`: a multipart form can be the messages of a stream",
            );
            return;
        }
        if !files.is_empty() && !multipart {
            self.misfit(
                &[tag::FILES, 0],
                "only multipart forms have files",
                "add `multipart: true`, or leave out `files`",
            );
            return;
        }
        let form_of = |schema: &Schema, binding: &Binding| {
            let input = schema.methods[binding.method].input;
            form_message(schema, input, binding.body)
        };
        let fits: Vec<_> = bindings.iter().map(|binding| form_of(self.schema(), binding)).collect();
        if fits.iter().all(Result::is_err) {
            let why = fits.into_iter().find_map(Result::err).unwrap_or("the method has no path");
            self.misfit(
                &[],
                &format!("the method cannot take a form: {why}"),
                "it needs a `google.api.http` whose `body` is `*` or a field, and a message with fields of its own",
            );
            return;
        }
        for (binding, message) in bindings.iter_mut().zip(fits) {
            let Ok(message) = message else { continue };
            if streams && !takes_pieces(self.schema(), message) {
                let name = &self.schema().messages[message].full_name;
                let what = format!("a form cannot be a stream of `{name}`: it has no field for a file");
                let help = "the pieces of a file need a field of the type `bytes` or `google.api.HttpBody`";
                self.misfit(&[], &what, help);
                return;
            }
            let Some(files) = self.form_files(files, message) else { return };
            binding.forms = Some(Forms { urlencoded, multipart, files });
        }
    }

    /// `files`, for a body of the type `message`; `None` when one of them is wrong.
    fn form_files(&mut self, files: &[Value], message: MessageId) -> Option<Vec<FormFile>> {
        let mut found: Vec<FormFile> = Vec::new();
        for (index, file) in (0..).zip(files.iter().filter_map(Value::as_message)) {
            let content = self.file_field(message, file, index, Part::Content).ok()?;
            let Some(content) = content else {
                let what = "an entry of `files` does not say which field takes the content";
                self.misfit(&[tag::FILES, index], what, "name it, as `content: \"avatar\"`");
                return None;
            };
            if content.repeated && self.schema().methods[self.method].kind.client_streams() {
                let what = "`content` is a list, and a message of a stream has one piece of a file";
                self.misfit(
                    &[tag::FILES, index, tag::CONTENT],
                    what,
                    "choose a field that is a single value",
                );
                return None;
            }
            if found.iter().any(|other| other.content == content.fields) {
                let what = "two entries of `files` are for the same field";
                self.misfit(&[tag::FILES, index, tag::CONTENT], what, "put them together");
                return None;
            }
            let mut told = [None, None];
            for (told, part) in told.iter_mut().zip([Part::Filename, Part::MediaType]) {
                let Some(field) = self.file_field(message, file, index, part).ok()? else { continue };
                if field.repeated != content.repeated {
                    let what = format!(
                        "`{}` is for {}",
                        part.name(),
                        if content.repeated {
                            "several files and is not a list"
                        } else {
                            "one file and is a list"
                        }
                    );
                    let at = [tag::FILES, index, part.tag()];
                    self.misfit(&at, &what, "both fields are a single value, or both are `repeated`");
                    return None;
                }
                *told = Some(field.fields);
            }
            let [filename, media_type] = told;
            found.push(FormFile { content: content.fields, filename, media_type });
        }
        Some(found)
    }

    /// The field that takes a part of a file, if one is named.
    fn file_field(
        &mut self,
        message: MessageId,
        file: &DynamicMessage,
        index: i32,
        part: Part,
    ) -> Result<Option<FileField>, Reported> {
        let path = text(file, part.name());
        if path.is_empty() {
            return Ok(None);
        }
        match find(self.schema(), message, &path, part) {
            Ok(field) => Ok(Some(field)),
            Err((what, help)) => {
                let what = format!("`{path}` cannot be `{}`: {what}", part.name());
                self.misfit(&[tag::FILES, index, part.tag()], &what, &help);
                Err(Reported)
            }
        }
    }

    fn misfit(&mut self, at: &[i32], what: &str, help: &str) {
        let place = self.forms_place(at);
        self.found(Code::HTTP_FORMS, what, place).help(help);
    }

    /// The place of something in the option.
    fn forms_place(&self, at: &[i32]) -> Place {
        let file = self.schema().services[self.schema().methods[self.method].service].file;
        let option = [&[METHOD_OPTIONS, EXTENSION, FORMS], at].concat();
        self.types.option_place(file, self.rpc, &option)
    }
}

/// What an entry of `files` names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Content,
    Filename,
    MediaType,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Filename => "filename",
            Self::MediaType => "media_type",
        }
    }

    fn tag(self) -> i32 {
        match self {
            Self::Content => tag::CONTENT,
            Self::Filename => tag::FILENAME,
            Self::MediaType => tag::MEDIA_TYPE,
        }
    }

    /// Whether a value of this type can be it.
    fn takes(self, schema: &Schema, value: &ValueType) -> bool {
        match self {
            Self::Content => is_content(schema, value),
            Self::Filename | Self::MediaType => *value == ValueType::Scalar(Scalar::String),
        }
    }
}

/// A field that an entry of `files` names.
struct FileField {
    fields: Vec<FieldId>,
    repeated: bool,
}

/// The field at a dotted path from `message`, or what is wrong with it and what helps.
fn find(schema: &Schema, message: MessageId, path: &str, part: Part) -> Result<FileField, (String, String)> {
    let mut message = message;
    let mut fields = Vec::new();
    let mut names = path.split('.').peekable();
    while let Some(name) = names.next() {
        let Some(field) = named(schema, message, name) else {
            let what = format!("`{}` has no field `{name}`", schema.messages[message].full_name);
            return Err((what, suggestion(schema, message, name)));
        };
        fields.push(field);
        let more = names.peek().is_some();
        let repeated = match &schema.fields[field].kind {
            FieldKind::Singular(ValueType::Message(inner), _) if more => {
                message = *inner;
                continue;
            }
            FieldKind::Singular(value, _) if !more && part.takes(schema, value) => false,
            FieldKind::Repeated(value) if !more && part.takes(schema, value) => true,
            _ if more => {
                let what = format!("`{name}` is not a single message");
                return Err((what, "a path leads through messages that are not repeated".into()));
            }
            _ => {
                let types = match part {
                    Part::Content => "`bytes` or `google.api.HttpBody`",
                    Part::Filename | Part::MediaType => "`string`",
                };
                return Err((
                    format!("it is not of the type {types}"),
                    format!("choose a field of the type {types}"),
                ));
            }
        };
        return Ok(FileField { fields, repeated });
    }
    unreachable!("a path has a last name")
}

/// The message whose fields a form fills, or why there is none.
fn form_message(schema: &Schema, input: MessageId, body: Body) -> Result<MessageId, &'static str> {
    let message = match body {
        Body::None => return Err("the rule has no `body`"),
        Body::Whole => input,
        Body::Field(field) => match schema.fields[field].kind {
            FieldKind::Singular(ValueType::Message(message), _) => message,
            _ => return Err("the body is not a message"),
        },
    };
    if schema.messages[message].is_http_body() {
        return Err("the body is raw content, `google.api.HttpBody`");
    }
    match schema.messages[message].well_known {
        None | Some(WellKnown::Empty) => Ok(message),
        Some(_) => Err("the body is a message of `google.protobuf` that JSON writes as a single value"),
    }
}

/// Whether a message has a field that a part of a form can name and that takes the pieces of a file.
fn takes_pieces(schema: &Schema, message: MessageId) -> bool {
    let mut seen = SortedSet::from_iter([message]);
    let mut pending = vec![message];
    while let Some(message) = pending.pop() {
        for field in &schema.messages[message].fields {
            let FieldKind::Singular(value, _) = &schema.fields[*field].kind else { continue };
            if is_content(schema, value) {
                return true;
            }
            if let ValueType::Message(inner) = value
                && seen.insert(*inner)
            {
                pending.push(*inner);
            }
        }
    }
    false
}

/// Whether a value takes the content of a file.
fn is_content(schema: &Schema, value: &ValueType) -> bool {
    match value {
        ValueType::Scalar(scalar) => *scalar == Scalar::Bytes,
        ValueType::Message(message) => {
            schema.messages[*message].is_http_body()
                || schema.messages[*message].well_known == Some(WellKnown::BytesValue)
        }
        _ => false,
    }
}
