//! gRPC's [service config](https://github.com/grpc/grpc/blob/master/doc/service_config.md): what the owner of services says
//! of how they are called.

mod error;
mod policies;
mod throttling;
mod value;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use prost_types::Struct;

pub use error::ServiceConfigError;
pub(super) use throttling::Throttling;
use value::{At, Object};

use super::balance::Balance;
use crate::json;
use crate::method::MethodInfo;
use crate::protocol::client::Overrides;
use crate::retry::RetryPolicy;

/// What the owner of services says of how they are called.
///
/// ```
/// use rsvc::client::{LoadBalancing, ServiceConfig};
///
/// let config = ServiceConfig::parse(r#"{
///     "loadBalancingConfig": [{ "xds_cluster_impl": {} }, { "round_robin": {} }],
///     "methodConfig": [{
///         "name": [{ "service": "shop.v1.UserService" }],
///         "timeout": "2s",
///         "retryPolicy": {
///             "maxAttempts": 4,
///             "initialBackoff": "0.1s",
///             "maxBackoff": "1s",
///             "backoffMultiplier": 2,
///             "retryableStatusCodes": ["UNAVAILABLE"]
///         }
///     }]
/// }"#)?;
/// assert_eq!(config.load_balancing(), Some(LoadBalancing::RoundRobin));
/// # Ok::<(), rsvc::client::ServiceConfigError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ServiceConfig {
    /// By the path, as `/shop.v1.UserService/GetUser`.
    methods: HashMap<String, MethodConfig>,
    /// Of all methods of a service, by its full name.
    services: HashMap<String, MethodConfig>,
    /// Of all methods.
    any: Option<MethodConfig>,
    throttling: Option<Throttling>,
    load_balancing: Option<LoadBalancing>,
    health_check_service: Option<String>,
}

/// How calls are spread over the endpoints of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadBalancing {
    /// The first endpoint that can be reached. `shuffle`: in a random order.
    PickFirst {
        /// Whether they are tried in a random order.
        shuffle: bool,
    },
    /// One after the other.
    RoundRobin,
    /// Of two that are taken by chance, the one with fewer calls under way.
    LeastRequest,
}

/// What is said of a method.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MethodConfig {
    pub(super) overrides: Overrides,
    pub(super) retry: Option<RetryPolicy>,
}

type Result<T> = std::result::Result<T, ServiceConfigError>;

impl ServiceConfig {
    /// Reads a service config in JSON. Fields that are not known are ignored.
    ///
    /// # Errors
    /// If it is none, or says something that makes no sense.
    pub fn parse(text: &str) -> Result<Self> {
        let root: Struct = json::from_slice(text.as_bytes())
            .map_err(|error| ServiceConfigError::new("", format!("it is not a JSON object: {error}")))?;
        let root = Object::root(&root);
        let mut config = Self {
            throttling: root.get("retryThrottling").map(policies::throttling).transpose()?,
            load_balancing: load_balancing(&root)?,
            ..Self::default()
        };
        if let Some(health) = root.get("healthCheckConfig") {
            let name = health.object()?.get("serviceName").map(|name| name.text().map(str::to_owned));
            config.health_check_service = name.transpose()?;
        }
        if let Some(methods) = root.get("methodConfig") {
            for method in methods.list()? {
                config.add(&method.object()?)?;
            }
        }
        Ok(config)
    }

    /// How calls are spread over endpoints; `None` if it says nothing of that.
    pub fn load_balancing(&self) -> Option<LoadBalancing> {
        self.load_balancing
    }

    /// The service whose health endpoints are asked for; `None` if they are not.
    pub fn health_check_service(&self) -> Option<&str> {
        self.health_check_service.as_deref()
    }

    /// The same as a setting of a channel; `None` if it says nothing of endpoints.
    pub(super) fn balance(&self) -> Option<Balance> {
        let balance = self.load_balancing.map(|policy| match policy {
            LoadBalancing::PickFirst { shuffle: false } => Balance::pick_first(),
            LoadBalancing::PickFirst { shuffle: true } => Balance::pick_first().shuffled(),
            LoadBalancing::RoundRobin => Balance::round_robin(),
            LoadBalancing::LeastRequest => Balance::least_request(),
        });
        match &self.health_check_service {
            Some(service) => Some(balance.unwrap_or_else(Balance::round_robin).health_check(service)),
            None => balance,
        }
    }

