//! `google/protobuf/*.proto`, which every compiler brings along: prost-reflect has their descriptors.

use prost::Message as _;
use prost_reflect::DescriptorPool;

use super::raw;

/// The descriptor of a well-known file.
pub(crate) fn file(name: &str) -> Option<raw::File> {
    let file = DescriptorPool::global().get_file_by_name(name)?;
    raw::File::decode(file.encode_to_vec().as_slice()).ok()
}

/// The names of all of them.
pub(crate) fn names() -> Vec<String> {
    DescriptorPool::global().files().map(|file| file.name().to_owned()).collect()
}
