//! The client: a [`Channel`] to a server, which generated clients call through.

mod around;
mod attempts;
mod backoff;
mod balance;
pub(crate) mod call;
mod calls;
pub(crate) mod channel;
mod connections;
mod credentials;
mod dialects;
mod dialer;
mod error;
mod host;
mod http1;
mod http2;
mod layers;
mod max_calls;
mod one;
mod own;
mod plain;
mod proxy;
mod random;
mod request_body;
#[cfg(feature = "rest-client")]
pub(crate) mod rest;
#[cfg(feature = "rest-client")]
pub(crate) mod rest_call;
mod retry;
mod servers;
mod service_config;
mod settings;
mod shared;
mod stack;
#[cfg(feature = "tonic-channel")]
mod tonic;
mod transport;
mod watched;

pub use crate::protocol::compression::Compression;
pub use crate::protocol::wire::{Codec, HttpVersion, Protocol};
pub use balance::{Balance, Dns, Endpoint, EndpointState, EndpointStatus, OutlierEjection, Resolve};
pub use channel::{Builder, Channel};
pub use credentials::{Credentials, Token, TokenSource};
pub use error::ConnectError;
pub use layers::ChannelService;
#[cfg(feature = "rest-client")]
pub use rest::{RestBuilder, RestChannel};
pub use retry::Retries;
pub use service_config::{LoadBalancing, ServiceConfig, ServiceConfigError};
