//! [`RestMethod`]: what all parts of a call know of its method.

use std::sync::Arc;

use http::{Method, Uri, Version};

use super::options::RestSettings;
use crate::sight::{Http, System};
use crate::transcode::binding::Binding;

/// A method as it is bound to a path, and what the server says about REST.
#[derive(Clone)]
pub(crate) struct RestMethod {
    pub(crate) binding: &'static Binding,
    pub(crate) settings: Arc<RestSettings>,
}

impl RestMethod {
    /// What HTTP tells of a call.
    #[inline]
    pub(crate) fn http<'a>(&self, verb: &'a Method, version: Version, uri: &'a Uri) -> Http<'a> {
        let route = Some((verb, self.binding.template));
        Http { system: System::Rest, version, route, authority: uri.authority() }
    }
}
