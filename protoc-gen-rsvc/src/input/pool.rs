//! All files at once into one descriptor pool.

use prost::encoding::message::encode_repeated;
use prost_reflect::{DescriptorError, DescriptorPool};

use super::raw;

/// The number of `file` in `FileDescriptorSet`.
const FILE: u32 = 1;

/// One call for all files: adding them one by one, or checking each against the rest, grows quadratically.
pub(crate) fn build(files: &[raw::File]) -> Result<DescriptorPool, DescriptorError> {
    let mut bytes = Vec::new();
    encode_repeated(FILE, files, &mut bytes);
    DescriptorPool::decode(bytes.as_slice())
}
