//! The attempts at one call: whether there is another, and when.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::budget::Budget;
use super::policy::Policy;
use crate::bridge::{Status, StatusExt as _};
use crate::client::random::Random;
use crate::protocol::client::{Pushback, is_refused, pushback};
use crate::retry::{RetryKind, RetryPolicy};
use crate::sight::{AttemptType, Seen};

/// How often a request is sent again that no server has begun with.
const RESENT: u32 = 2;
/// A server that asks for a longer pause has the caller decide.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The attempts at a call, in the order in which they fail.
pub(in crate::client) struct Attempts {
    policy: Policy,
    deadline: Option<Instant>,
    /// How many have begun, but for those that no server has begun with.
    begun: u32,
    /// How many pauses there were since the server has asked for one.
    pauses: i32,
    /// How often a request was sent again that no server had begun with.
    resent: u32,
    /// What is told of the call, where anything is.
    seen: Option<Arc<Seen>>,
}

impl Attempts {
    pub(super) fn new(policy: Policy, deadline: Option<Instant>) -> Self {
        Self { policy, deadline, begun: 1, pauses: 0, resent: 0, seen: None }
    }

    /// The same, of a call that is told of.
    #[must_use]
    pub(in crate::client) fn seen_by(self, seen: Option<&Arc<Seen>>) -> Self {
        Self { seen: seen.cloned(), ..self }
    }

    /// How many attempts have failed, as the next one tells the server.
    pub(in crate::client) fn previous(&self) -> u32 {
        self.begun - 1
    }

    /// When all of them must be over.
    pub(in crate::client) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// An attempt has failed: when the next one begins, if there is one.
    pub(super) fn next(&mut self, budget: Option<&Budget>, status: &Status) -> Option<Instant> {
        let is_resent = self.resent < RESENT && is_refused(status);
        let pause = if is_resent {
            self.resent += 1;
            Duration::ZERO
        } else {
            self.pause(budget, status)?
        };
        let start = Instant::now().checked_add(pause)?;
        if self.deadline.is_some_and(|deadline| deadline <= start) {
            return None;
        }
        // Last, so that a call without time for another attempt takes nothing of a share.
        if !is_resent && budget.is_some_and(|budget| !budget.take()) {
            return None;
        }
        if let Some(seen) = &self.seen {
            let why = if is_resent { AttemptType::Transparent } else { AttemptType::Retry };
            seen.again(why, Some(status.code()), pause);
        }
        Some(start)
    }

    fn pause(&mut self, budget: Option<&Budget>, status: &Status) -> Option<Duration> {
        let policy = self.policy.told?;
        let asked = Asked::of(status);
        let by_server = self.policy.is_default && matches!(asked, Asked::AtLeast(_));
        let is_retryable = policy.codes.contains(status.code()) || by_server;
        if is_retryable || asked == Asked::Never {
            budget.inspect(|budget| budget.failed());
        }
        if !is_retryable || asked == Asked::Never || self.begun >= policy.max_attempts {
            return None;
        }
        let pause = match asked {
            Asked::After(pause) => {
                self.pauses = 0;
                pause
            }
            asked => {
                self.pauses += 1;
                let own = Backoff::of(&policy).pause(self.pauses - 1);
                if let Asked::AtLeast(pause) = asked { own.max(pause) } else { own }
            }
        };
        self.begun += 1;
        Some(pause)
    }
}

/// What a server asks for with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Nothing,
    /// Not to try again, or only after longer than a call waits by itself.
    Never,
    /// To try again after this time: `grpc-retry-pushback-ms`.
    After(Duration),
    /// To wait at least this long: `google.rpc.RetryInfo`.
    AtLeast(Duration),
}

impl Asked {
    pub(super) fn of(status: &Status) -> Self {
        match Self::told(status) {
            Self::After(pause) | Self::AtLeast(pause) if pause > LONGEST_PAUSE => Self::Never,
            asked => asked,
        }
    }

    fn told(status: &Status) -> Self {
        match pushback(status) {
            Some(Pushback::After(pause)) => return Self::After(pause),
            Some(Pushback::Never) => return Self::Never,
            None => {}
        }
        if status.details().is_empty() {
            return Self::Nothing;
        }
        match status.get_details_retry_info().and_then(|info| info.retry_delay) {
            Some(pause) => Self::AtLeast(pause),
            None => Self::Nothing,
        }
    }
}

/// Pauses that grow.
struct Backoff {
    initial: Duration,
    max: Duration,
    multiplier: f64,
}

impl Backoff {
    fn of(policy: &RetryPolicy) -> Self {
        match policy.kind {
            RetryKind::Backoff { initial, max, multiplier } => Self { initial, max, multiplier },
            // Streams are not hedged: an attempt comes after another.
            RetryKind::Hedge { delay } => Self { initial: delay, max: delay, multiplier: 1.0 },
            RetryKind::Off => unreachable!("there is no attempt to pause for"),
        }
    }

