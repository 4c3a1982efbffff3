//! What the two ends of REST share: bindings, routes, values in URLs, bodies that are fields, splitting.

pub(crate) mod binding;
pub(crate) mod httpbody;
pub(crate) mod routes;
pub(crate) mod segments;
pub(crate) mod split;
pub(crate) mod text;
