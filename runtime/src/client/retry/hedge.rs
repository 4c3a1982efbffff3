//! Calls that are made several times at once.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use super::attempts::Asked;
use super::budget::Budget;
use super::pause::pause;
use super::settings::Retrying;
use crate::Context;
use crate::bridge::Status;
use crate::retry::{RetryKind, RetryPolicy};
use crate::sight::{AttemptType, Seen};

/// Makes a call with a policy that hedges: another attempt each time that its delay has passed, or that one has failed which
/// need not be the last. The first answer is that of the call, and the other attempts are given up.
///
/// `begin` begins an attempt after `previous` others. What it brings of response metadata comes to `ctx` with the outcome.
pub(in crate::client) async fn hedge<T>(
    policy: RetryPolicy,
    retrying: Arc<Retrying>,
    ctx: Context,
    seen: Option<Arc<Seen>>,
    begin: impl Fn(Context, u32) -> BoxFuture<'static, Result<T, Status>>,
) -> Result<T, Status> {
    let RetryKind::Hedge { delay } = policy.kind else { unreachable!("the policy hedges") };
    let attempt = |previous| {
        let own = ctx.attempt();
        begin(own.clone(), previous).map(move |outcome| (outcome, own))
    };
    let mut running = FuturesUnordered::new();
    running.push(attempt(0));
    let mut count = 1;
    // When the next one begins, if there is one.
    let mut next = following(&policy, count, delay);
    let mut last = None;
    loop {
        let mut timer = next.map(|start| Box::pin(pause(start, &ctx)));
        let ended = poll_fn(|task| match (running.poll_next_unpin(task), &mut timer) {
            (Poll::Ready(Some(ended)), _) => Poll::Ready(Some(ended)),
            (_, Some(timer)) => timer.as_mut().poll(task).map(|()| None),
            (_, None) => Poll::Pending,
        });
        let Some((outcome, own)) = ended.await else {
            if retrying.budget.as_ref().is_none_or(Budget::take) {
                if let Some(seen) = &seen {
                    seen.again(AttemptType::Hedge, last.as_ref().map(Status::code), Duration::ZERO);
                }
                running.push(attempt(count));
                count += 1;
                next = following(&policy, count, delay);
            } else {
                next = None;
            }
            if running.is_empty() {
                return Err(last.expect("an attempt that is not under way has failed"));
            }
            continue;
        };
        let status = match outcome {
            Ok(answer) => {
                retrying.succeeded();
                ctx.take_answer(&own);
                return Ok(answer);
            }
            Err(status) => status,
        };
        let is_fatal = !policy.codes.contains(status.code());
        let asked = Asked::of(&status);
        let budget = retrying.budget.as_ref();
        if !is_fatal || asked == Asked::Never {
            budget.inspect(|budget| budget.failed());
        }
        let allowed = budget.is_none_or(Budget::is_enough);
        next = match asked {
            Asked::Never => None,
            _ if !allowed || next.is_none() => None,
            Asked::Nothing => Some(Instant::now()),
            Asked::After(pause) | Asked::AtLeast(pause) => Instant::now().checked_add(pause),
        };
        // Nothing else may be under way that would end with the time of the call.
        next = next.filter(|start| ctx.instant().is_none_or(|deadline| *start < deadline));
        ctx.take_answer(&own);
        if is_fatal || running.is_empty() && next.is_none() {
            return Err(status);
        }
        last = Some(status);
    }
}

