//! All files at once into one descriptor pool.

use prost::Message as _;
use prost_reflect::{DescriptorError, DescriptorPool};

use super::raw;

/// One call for all files: adding them one by one, or checking each against the rest, grows quadratically.
pub(crate) fn build(files: Vec<raw::File>) -> Result<DescriptorPool, DescriptorError> {
    DescriptorPool::decode(raw::FileSet { file: files }.encode_to_vec().as_slice())
}