    fn add(&mut self, method: &Object<'_>) -> Result<()> {
        let duration = |name| method.get(name).map(|at| at.duration()).transpose();
        let bytes = |name| method.get(name).map(|at| at.integer()).transpose();
        let size = |bytes: u32| usize::try_from(bytes).unwrap_or(usize::MAX);
        let config = MethodConfig {
            overrides: Overrides {
                timeout: duration("timeout")?,
                max_request_size: bytes("maxRequestMessageBytes")?.map(size),
                max_response_size: bytes("maxResponseMessageBytes")?.map(size),
                wait_for_ready: method.get("waitForReady").map_or(Ok(false), |at| at.bool())?,
            },
            retry: policies::policy(method)?,
        };
        let Some(names) = method.get("name") else { return Ok(()) };
        for name in names.list()? {
            let name = name.object()?;
            let part = |part| name.get(part).map_or(Ok(""), |at: At<'_>| at.text());
            let is_new = match (part("service")?, part("method")?) {
                ("", "") => self.any.replace(config).is_none(),
                ("", _) => return Err(name.fail("a method has a `service`")),
                (service, "") => insert(&mut self.services, service.to_owned(), config),
                (service, method) => insert(&mut self.methods, format!("/{service}/{method}"), config),
            };
            if !is_new {
                return Err(name.fail("it is named twice"));
            }
        }
        Ok(())
    }

    pub(super) fn throttling(&self) -> Option<Throttling> {
        self.throttling
    }

    /// What is said of a method: by its own name, or else by that of its service, or else of all.
    pub(super) fn method(&self, info: &MethodInfo) -> Option<&MethodConfig> {
        let of_service = || self.services.get(info.service);
        self.methods.get(info.path).or_else(of_service).or(self.any.as_ref())
    }

    /// What is said of the methods with settings of their own, by their paths.
    pub(super) fn methods(&self) -> impl Iterator<Item = (String, Overrides)> {
        self.methods.iter().map(|(path, config)| (path.clone(), config.overrides))
    }

    /// The same of services, by their full names.
    pub(super) fn services(&self) -> impl Iterator<Item = (&str, Overrides)> {
        self.services.iter().map(|(name, config)| (&**name, config.overrides))
    }

    /// What is said of the method with a path.
    pub(super) fn of_path(&self, path: &str) -> Overrides {
        let service = path.trim_start_matches('/').split('/').next().unwrap_or("");
        let config = self.methods.get(path).or_else(|| self.services.get(service)).or(self.any.as_ref());
        config.map_or(Overrides::default(), |config| config.overrides)
    }

    /// What is said of methods of which nothing else is said.
    pub(super) fn others(&self) -> Overrides {
        self.any.map_or(Overrides::default(), |config| config.overrides)
    }
}

fn insert(configs: &mut HashMap<String, MethodConfig>, name: String, config: MethodConfig) -> bool {
    match configs.entry(name) {
        Entry::Vacant(entry) => {
            entry.insert(config);
            true
        }
        Entry::Occupied(_) => false,
    }
}

/// The first policy of the list that is known, or the one that has the old field.
fn load_balancing(root: &Object<'_>) -> Result<Option<LoadBalancing>> {
    let Some(list) = root.get("loadBalancingConfig") else {
        let Some(name) = root.get("loadBalancingPolicy") else { return Ok(None) };
        let policy = match &*name.text()?.to_ascii_lowercase() {
            "pick_first" => LoadBalancing::PickFirst { shuffle: false },
            "round_robin" => LoadBalancing::RoundRobin,
            _ => return Err(name.fail("it must be `pick_first` or `round_robin`")),
        };
        return Ok(Some(policy));
    };
    for entry in list.list()? {
        let entry = entry.object()?;
        let mut names = entry.names();
        let (Some(name), None) = (names.next(), names.next()) else {
            return Err(entry.fail("it must have the name of one policy"));
        };
        let settings = entry.required(name)?.object()?;
        return Ok(Some(match name {
            "pick_first" => {
                let shuffle = settings.get("shuffleAddressList").map_or(Ok(false), |at| at.bool())?;
                LoadBalancing::PickFirst { shuffle }
            }
            "round_robin" => LoadBalancing::RoundRobin,
            "least_request" | "least_request_experimental" => {
                if let Some(choices) = settings.get("choiceCount")
                    && choices.integer()? < 2
                {
                    return Err(choices.fail("it must be at least 2"));
                }
                LoadBalancing::LeastRequest
            }
            _ => continue,
        }));
    }
    Err(list.fail("it has no policy that is known: `pick_first`, `round_robin` or `least_request`"))
}

#[cfg(test)]
mod tests;
