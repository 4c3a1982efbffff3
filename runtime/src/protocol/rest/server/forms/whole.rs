//! A form as one message.

use bytes::Bytes;

use super::fields::FormFields;
use super::{Form, large_text, malformed};
use crate::call::CallError;
use crate::json::MessageInfo;
use crate::protocol::rest::server::options::Options;
use crate::transcode::binding::Binding;
use crate::transcode::url::named::{ParameterSource, pairs};

/// What a form says.
pub(crate) struct FormContent {
    /// The bytes of the message that the body is.
    pub(crate) wire: Vec<u8>,
    /// The fields that it names, if the request has a mask to be filled.
    pub(crate) names: Vec<String>,
}

/// Reads a body. `table` describes the request.
pub(crate) fn read(
    form: &Form,
    body: Bytes,
    table: &'static MessageInfo,
    binding: &'static Binding,
    options: &Options,
) -> Result<FormContent, CallError> {
    let mut fields = FormFields::new(table, binding, options)?;
    match form {
        Form::Urlencoded => {
            if body.len() > options.forms.text {
                return Err(large_text(options.forms.text));
            }
            let text = std::str::from_utf8(&body).map_err(|_| malformed("it is not UTF-8"))?;
            pairs(text, ParameterSource::Form, options.forms.fields, |name, value| fields.text(name, value))?;
        }
        #[cfg(feature = "multipart")]
        Form::Multipart { boundary } => {
            read_parts(boundary.as_deref(), body, &mut fields, options)?;
        }
    }
    let (wire, names) = fields.finish();
    Ok(FormContent { wire, names })
}

#[cfg(feature = "multipart")]
fn read_parts(
    boundary: Option<&str>,
    body: Bytes,
    fields: &mut FormFields,
    options: &Options,
) -> Result<(), CallError> {
    use super::parts::{Event, Parts};

    let mut parts = Parts::new(boundary, options.forms)?;
    parts.push(body);
    parts.finish();
    // The file that is being read, unless it is ignored, and its content so far.
    let mut file = None;
    let mut content = Vec::new();
    while let Some(event) = parts.next()? {
        match event {
            Event::Text(part) => fields.part(&part)?,
            Event::File(head) => file = fields.find(&head.name)?.map(|path| (head, path)),
            Event::Content(data) if file.is_some() => content.extend_from_slice(&data),
            Event::Content(_) => {}
            Event::FileEnd => {
                if let Some((head, path)) = file.take() {
                    fields.file(&head, path, &content)?;
                    content.clear();
                }
            }
        }
    }
    Ok(())
}
