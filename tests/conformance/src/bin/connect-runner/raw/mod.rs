//! Requests and responses in HTTP's terms, byte for byte as a case gives them.

pub(crate) mod client;
pub(crate) mod server;

use anyhow::{Context, Result};
use conformance::connect::{MessageContents, StreamContents, message_contents};

use crate::wire::{coding, envelope};

/// The bytes of one message.
fn message(contents: &MessageContents) -> Result<Vec<u8>> {
    let bytes = match &contents.data {
        // Nothing is nothing, whatever the compression.
        None => return Ok(Vec::new()),
        Some(message_contents::Data::Binary(bytes)) => bytes,
        Some(message_contents::Data::Text(text)) => text.as_bytes(),
        Some(message_contents::Data::BinaryMessage(message)) => &*message.value,
    };
    coding::compress(contents.compression(), bytes)
}

/// The bytes of messages behind their flags and lengths.
fn stream(contents: &StreamContents) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for item in &contents.items {
        let payload = item.payload.as_ref().map(message).transpose()?.unwrap_or_default();
        let flags = u8::try_from(item.flags).context("flags of more than a byte")?;
        bytes.extend(envelope::write(flags, item.length, &payload)?);
    }
    Ok(bytes)
}
