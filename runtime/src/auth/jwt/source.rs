//! [`Keys`]: where keys come from, and how they stay up to date.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::Either;
use jsonwebtoken::Algorithm;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::error::JwtError;
#[cfg(feature = "jwks")]
use super::fetch::KeyUrl;
use super::keys::KeySet;

/// How long a call waits for keys that are on their way.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often a file is looked at, and the keys of a URL are fetched, unless somebody says otherwise.
const FILE_INTERVAL: Duration = Duration::from_secs(5);
#[cfg(feature = "jwks")]
const URL_INTERVAL: Duration = Duration::from_mins(5);
/// How long no call causes another look at a source, unless somebody says otherwise.
const COOLDOWN: Duration = Duration::from_secs(10);
/// The longest pause after failures.
const MAX_BACKOFF: Duration = Duration::from_mins(1);

/// The keys that tokens are signed with.
///
/// Keys of a file or a URL are read again, in the background and when a token names a key that is not among them. A
/// failure leaves the keys that there are, and is a `WARN` in the log.
#[derive(Clone)]
pub struct Keys {
    pub(super) source: KeySource,
    interval: Option<Duration>,
    cooldown: Duration,
}

#[derive(Clone)]
pub(super) enum KeySource {
    Secret(Vec<u8>),
    Text(Vec<u8>),
    File(PathBuf),
    #[cfg(feature = "jwks")]
    Url(KeyUrl),
}

impl Keys {
    fn new(source: KeySource) -> Self {
        Self { source, interval: None, cooldown: COOLDOWN }
    }

    /// A secret that this program shares with the issuer, for `HS256`, `HS384` and `HS512`; 32 bytes at least.
    pub fn secret(secret: impl Into<Vec<u8>>) -> Self {
        Self::new(KeySource::Secret(secret.into()))
    }

    /// Public keys in PEM (`PUBLIC KEY` or `RSA PUBLIC KEY`), or a JWK or a set of them in JSON.
    pub fn text(text: impl Into<Vec<u8>>) -> Self {
        Self::new(KeySource::Text(text.into()))
    }

    /// A file with what [`text`](Self::text) takes. It is read again when it has changed, looked at every 5 seconds.
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self::new(KeySource::File(path.as_ref().to_owned()))
    }

    /// The URL of a set of public keys (`jwks_uri`), fetched every 5 minutes.
    ///
    /// It is `https`, or `http` on the same machine. Secrets in the set are ignored.
    #[cfg(feature = "jwks")]
    pub fn url(url: impl Into<String>) -> Self {
        Self::new(KeySource::Url(KeyUrl::new(url.into())))
    }

    /// How often a file is looked at or a URL is fetched.
    #[must_use]
    pub fn refresh_every(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// How much time passes before tokens with unknown keys cause another look or fetch: 10 seconds, unless set.
    ///
    /// Whoever sends such tokens can cause no more than one in that time.
    #[must_use]
    pub fn refetch_after(mut self, pause: Duration) -> Self {
        self.cooldown = pause;
        self
    }

    /// TLS of the connection to the URL, for an authority of one's own.
    #[cfg(feature = "jwks")]
    #[must_use]
    pub fn tls(mut self, tls: crate::tls::ClientTls) -> Self {
        if let KeySource::Url(url) = &mut self.source {
            url.tls = tls;
        }
        self
    }

    /// Takes keys over `http` from other machines. Whoever can change what passes the network in between can then sign
    /// tokens.
    #[cfg(feature = "jwks")]
    #[must_use]
    pub fn allow_http(mut self) -> Self {
        if let KeySource::Url(url) = &mut self.source {
            url.allow_http = true;
        }
        self
    }
}

/// Keys are nothing to print.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Keys");
        match &self.source {
            KeySource::Secret(_) | KeySource::Text(_) => {}
            KeySource::File(path) => drop(shown.field("file", path)),
            #[cfg(feature = "jwks")]
            KeySource::Url(url) => drop(shown.field("url", &url.text)),
        }
        shown.finish_non_exhaustive()
    }
}

