//! What a server needs to be ready.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use tokio::time::timeout;

/// Something that is looked at when somebody asks.
pub(super) struct Check {
    pub(super) name: String,
    limit: Duration,
    run: Box<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>,
}

impl Check {
    pub(super) fn new<F, E>(
        name: String,
        limit: Duration,
        check: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display + 'static,
    {
        let run = move || {
            let outcome = check().map(|outcome| outcome.map_err(|error| error.to_string()));
            Box::pin(outcome) as BoxFuture<'static, _>
        };
        Self { name, limit, run: Box::new(run) }
    }

    async fn outcome(&self) -> Result<(), String> {
        // Also where it is started.
        let checked = AssertUnwindSafe(async { (self.run)().await }).catch_unwind();
        match timeout(self.limit, checked).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => Err("the check panicked".to_owned()),
            Err(_) => Err("the check took too long".to_owned()),
        }
    }
}

/// What all of them say.
pub(super) async fn run(checks: &[Check]) -> Vec<Result<(), String>> {
    join_all(checks.iter().map(Check::outcome)).await
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}
