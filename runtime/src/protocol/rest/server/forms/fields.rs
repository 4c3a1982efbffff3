//! The fields of a message that a form fills.

use std::borrow::Cow;

use super::{faulty, rules};
use crate::call::CallError;
use crate::json::MessageInfo;
use crate::protocol::rest::server::options::Options;
use crate::transcode::binding::{Binding, BodyKind};
use crate::transcode::field::BodyField;
#[cfg(feature = "multipart")]
use crate::transcode::forms::FormFile;
use crate::transcode::url::named::{NamedFields, ParameterSource, Text};
use crate::transcode::url::path::FieldPath;

/// The name of an input whose value browsers replace by the encoding of the form.
const CHARSET: &str = "_charset_";

/// The fields that are set so far, as the bytes of their message.
pub(super) struct FormFields {
    info: &'static MessageInfo,
    named: NamedFields,
    wire: Vec<u8>,
    /// The names of those fields, if somebody wants them.
    names: Option<Vec<String>>,
    #[cfg(feature = "multipart")]
    files: &'static [FormFile],
}

impl FormFields {
    /// None yet. `table` describes the request, which the body is, or a field of it.
    pub(super) fn new(
        table: &'static MessageInfo,
        binding: &'static Binding,
        options: &Options,
    ) -> Result<Self, CallError> {
        let (info, variables) = match binding.body {
            // What the path sets, it sets.
            BodyKind::Whole | BodyKind::None => (table, binding.variables),
            BodyKind::Field(index) => {
                let message = BodyField::of(table, index).single_message();
                (message.expect("the build knows that the body of a form is a message"), &[][..])
            }
        };
        let named = NamedFields::new(info, ParameterSource::Form, rules(options))
            .besides(variables, BodyKind::None)?;
        Ok(Self {
            info,
            named,
            wire: Vec::new(),
            names: binding.update_mask.map(|_| Vec::new()),
            #[cfg(feature = "multipart")]
            files: binding.forms.map_or(&[], |forms| forms.files),
        })
    }

    /// Whether none is set.
    #[cfg(feature = "multipart")]
    pub(super) fn is_empty(&self) -> bool {
        self.wire.is_empty()
    }

    /// The bytes of the message, and the names of the fields that are set, each once.
    pub(super) fn finish(self) -> (Vec<u8>, Vec<String>) {
        (self.wire, self.names.unwrap_or_default())
    }

    /// Sets the field of this name.
    pub(super) fn text(&mut self, name: &str, value: Text<'_>) -> Result<(), CallError> {
        self.put_text(name, value).map_err(|fault| faulty(name, &fault))
    }

    fn put_text(&mut self, name: &str, value: Text<'_>) -> Result<(), Cow<'static, str>> {
        if name == CHARSET && !self.info.fields.iter().any(|field| field.has_name(name)) {
            let charset = value.decode(false)?;
            let known = charset.is_empty() || charset.eq_ignore_ascii_case("utf-8");
            return if known { Ok(()) } else { Err("a form has to be UTF-8".into()) };
        }
        if let Some(path) = self.named.put(name, value, &mut self.wire)? {
            self.add_name(&path);
        }
        Ok(())
    }

    fn add_name(&mut self, path: &FieldPath) {
        let Some(names) = &mut self.names else { return };
        let name = path.name();
        if !names.contains(&name) {
            names.push(name);
        }
    }
}

#[cfg(feature = "multipart")]
mod files {
    use super::super::BINARY;
    use super::super::parts::{FileHead, TextPart};
    use super::{CallError, FieldPath, FormFields, FormFile, Text, faulty};

    /// Files, and what else is particular to multipart forms.
    impl FormFields {
        /// Sets the field of a part that is not a file.
        pub(crate) fn part(&mut self, part: &TextPart) -> Result<(), CallError> {
            let TextPart { name, media_type, value } = part;
            if name.is_empty() {
                return Ok(());
            }
            if !value.is_empty()
                && let Some(path) = self.find(name)?.filter(FieldPath::is_http_body)
            {
                let media_type = media_type.as_deref().unwrap_or("text/plain");
                return self.content(name, path, value, media_type);
            }
            match std::str::from_utf8(value) {
                Ok(value) => self.text(name, Text::Plain(value)),
                Err(_) => Err(faulty(name, "it is not UTF-8")),
            }
        }

        /// The field that takes a file; `None` if there is none.
        pub(crate) fn find(&self, name: &str) -> Result<Option<FieldPath>, CallError> {
            if name.is_empty() {
                return Ok(None);
            }
            self.named.find(name).map_err(|fault| faulty(name, &fault))
        }

        /// Sets a field to the content of a file, and those for what else is known of it.
        pub(crate) fn file(
            &mut self,
            file: &FileHead,
            path: FieldPath,
            content: &[u8],
        ) -> Result<(), CallError> {
            self.told(file, &path)?;
            self.content(&file.name, path, content, file.media_type.as_deref().unwrap_or(BINARY))
        }

        /// Sets the fields that take the name and the media type of the file for the field at `path`.
        pub(crate) fn told(&mut self, file: &FileHead, path: &FieldPath) -> Result<(), CallError> {
            let Some(declared) = self.declared(path) else { return Ok(()) };
            let media_type = file.media_type.as_deref().unwrap_or_default();
            for (field, text) in [(declared.filename, &*file.filename), (declared.media_type, media_type)] {
                // A list has as many of them as there are files.
                let Some(field) = field.filter(|_| !text.is_empty() || path.is_list()) else { continue };
                let mut field = FieldPath::of(self.info, field)?;
                self.add_name(&field);
                let put = self.named.note(&field).and_then(|()| field.put(text, &mut self.wire));
                put.map_err(|fault| faulty(&field.name(), &fault))?;
            }
            Ok(())
        }

        /// What is declared of files for the field at `path`.
        pub(crate) fn declared(&self, path: &FieldPath) -> Option<&'static FormFile> {
            self.files.iter().find(|file| path.is(file.content))
        }

        fn content(
            &mut self,
            name: &str,
            mut path: FieldPath,
            content: &[u8],
            media_type: &str,
        ) -> Result<(), CallError> {
            self.add_name(&path);
            let put = self.named.note(&path);
            let put = put.and_then(|()| path.put_content(content, media_type, &mut self.wire));
            put.map_err(|fault| faulty(name, &fault))
        }
    }
}
