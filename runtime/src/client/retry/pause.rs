//! The pause before another attempt.

use std::pin::pin;

use futures_util::future::select;
use tokio::time::{Instant, sleep_until};

use crate::Context;

/// Waits for the next attempt, or until the call is over that arrived and makes this one: the attempt then begins at once, and
/// ends with that.
pub(in crate::client) fn pause(start: Instant, ctx: &Context) -> impl Future<Output = ()> + Send + use<> {
    let end = ctx.end_of_arrived();
    async move {
        let due = pin!(sleep_until(start));
        match end {
            None => due.await,
            Some(end) => drop(select(due, end).await),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::method::{MethodInfo, MethodKind};

    static INFO: MethodInfo = MethodInfo::new("a.B", "C", "/a.B/C", MethodKind::Unary);

    #[tokio::test(start_paused = true)]
    async fn it_ends_with_the_call_that_arrived() {
        let arrived = Context::arrived(
            &INFO,
            crate::bridge::MetadataMap::new(),
            http::Extensions::new(),
            None,
            None,
            None,
        );
        let start = Instant::now() + Duration::from_mins(1);
        let pausing = tokio::spawn(pause(start, &arrived.child()));
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!pausing.is_finished());
        arrived.cancellation().cancel();
        pausing.await.unwrap();
        assert!(Instant::now() < start);
        pause(start, &Context::new()).await;
        assert!(Instant::now() >= start);
    }
}
