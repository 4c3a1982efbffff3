//! Reflection, v1 and v1alpha, over the descriptors of all services.

use tonic_reflection::pb::{v1, v1alpha};
use tonic_reflection::server::Builder;

use crate::server::ServeError;
use crate::server::router::Entry;

/// The two reflection services, which tell of `entries` and of themselves.
pub(super) fn entries(entries: &[Entry], sets: &[&'static [u8]]) -> Result<[Entry; 2], ServeError> {
    let fail = |error: tonic_reflection::server::Error| ServeError::Descriptors(error.into());
    Ok([
        Entry::foreign(builder(entries, sets).build_v1().map_err(fail)?),
        Entry::foreign(builder(entries, sets).build_v1alpha().map_err(fail)?),
    ])
}

fn builder<'a>(entries: &[Entry], sets: &[&'a [u8]]) -> Builder<'a> {
    // The services of one tree share one set; a file that several sets have is taken once.
    let mut sets: Vec<_> = sets.iter().copied().filter(|set| !set.is_empty()).collect();
    sets.extend([v1::FILE_DESCRIPTOR_SET, v1alpha::FILE_DESCRIPTOR_SET]);
    sets.sort_unstable_by_key(|set| (set.as_ptr(), set.len()));
    sets.dedup_by_key(|set| (set.as_ptr(), set.len()));

    let own = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"];
    let mut names: Vec<_> = entries.iter().map(Entry::name).chain(own).collect();
    names.sort_unstable();
    names.dedup();

    let builder = names.into_iter().fold(Builder::configure(), Builder::with_service_name);
    sets.into_iter().fold(builder, Builder::register_encoded_file_descriptor_set)
}
