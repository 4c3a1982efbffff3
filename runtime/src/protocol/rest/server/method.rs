//! [`RestMethod`]: what all parts of a call know of its method.

use std::sync::Arc;

use super::options::RestSettings;
use crate::transcode::binding::Binding;

/// A method as it is bound to a path, and what the server says about REST.
#[derive(Clone)]
pub(crate) struct RestMethod {
    pub(crate) binding: &'static Binding,
    pub(crate) settings: Arc<RestSettings>,
}
