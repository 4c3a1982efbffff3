//! What a builder says of calls, whatever carries them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::retry::{Retries, Retrying};
use super::service_config::ServiceConfig;
use crate::protocol::client::{ClientSettings, MethodSettings, Overrides};
use crate::protocol::compression::{AcceptedCompressions, Compression};

#[derive(Clone, Debug, Default)]
pub(super) struct CallSettings {
    pub(super) retries: Retries,
    /// By the paths of methods.
    pub(super) timeouts: HashMap<String, Duration>,
    pub(super) config: Option<ServiceConfig>,
    /// How responses may be compressed.
    pub(super) accepted: AcceptedCompressions,
}

impl CallSettings {
    /// Why calls cannot be made so, if they cannot.
    pub(super) fn check(&self, settings: &ClientSettings) -> Result<(), &'static str> {
        let mut compressions = self.accepted.iter().chain(settings.compression);
        if compressions.all(Compression::is_supported) {
            Ok(())
        } else {
            Err("compression needs the feature `compression` of rsvc")
        }
    }

    /// The settings with those of single methods, and what holds for attempts.
    pub(super) fn on(self, settings: ClientSettings) -> (ClientSettings, Arc<Retrying>) {
        let accept = Some(self.accepted.header(|_| true)).filter(|names| !names.is_empty());
        let settings = &ClientSettings { accept, ..settings };
        let none = ServiceConfig::default();
        let config = self.config.as_ref().unwrap_or(&none);
        let mut by_path: HashMap<String, Overrides> = config.methods().collect();
        by_path.extend(self.timeouts.into_iter().map(|(path, timeout)| {
            let said = Overrides { timeout: Some(timeout), ..config.of_path(&path) };
            (path, said)
        }));
        let by_path = by_path.into_iter().map(|(path, said)| (path, said.on(settings)));
        let by_service = config.services().map(|(name, said)| (name.to_owned(), said.on(settings)));
        let methods = MethodSettings::new(by_path.collect(), by_service.collect());
        let mut settings = config.others().on(settings);
        settings.methods = methods.map(Arc::new);
        (settings, Arc::new(Retrying::new(self.retries, self.config)))
    }
}
