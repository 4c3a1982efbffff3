//! What is different for single methods.

use std::collections::HashMap;
use std::time::Duration;

use super::ClientSettings;
use crate::deadline::earliest;
use crate::method::MethodInfo;

/// The settings of methods that have their own.
#[derive(Clone, Debug)]
pub(crate) struct MethodSettings {
    by_path: HashMap<String, ClientSettings>,
    /// Those of the other methods of a service, by its full name.
    by_service: HashMap<String, ClientSettings>,
}

/// What is said of a method.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Overrides {
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_request_size: Option<usize>,
    pub(crate) max_response_size: Option<usize>,
    pub(crate) wait_for_ready: bool,
}

impl Overrides {
    /// The settings with what is said: the smaller limit holds.
    pub(crate) fn on(&self, settings: &ClientSettings) -> ClientSettings {
        let mut settings = settings.clone();
        settings.wait_for_ready |= self.wait_for_ready;
        settings.timeout = earliest(settings.timeout, self.timeout);
        let messages = &mut settings.messages;
        messages.sent_size = messages.sent_size.min(self.max_request_size.unwrap_or(usize::MAX));
        messages.received.size = messages.received.size.min(self.max_response_size.unwrap_or(usize::MAX));
        settings
    }
}

impl MethodSettings {
    /// By the paths of methods and by the names of services; `None` if there is nothing.
    pub(crate) fn new(
        by_path: HashMap<String, ClientSettings>,
        by_service: HashMap<String, ClientSettings>,
    ) -> Option<Self> {
        (!by_path.is_empty() || !by_service.is_empty()).then_some(Self { by_path, by_service })
    }

    pub(super) fn of(&self, info: &MethodInfo) -> Option<&ClientSettings> {
        self.by_path.get(info.path).or_else(|| self.by_service.get(info.service))
    }
}
