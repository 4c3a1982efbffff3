//! Headers and metadata, both ways.

use http::HeaderMap;

use super::error::Failure;
use super::options::Options;

/// Makes the headers of a request the metadata of its call.
pub(crate) fn receive(_headers: &mut HeaderMap, _options: &Options) -> Result<(), Failure> {
    Ok(())
}
