//! Where endpoints come from, and that they change.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use http::uri::{Authority, Scheme};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::dns::Dns;
use super::endpoint::Endpoint;
use crate::call::BoxError;

/// What is said of the endpoints of a channel.
pub(super) type Answer = Result<Vec<Endpoint>, BoxError>;

/// Where the endpoints of a channel come from.
#[derive(Clone)]
pub(in crate::client) enum Source {
    /// They are given, and stay.
    Given(Vec<Endpoint>),
    /// They are what the channel's name stands for.
    Dns(Dns),
    /// They come when they change. There is one stream, whoever takes it.
    Stream(Arc<Mutex<Option<BoxStream<'static, Answer>>>>),
}

impl Source {
    pub(in crate::client) fn stream<E: Into<BoxError> + 'static>(
        stream: impl Stream<Item = Result<Vec<Endpoint>, E>> + Send + 'static,
    ) -> Self {
        Self::Stream(Arc::new(Mutex::new(Some(stream.map_err(Into::into).boxed()))))
    }

    /// What is left to follow; `Err` if another channel follows it already.
    pub(super) fn take(&self, scheme: &Scheme, authority: &Authority) -> Result<Followed, &'static str> {
        match self {
            Self::Given(endpoints) => Ok(Followed::Given(endpoints.clone())),
            Self::Dns(dns) => {
                let default_port = if *scheme == Scheme::HTTPS { 443 } else { 80 };
                let host = authority.host().to_owned();
                Ok(Followed::Dns {
                    dns: dns.clone(),
                    host,
                    port: authority.port_u16().unwrap_or(default_port),
                })
            }
            Self::Stream(stream) => {
                let stream = stream.lock().unwrap_or_else(PoisonError::into_inner).take();
                stream.map(Followed::Stream).ok_or("its stream of endpoints is that of another channel")
            }
        }
    }
}

/// A source that one channel follows.
pub(super) enum Followed {
    Given(Vec<Endpoint>),
    Dns { dns: Dns, host: String, port: u16 },
    Stream(BoxStream<'static, Answer>),
}

/// Whom a source tells what there is.
pub(super) struct Told {
    /// Whether anybody still wants to know.
    pub(super) tell: Box<dyn Fn(Answer) -> bool + Send + Sync>,
    /// An endpoint has failed, so that there may be others by now.
    pub(super) failures: Arc<Notify>,
    /// How long finding out may take.
    pub(super) limit: Duration,
}

impl Followed {
    /// Tells what there is, until nobody wants to know or nothing can change any more.
    pub(super) async fn follow(self, told: Told) {
        match self {
            Self::Given(endpoints) => {
                (told.tell)(Ok(endpoints));
            }
            Self::Stream(mut endpoints) => {
                while let Some(answer) = endpoints.next().await {
                    if !(told.tell)(answer) {
                        return;
                    }
                }
                (told.tell)(Err("the stream of endpoints has ended".into()));
            }
            Self::Dns { dns, host, port } => loop {
                let asked = Instant::now();
                let addresses = match timeout(told.limit, dns.resolver.resolve(&host, port)).await {
                    Ok(addresses) => addresses,
                    Err(_) => Err("the name is not resolved in time".into()),
                };
                let is_failed = !matches!(&addresses, Ok(addresses) if !addresses.is_empty());
                let endpoints =
                    addresses.map(|addresses| addresses.into_iter().map(Endpoint::from).collect());
                if !(told.tell)(endpoints) {
                    return;
                }
                // Not before, whatever happens.
                sleep_until(asked + dns.min_refresh).await;
                if !is_failed {
                    let rest = dns.refresh.saturating_sub(dns.min_refresh);
                    let (timer, failure) = (Box::pin(sleep(rest)), Box::pin(told.failures.notified()));
                    if let Either::Right(_) = select(timer, failure).await {
                        tracing::debug!(host, "a name is asked for again, since an endpoint has failed");
                    }
                }
            },
        }
    }
}