/// What calls see of the keys.
#[derive(Clone)]
pub(super) struct Current {
    /// `None` until there were some.
    pub(super) keys: Option<Arc<KeySet>>,
    /// How many times the source was read, or could not be.
    attempts: u64,
    /// When calls may cause the next attempt.
    refetch_from: Instant,
}

/// Keys that stay up to date.
pub(super) struct Store {
    current: watch::Receiver<Current>,
    /// What keeps them so; `None` for keys that never change.
    refresher: Option<Refresher>,
}

struct Refresher {
    started: OnceLock<()>,
    sender: watch::Sender<Current>,
    loader: Loader,
    asked: Arc<Notify>,
}

/// Reads a source.
#[derive(Clone)]
struct Loader {
    source: KeySource,
    allowed: Option<Vec<Algorithm>>,
    interval: Duration,
    cooldown: Duration,
    /// What was in the file. Files are compared by their content, as those of TLS are: two changes in one tick of the
    /// file system's clock are two changes.
    seen: Option<Arc<[u8]>>,
}

impl Store {
    /// Reads the keys of a value or a file. Those of a URL are fetched as soon as there is a runtime.
    pub(super) fn new(keys: Keys, allowed: Option<Vec<Algorithm>>) -> Result<Self, JwtError> {
        let Keys { source, interval, cooldown } = keys;
        let default = match &source {
            #[cfg(feature = "jwks")]
            KeySource::Url(url) => {
                url.check()?;
                URL_INTERVAL
            }
            _ => FILE_INTERVAL,
        };
        let interval = interval.unwrap_or(default).max(Duration::from_millis(10));
        let mut loader = Loader { source, allowed, interval, cooldown, seen: None };
        let keys = loader.load_at_once()?;
        if keys.as_ref().is_some_and(KeySet::is_empty) {
            return Err(JwtError::new("there is no key that may be used"));
        }
        let is_fixed = matches!(loader.source, KeySource::Secret(_) | KeySource::Text(_));
        let current = Current { keys: keys.map(Arc::new), attempts: 0, refetch_from: Instant::now() };
        let (sender, current) = watch::channel(current);
        let refresher = Refresher { started: OnceLock::new(), sender, loader, asked: Arc::default() };
        let store = Self { current, refresher: (!is_fixed).then_some(refresher) };
        store.start();
        Ok(store)
    }

    /// Begins to keep the keys up to date, once there is a runtime.
    fn start(&self) {
        if let Some(Refresher { started, sender, loader, asked }) = &self.refresher
            && started.get().is_none()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            started.get_or_init(|| {
                drop(runtime.spawn(refresh(sender.clone(), loader.clone(), Arc::clone(asked))));
            });
        }
    }

    /// The keys of now. Where there have never been any, a call waits for them for a while.
    pub(super) async fn keys(&self) -> Option<Arc<KeySet>> {
        self.start();
        let keys = self.current.borrow().keys.clone();
        if keys.is_some() {
            return keys;
        }
        let mut current = self.current.clone();
        let found = tokio::time::timeout(PATIENCE, current.wait_for(|current| current.keys.is_some())).await;
        found.ok()?.ok()?.keys.clone()
    }

    /// Other keys than `old`, which lacks one: those that have come meanwhile, or come within a while. Whether the source
    /// is read again does not depend on how many calls ask for it.
    pub(super) async fn keys_after(&self, old: &Arc<KeySet>) -> Option<Arc<KeySet>> {
        let refresher = self.refresher.as_ref()?;
        let mut current = self.current.clone();
        let is_new =
            |current: &Current| current.keys.as_ref().filter(|keys| !Arc::ptr_eq(keys, old)).cloned();
        let attempts = {
            let current = current.borrow_and_update();
            if let Some(keys) = is_new(&current) {
                return Some(keys);
            }
            if Instant::now() < current.refetch_from {
                return None;
            }
            current.attempts
        };
        refresher.asked.notify_one();
        let next = current.wait_for(|current| current.attempts > attempts);
        is_new(&*tokio::time::timeout(PATIENCE, next).await.ok()?.ok()?)
    }
}

