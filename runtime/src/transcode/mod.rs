//! What the two ends of REST share: bindings, routes, values in URLs, bodies that are fields, splitting.

pub(crate) mod binding;
pub(crate) mod field;
pub(crate) mod forms;
pub(crate) mod httpbody;
mod records;
#[cfg(feature = "rest")]
pub(crate) mod routes;
#[cfg(feature = "rest")]
pub(crate) mod segments;
pub(crate) mod split;
#[cfg(feature = "rest")]
pub(crate) mod url;