    /// The pause after `earlier` others.
    fn pause(&self, earlier: i32) -> Duration {
        let seconds = self.initial.as_secs_f64() * self.multiplier.powi(earlier);
        let pause = Duration::try_from_secs_f64(seconds.min(self.max.as_secs_f64())).unwrap_or(self.max);
        Random::new().jittered(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::{Code, MetadataMap};
    use crate::client::retry::budget::{RetryTokens, Share};
    use crate::client::service_config::Throttling;
    use crate::error::wire::retry_after;

    const DEFAULT: Policy = Policy { told: Some(RetryPolicy::retry()), is_default: true };

    fn attempts(policy: Policy, deadline: Option<Duration>) -> Attempts {
        Attempts::new(policy, deadline.map(|left| Instant::now() + left))
    }

    fn unavailable() -> Status {
        Status::unavailable("")
    }

    fn pushed_back(value: &'static str) -> Status {
        let mut metadata = MetadataMap::new();
        let headers = http::HeaderMap::from_iter([(
            http::HeaderName::from_static("grpc-retry-pushback-ms"),
            http::HeaderValue::from_static(value),
        )]);
        crate::metadata::extend(&mut metadata, &headers);
        Status::with_metadata(Code::Unavailable, "", metadata)
    }

    fn about(pause: Instant, expected: u64) {
        let millis = (pause - Instant::now()).as_millis();
        let expected = u128::from(expected);
        assert!((expected * 799 / 1000..=expected * 1201 / 1000).contains(&millis), "{millis}");
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_up_to_the_longest() {
        let policy = RetryPolicy::retry().max_attempts(5).max_backoff(Duration::from_millis(350));
        let mut attempts = attempts(Policy { told: Some(policy), ..DEFAULT }, None);
        let budget = Some(&Budget::Share(Share::default()));
        for (expected, previous) in [(100, 1), (200, 2), (350, 3), (350, 4)] {
            about(attempts.next(budget, &unavailable()).unwrap(), expected);
            assert_eq!(attempts.previous(), previous);
        }
        assert_eq!(attempts.next(budget, &unavailable()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn other_codes_are_the_outcome() {
        let budget = Some(&Budget::Share(Share::default()));
        for code in (1..=16).map(Code::from_i32) {
            let next = attempts(DEFAULT, None).next(budget, &Status::new(code, ""));
            assert_eq!(next.is_some(), code == Code::Unavailable, "{code:?}");
        }
        let named = Policy { told: Some(RetryPolicy::retry().codes(&[Code::Aborted])), is_default: false };
        assert!(attempts(named, None).next(budget, &Status::aborted("")).is_some());
        assert!(attempts(named, None).next(budget, &unavailable()).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_slept_past_the_deadline() {
        let budget = Some(&Budget::Share(Share::default()));
        let left = |millis| attempts(DEFAULT, Some(Duration::from_millis(millis)));
        assert!(left(70).next(budget, &unavailable()).is_none());
        assert!(left(130).next(budget, &unavailable()).is_some());
        let budget = Share::new(0.0, 1);
        let budget = Some(&Budget::Share(budget));
        for _ in 0..100 {
            assert!(left(70).next(budget, &unavailable()).is_none());
        }
        assert!(left(130).next(budget, &unavailable()).is_some(), "nothing was taken for those without time");
    }

    #[tokio::test(start_paused = true)]
    async fn the_server_says_when() {
        let budget = Some(&Budget::Share(Share::default()));
        let asked = |status: &Status| attempts(DEFAULT, None).next(budget, status);
        let millis = |status: &Status| (asked(status).unwrap() - Instant::now()).as_millis();
        assert_eq!(millis(&pushed_back("7")), 7);
        assert_eq!(millis(&pushed_back("0")), 0);
        for never in ["-1", "x", "", "1.5", "99999999999", "31000"] {
            assert_eq!(asked(&pushed_back(never)), None, "{never}");
        }
        let after = |code, seconds| retry_after(code, String::new(), Duration::from_secs(seconds));
        assert_eq!(millis(&after(Code::Unavailable, 3)), 3000);
        // A server that says when means that there is something to be had.
        assert_eq!(millis(&after(Code::ResourceExhausted, 3)), 3000);
        assert_eq!(asked(&after(Code::Unavailable, 31)), None);
        let named = Policy { is_default: false, ..DEFAULT };
        assert!(attempts(named, None).next(budget, &after(Code::ResourceExhausted, 3)).is_none());
        // What it asks for is no pause of the policy.
        let mut attempts =
            attempts(Policy { told: Some(RetryPolicy::retry().max_attempts(4)), ..DEFAULT }, None);
        about(attempts.next(budget, &unavailable()).unwrap(), 100);
        attempts.next(budget, &pushed_back("7")).unwrap();
        about(attempts.next(budget, &unavailable()).unwrap(), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_no_server_has_begun_with_goes_again_twice() {
        let budget = Some(&Budget::Tokens(RetryTokens::new(Throttling::new(2, 0.1))));
        let mut refused = unavailable();
        refused.set_source(Arc::new(h2::Error::from(h2::Reason::REFUSED_STREAM)));
        let mut attempts = attempts(Policy { told: None, ..DEFAULT }, None);
        // Errors that are made here are not those of a server.
        assert_eq!(attempts.next(budget, &refused), None);
        let unprocessed =
            crate::protocol::client::Unprocessed::new(None, h2::Error::from(h2::Reason::NO_ERROR));
        refused.set_source(Arc::new(unprocessed));
        for _ in 0..RESENT {
            assert_eq!(attempts.next(budget, &refused), Some(Instant::now()));
            assert_eq!(attempts.previous(), 0);
        }
        assert_eq!(attempts.next(budget, &refused), None);
        // It takes no tokens.
        assert!(budget.is_some_and(Budget::take));
    }

    #[tokio::test(start_paused = true)]
    async fn the_budget_ends_retries() {
        let budget = Some(&Budget::Tokens(RetryTokens::new(Throttling::new(4, 0.1))));
        assert!(attempts(DEFAULT, None).next(budget, &unavailable()).is_some());
        assert!(attempts(DEFAULT, None).next(budget, &unavailable()).is_none());
        for _ in 0..500 {
            assert!(attempts(DEFAULT, None).next(None, &unavailable()).is_some());
        }
    }
}