impl Loader {
    /// What can be read without waiting for anybody: `None` for a URL.
    fn load_at_once(&mut self) -> Result<Option<KeySet>, JwtError> {
        let keys = match &self.source {
            KeySource::Secret(secret) => KeySet::secret(secret)?,
            KeySource::Text(text) => KeySet::read(text, true)?,
            KeySource::File(path) => {
                let text = read_file(path)?;
                let keys = KeySet::read(&text, true)?;
                self.seen = Some(text);
                keys
            }
            #[cfg(feature = "jwks")]
            KeySource::Url(_) => return Ok(None),
        };
        Ok(Some(keys.only(self.allowed.as_deref())))
    }

    /// The keys as they are now; `None` if they have not changed.
    async fn load(&mut self) -> Result<Option<KeySet>, JwtError> {
        let keys = match &self.source {
            KeySource::Secret(_) | KeySource::Text(_) => return Ok(None),
            KeySource::File(path) => {
                let path = path.clone();
                let read = tokio::task::spawn_blocking(move || read_file(&path)).await;
                let text = read.map_err(|_| JwtError::new("the keys were not read"))??;
                if self.seen.as_ref() == Some(&text) {
                    return Ok(None);
                }
                let keys = KeySet::read(&text, true)?;
                self.seen = Some(text);
                keys
            }
            #[cfg(feature = "jwks")]
            KeySource::Url(url) => KeySet::read(&url.fetch().await?, false)?,
        };
        Ok(Some(keys.only(self.allowed.as_deref())))
    }
}

fn read_file(path: &Path) -> Result<Arc<[u8]>, JwtError> {
    let read = std::fs::read(path).map_err(|error| JwtError::new(format!("{}: {error}", path.display())))?;
    Ok(read.into())
}

/// Reads a source again and again, for as long as somebody wants its keys.
async fn refresh(sender: watch::Sender<Current>, mut loader: Loader, asked: Arc<Notify>) {
    let mut failures = 0;
    let mut refetch_from = Instant::now();
    let mut is_asked = false;
    // The keys of a file are there already.
    if sender.borrow().keys.is_some() {
        is_asked = wait(&sender, &asked, Instant::now() + loader.interval, refetch_from).await;
    }
    while sender.receiver_count() > 0 {
        let outcome = loader.load().await;
        let now = Instant::now();
        let pause = match &outcome {
            Ok(_) => {
                failures = 0;
                loader.interval
            }
            Err(error) => {
                tracing::warn!(%error, "keys were not refreshed, and stay as they are");
                failures += 1;
                backoff(failures).min(loader.interval)
            }
        };
        if outcome.as_ref().is_ok_and(|keys| keys.as_ref().is_some_and(KeySet::is_empty)) {
            tracing::warn!("there is no key left that may be used: all tokens are refused");
        }
        // A fetch that was due anyway is not held against the calls that need one.
        if is_asked || failures > 0 {
            let cooldown = loader.cooldown;
            refetch_from = now + if failures > 0 { pause.max(cooldown) } else { cooldown };
        }
        sender.send_modify(|current| {
            current.attempts += 1;
            current.refetch_from = refetch_from;
            if let Ok(Some(keys)) = outcome {
                current.keys = Some(Arc::new(keys));
            }
        });
        is_asked = wait(&sender, &asked, now + pause, refetch_from).await;
    }
}

/// The pause after so many failures in a row.
fn backoff(failures: u32) -> Duration {
    MAX_BACKOFF.min(Duration::from_secs(1 << failures.clamp(1, 6) >> 1))
}

/// Waits for the next time to read, for a call that needs it sooner, or for the end. Whether a call needs it.
async fn wait(
    sender: &watch::Sender<Current>,
    asked: &Notify,
    until: Instant,
    refetch_from: Instant,
) -> bool {
    let asked_in_time = async {
        loop {
            asked.notified().await;
            // Those that asked while the source was being read have their answer.
            if Instant::now() >= refetch_from {
                return;
            }
        }
    };
    let first = std::pin::pin!(asked_in_time);
    let closed = std::pin::pin!(sender.closed());
    let either = futures_util::future::select(first, closed);
    matches!(tokio::time::timeout_at(until, either).await, Ok(Either::Left(_)))
}