fn following(policy: &RetryPolicy, count: u32, delay: Duration) -> Option<Instant> {
    if count < policy.max_attempts { Instant::now().checked_add(delay) } else { None }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::bridge::Code;
    use crate::client::retry::Retries;
    use crate::error::wire::retry_after;

    const DELAY: Duration = Duration::from_millis(100);

    /// What an attempt does: how long it takes, and its code.
    type Script = &'static [(u64, Code)];

    /// The number of the attempt that has won, or the error; how long it took; how many had begun, and how many were given up.
    async fn run(retries: Retries, attempts: u32, script: Script) -> (Result<u32, Status>, u128, u32, usize) {
        struct Dropped(Arc<AtomicUsize>, bool);
        impl Dropped {
            fn ended(&mut self) {
                self.1 = true;
            }
        }
        impl Drop for Dropped {
            fn drop(&mut self) {
                if !self.1 {
                    self.0.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        let given_up = Arc::new(AtomicUsize::new(0));
        let begun = Arc::new(AtomicUsize::new(0));
        let policy = RetryPolicy::hedge(DELAY).max_attempts(attempts);
        let retrying = Arc::new(Retrying::new(retries, None));
        let ctx = Context::new();
        let start = Instant::now();
        let (dropped, count) = (Arc::clone(&given_up), Arc::clone(&begun));
        let outcome = hedge(policy, retrying, ctx.clone(), None, move |ctx, previous| {
            count.fetch_add(1, Ordering::Relaxed);
            let mut dropped = Dropped(Arc::clone(&dropped), false);
            Box::pin(async move {
                let (millis, code) = script[previous as usize];
                tokio::time::sleep(Duration::from_millis(millis)).await;
                dropped.ended();
                ctx.set_header("x-attempt", previous.to_string()).unwrap();
                if code == Code::Ok { Ok(previous) } else { Err(Status::new(code, "")) }
            })
        })
        .await;
        if let Ok(winner) = &outcome {
            assert_eq!(ctx.response_headers().get("x-attempt").unwrap(), winner.to_string().as_str());
        }
        let begun = u32::try_from(begun.load(Ordering::Relaxed)).unwrap();
        (outcome, start.elapsed().as_millis(), begun, given_up.load(Ordering::Relaxed))
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_answer_wins_and_the_others_are_given_up() {
        let script: Script = &[(1000, Code::Ok), (1000, Code::Ok), (50, Code::Ok)];
        let (outcome, millis, begun, given_up) = run(Retries::new(), 3, script).await;
        assert_eq!((outcome.unwrap(), begun, given_up), (2, 3, 2));
        assert!((250..260).contains(&millis), "{millis}");
        let (outcome, _, begun, given_up) = run(Retries::new(), 3, &[(50, Code::Ok)]).await;
        assert_eq!((outcome.unwrap(), begun, given_up), (0, 1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_that_need_not_be_the_last_brings_the_next_at_once() {
        let script: Script = &[(10, Code::Unavailable), (10, Code::Unavailable), (10, Code::Ok)];
        let (outcome, millis, begun, _) = run(Retries::new(), 3, script).await;
        assert_eq!((outcome.unwrap(), begun), (2, 3));
        assert!((30..40).contains(&millis), "{millis}");
        let script: Script = &[(10, Code::Unavailable), (10, Code::Unavailable)];
        let (outcome, _, begun, _) = run(Retries::new(), 2, script).await;
        assert_eq!((outcome.unwrap_err().code(), begun), (Code::Unavailable, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_cannot_have_a_call_wait_beyond_its_time() {
        for (timeout, asked) in [(Some(1), 20), (None, 31), (None, 1_000_000_000)] {
            let ctx = Context::new();
            let ctx = timeout.map_or(ctx.clone(), |seconds| ctx.with_timeout(Duration::from_secs(seconds)));
            let start = Instant::now();
            let retrying = Arc::new(Retrying::new(Retries::new(), None));
            let outcome: Result<(), _> = hedge(RetryPolicy::hedge(DELAY), retrying, ctx, None, |_, _| {
                Box::pin(std::future::ready(Err(retry_after(
                    Code::Unavailable,
                    String::new(),
                    Duration::from_secs(asked),
                ))))
            })
            .await;
            assert_eq!(outcome.unwrap_err().code(), Code::Unavailable);
            assert_eq!(start.elapsed(), Duration::ZERO, "{asked}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn any_other_failure_is_the_outcome() {
        let script: Script = &[(1000, Code::Ok), (10, Code::NotFound)];
        let (outcome, millis, begun, given_up) = run(Retries::new(), 3, script).await;
        assert_eq!((outcome.unwrap_err().code(), begun, given_up), (Code::NotFound, 2, 1));
        assert!((110..120).contains(&millis), "{millis}");
    }

    #[tokio::test(start_paused = true)]
    async fn without_tokens_there_is_one_attempt() {
        let script: Script = &[(10, Code::Unavailable), (10, Code::Ok)];
        let (outcome, _, begun, _) = run(Retries::new().tokens(1, 0.1), 2, script).await;
        assert_eq!((outcome.unwrap_err().code(), begun), (Code::Unavailable, 1));
    }
}
