//! A multipart form as the messages of a stream: the fields before a file are one, and each piece of the file is.

use std::collections::VecDeque;

use bytes::Bytes;

use super::fields::FormFields;
use super::parts::{Event, FileHead, Parts};
use super::{BINARY, faulty};
use crate::call::CallError;
use crate::json::MessageInfo;
use crate::protocol::rest::server::method::RestMethod;
use crate::transcode::split::{Piece, SplitError};
use crate::transcode::url::path::FieldPath;

/// Cuts a form into messages of the type that the body has, as bytes.
pub(crate) struct FormMessages {
    table: &'static MessageInfo,
    method: RestMethod,
    parts: Parts,
    /// Those of the next message.
    fields: FormFields,
    /// The file whose content arrives, unless it is ignored.
    file: Option<File>,
    /// The fields that files were for.
    seen: Vec<String>,
    messages: VecDeque<Vec<u8>>,
    index: usize,
}

struct File {
    head: FileHead,
    path: FieldPath,
    /// Whether there was a piece of it.
    begun: bool,
}

impl FormMessages {
    /// The messages of a form; `table` describes the request.
    pub(crate) fn new(
        boundary: Option<&str>,
        table: &'static MessageInfo,
        method: &RestMethod,
    ) -> Result<Self, CallError> {
        let options = &method.settings.options;
        Ok(Self {
            table,
            method: method.clone(),
            parts: Parts::new(boundary, options.forms)?,
            fields: FormFields::new(table, method.binding, options)?,
            file: None,
            seen: Vec::new(),
            messages: VecDeque::new(),
            index: 0,
        })
    }

    /// More of the body has arrived. What arrived before has been read.
    pub(crate) fn push(&mut self, data: Bytes) {
        self.parts.push(data);
    }

    /// The body has ended.
    pub(crate) fn finish(&mut self) {
        self.parts.finish();
    }

    /// Whether the form has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.parts.is_over()
    }

    /// The next message; `None` where the form is over, or more of the body has to arrive.
    pub(crate) fn next(&mut self) -> Result<Option<Piece>, CallError> {
        loop {
            if let Some(message) = self.messages.pop_front() {
                let piece = Piece { content: message.into(), offset: 0, index: self.index };
                self.index += 1;
                return Ok(Some(piece));
            }
            if let Some(event) = self.parts.next()? {
                self.read(event)?;
                continue;
            }
            if self.parts.is_over() {
                self.end_fields()?;
            }
            if self.messages.is_empty() {
                return Ok(None);
            }
        }
    }

    fn read(&mut self, event: Event) -> Result<(), CallError> {
        match event {
            Event::Text(part) => self.fields.part(&part)?,
            Event::File(head) => self.begin(head)?,
            Event::Content(data) => {
                // No message is beyond the limit of messages.
                for data in data.chunks(self.method.settings.options.received.size.max(1)) {
                    self.piece(data)?;
                }
            }
            Event::FileEnd => {
                // A file without content is a file, too.
                if self.file.as_ref().is_some_and(|file| !file.begun) {
                    self.piece(&[])?;
                }
                self.file = None;
            }
        }
        Ok(())
    }

    /// A file begins.
    fn begin(&mut self, head: FileHead) -> Result<(), CallError> {
        let Some(path) = self.fields.find(&head.name)? else { return Ok(()) };
        if path.is_list() {
            return Err(faulty(&head.name, "a list cannot take the pieces of a file"));
        }
        let field = path.name();
        let is_told = self.fields.declared(&path).is_some_and(|file| file.filename.is_some());
        // Without a message between them, two files would be one.
        if !is_told && self.seen.contains(&field) {
            return Err(faulty(&head.name, "it is given more than once"));
        }
        self.seen.push(field);
        self.fields.told(&head, &path)?;
        self.end_fields()?;
        self.file = Some(File { head, path, begun: false });
        Ok(())
    }

    /// The fields so far are a message, if there are any.
    fn end_fields(&mut self) -> Result<(), CallError> {
        if !self.fields.is_empty() {
            let options = &self.method.settings.options;
            let next = FormFields::new(self.table, self.method.binding, options)?;
            let (message, _) = std::mem::replace(&mut self.fields, next).finish();
            if message.len() > options.received.size {
                let error = SplitError::TooLarge { limit: options.received.size, index: self.index };
                return Err(error.into());
            }
            self.messages.push_back(message);
        }
        Ok(())
    }

    /// A piece of a file is a message.
    fn piece(&mut self, data: &[u8]) -> Result<(), CallError> {
        let Some(File { head, path, begun }) = &mut self.file else { return Ok(()) };
        // The first piece says what all of them are.
        let media_type = if *begun { "" } else { head.media_type.as_deref().unwrap_or(BINARY) };
        *begun = true;
        let mut message = Vec::with_capacity(data.len() + 64);
        let put = path.put_content(data, media_type, &mut message);
        put.map_err(|fault| faulty(&head.name, &fault))?;
        self.messages.push_back(message);
        Ok(())
    }
}
