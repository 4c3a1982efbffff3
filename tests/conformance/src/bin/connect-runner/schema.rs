//! The suite's descriptors: messages read from JSON and compared as messages, by another implementation than the one that
//! is tested.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, ReflectMessage as _};
use prost_types::Any;
use serde_json::Value;

/// All messages that a case may speak of.
pub(crate) struct Schema(DescriptorPool);

impl Schema {
    /// Reads a descriptor set. The well-known types are there without it.
    pub(crate) fn load(set: &Path) -> Result<Self> {
        let bytes = fs::read(set).with_context(|| set.display().to_string())?;
        Self::new(&bytes).with_context(|| set.display().to_string())
    }

    fn new(set: &[u8]) -> Result<Self> {
        let mut pool = DescriptorPool::global();
        pool.decode_file_descriptor_set(set)?;
        Ok(Self(pool))
    }

    /// That of the messages that are compiled in.
    #[cfg(test)]
    pub(crate) fn of_tests() -> Self {
        Self::new(conformance::connect::FILE_DESCRIPTOR_SET).unwrap()
    }

    /// A message from its JSON, as bytes.
    pub(crate) fn parse(&self, name: &str, json: Value) -> Result<Vec<u8>> {
        Ok(DynamicMessage::deserialize(self.message(name)?, json)?.encode_to_vec())
    }

    /// The message in an `Any`.
    pub(crate) fn unpack(&self, any: &Any) -> Result<DynamicMessage> {
        let name = any.type_url.rsplit('/').next().context("a URL has parts")?;
        Ok(DynamicMessage::decode(self.message(name)?, &*any.value)?)
    }

    /// Whether both hold the same message, whatever its bytes. Without a known type the bytes count.
    pub(crate) fn same(&self, a: &Any, b: &Any) -> bool {
        match (self.unpack(a), self.unpack(b)) {
            (Ok(first), Ok(second)) => first == second,
            _ => a == b,
        }
    }

    /// What an `Any` holds, for people.
    pub(crate) fn show(&self, any: &Any) -> String {
        match self.unpack(any) {
            Ok(message) => format!("{} {{ {message} }}", message.descriptor().full_name()),
            Err(_) => format!("{any:?}"),
        }
    }

    fn message(&self, name: &str) -> Result<MessageDescriptor> {
        self.0.get_message_by_name(name).with_context(|| format!("the suite has no message {name}"))
    }
}
