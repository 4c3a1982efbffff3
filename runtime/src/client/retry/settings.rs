//! [`Retries`]: what a channel says of retries, and what holds for a method.

use std::collections::HashMap;

use tokio::time::Instant;

use super::attempts::Attempts;
use super::budget::{Budget, RetryTokens, Share};
use super::policy::Policy;
use crate::Context;
use crate::bridge::Status;
use crate::client::service_config::{ServiceConfig, Throttling};
use crate::method::{Idempotency, MethodInfo};
use crate::retry::{RetryKind, RetryPolicy};

/// Which calls of a channel are made again when they fail.
///
/// By default those are made again whose method is idempotent or has no side effects, as the `.proto` says, and those that no
/// server has begun with. A budget holds retries back while many calls fail.
///
/// ```
/// use rsvc::RetryPolicy;
/// use rsvc::client::Retries;
///
/// let retries = Retries::new()
///     .policy(RetryPolicy::retry().max_attempts(5))
///     .method("/shop.v1.OrderService/PlaceOrder", RetryPolicy::OFF);
/// # fn example(retries: Retries) -> Result<(), rsvc::client::ConnectError> {
/// let channel = rsvc::Channel::builder("http://127.0.0.1:8080").retries(retries).connect_lazy()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Retries {
    is_on: bool,
    policy: Option<RetryPolicy>,
    methods: HashMap<String, RetryPolicy>,
    budget: BudgetOf,
    /// How much of a request stream is kept for another attempt, in bytes.
    buffer: usize,
}

/// Where the budget of a channel comes from.
#[derive(Clone, Copy, Debug)]
enum BudgetOf {
    /// The service config, or the default.
    Default,
    Share(f32, u16),
    Tokens(Throttling),
    None,
}

impl Retries {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            is_on: true,
            policy: None,
            methods: HashMap::new(),
            budget: BudgetOf::Default,
            buffer: 256 << 10,
        }
    }

    /// No call is made again.
    pub fn off() -> Self {
        Self { is_on: false, ..Self::new() }
    }

    /// The policy of all methods that are idempotent or have no side effects, whatever the `.proto` and a service config say.
    /// One that hedges holds for those without side effects.
    pub fn policy(mut self, policy: RetryPolicy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// The policy of one method, as in `/shop.v1.OrderService/PlaceOrder`, whatever else is said of it.
    ///
    /// It holds for a method of which the `.proto` does not say that it may be called twice as well: only name one that may.
    pub fn method(mut self, path: impl Into<String>, policy: RetryPolicy) -> Self {
        self.methods.insert(path.into(), policy);
        self
    }

    /// The budget: attempts for a `share` of the calls that went well in the last ten seconds, from 0 to 10, and `per_second` of
    /// them besides. Default: 0.2 and 5, unless a service config has `retryThrottling`.
    pub fn budget(mut self, share: f32, per_second: u16) -> Self {
        self.budget = BudgetOf::Share(share, per_second);
        self
    }

    /// The budget as gRPC's `retryThrottling` has it, which does not grow with the calls: a channel has `max_tokens`, every failure
    /// that could be followed by another attempt takes one, and every success brings `token_ratio`, down to a thousandth. Nothing is made
    /// again while no more than half of them are left.
    pub fn tokens(mut self, max_tokens: u16, token_ratio: f64) -> Self {
        self.budget = BudgetOf::Tokens(Throttling::new(max_tokens, token_ratio));
        self
    }

    /// Retries without a budget.
    pub fn no_budget(mut self) -> Self {
        self.budget = BudgetOf::None;
        self
    }

    /// How much of a request stream is kept for another attempt, in bytes: a call that has sent more is not made again. Default:
    /// 256 KiB.
    pub fn buffer(mut self, bytes: usize) -> Self {
        self.buffer = bytes;
        self
    }
}

impl Default for Retries {
    fn default() -> Self {
        Self::new()
    }
}

/// What holds for the attempts at the calls of a channel.
#[derive(Debug, Default)]
pub(in crate::client) struct Retrying {
    retries: Retries,
    config: Option<ServiceConfig>,
    pub(super) budget: Option<Budget>,
}

impl Retrying {
    pub(in crate::client) fn new(retries: Retries, config: Option<ServiceConfig>) -> Self {
        let of_config = || config.as_ref().and_then(ServiceConfig::throttling);
        let tokens = |limits| Budget::Tokens(RetryTokens::new(limits));
        let budget = match retries.budget {
            BudgetOf::None => None,
            _ if !retries.is_on => None,
            BudgetOf::Default => Some(of_config().map_or_else(|| Budget::Share(Share::default()), tokens)),
            BudgetOf::Share(share, per_second) => Some(Budget::Share(Share::new(share, per_second))),
            BudgetOf::Tokens(limits) => Some(tokens(limits)),
        };
        Self { retries, config, budget }
    }

    /// How much of a request stream is kept for another attempt, in bytes.
    pub(in crate::client) fn buffer(&self) -> usize {
        self.retries.buffer
    }

    /// A call went well.
    #[inline]
    pub(in crate::client) fn succeeded(&self) {
        if let Some(budget) = &self.budget {
            budget.succeeded();
        }
    }

    /// The attempts at a call, the first of which has begun or is about to; `None` if it is the only one.
    pub(in crate::client) fn attempts(
        &self,
        info: &'static MethodInfo,
        ctx: &Context,
        deadline: Option<Instant>,
    ) -> Option<Attempts> {
        let policy = self.policy(info, ctx)?;
        Some(Attempts::new(policy, deadline))
    }

    /// The attempts at a call that may be made again once a server has begun with it.
    pub(in crate::client) fn repeated(
        &self,
        info: &'static MethodInfo,
        ctx: &Context,
        deadline: Option<Instant>,
    ) -> Option<Attempts> {
        let policy = self.policy(info, ctx).filter(|policy| policy.told.is_some())?;
        Some(Attempts::new(policy, deadline))
    }

    /// An attempt has failed: when the next one begins, if there is one.
    #[cold]
    pub(in crate::client) fn next(&self, attempts: &mut Attempts, status: &Status) -> Option<Instant> {
        attempts.next(self.budget.as_ref(), status)
    }

    /// The policy of a call that is hedged.
    #[inline]
    pub(in crate::client) fn hedged(&self, info: &'static MethodInfo, ctx: &Context) -> Option<RetryPolicy> {
        if self.retries.policy.is_none()
            && self.retries.methods.is_empty()
            && self.config.is_none()
            && info.retry.is_none()
        {
            return None;
        }
        let policy = self.policy(info, ctx)?.told?;
        matches!(policy.kind, RetryKind::Hedge { .. }).then_some(policy)
    }

    fn policy(&self, info: &'static MethodInfo, ctx: &Context) -> Option<Policy> {
        if !self.retries.is_on || !ctx.has_retries() {
            return None;
        }
        let config = self.config.as_ref().and_then(|config| config.method(info));
        let of_channel = |policy: RetryPolicy| match policy.kind {
            RetryKind::Hedge { .. } => info.idempotency == Idempotency::NoSideEffects,
            RetryKind::Backoff { .. } | RetryKind::Off => info.idempotency != Idempotency::Unknown,
        };
        let told = self.retries.methods.get(info.path).copied();
        let told = told
            .or_else(|| self.retries.policy.filter(|policy| of_channel(*policy)))
            .or_else(|| config?.retry)
            .or(info.retry);
        if let Some(policy) = told {
            let told = Some(policy).filter(|policy| policy.kind != RetryKind::Off);
            return Some(Policy { told, is_default: false });
        }
        let told = (info.idempotency != Idempotency::Unknown).then(RetryPolicy::retry);
        Some(Policy { told, is_default: true })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::method::MethodKind;

    static CHANGE: MethodInfo = MethodInfo::new("a.B", "C", "/a.B/C", MethodKind::Unary);
    static READ: MethodInfo = CHANGE.idempotency(Idempotency::NoSideEffects);
    static PUT: MethodInfo = CHANGE.idempotency(Idempotency::Idempotent);
    static DECLARED: MethodInfo = PUT.retry(RetryPolicy::retry().max_attempts(2));

    fn of(retries: Retries, info: &'static MethodInfo) -> Option<RetryPolicy> {
        Retrying::new(retries, None).policy(info, &Context::new())?.told
    }

    #[test]
    fn what_may_be_repeated_is_retried() {
        assert_eq!(of(Retries::new(), &CHANGE), None);
        assert_eq!(of(Retries::new(), &READ), Some(RetryPolicy::retry()));
        assert_eq!(of(Retries::new(), &PUT), Some(RetryPolicy::retry()));
        assert_eq!(of(Retries::new(), &DECLARED), DECLARED.retry);
        assert_eq!(of(Retries::off(), &DECLARED), None);
        let ctx = Context::new().with_retries(false);
        assert!(Retrying::default().policy(&DECLARED, &ctx).is_none());
        assert!(Retrying::default().policy(&DECLARED, &ctx.with_retries(true)).is_some());
    }

    #[test]
    fn the_channel_has_the_last_word_of_what_may_be_repeated() {
        let eager = RetryPolicy::retry().max_attempts(5);
        assert_eq!(of(Retries::new().policy(eager), &CHANGE), None);
        assert_eq!(of(Retries::new().policy(eager), &DECLARED), Some(eager));
        assert_eq!(of(Retries::new().method(CHANGE.path, eager), &CHANGE), Some(eager));
        assert_eq!(of(Retries::new().policy(eager).method(CHANGE.path, RetryPolicy::OFF), &READ), None);
        let hedged = RetryPolicy::hedge(Duration::ZERO);
        assert_eq!(of(Retries::new().policy(hedged), &READ), Some(hedged));
        assert_eq!(of(Retries::new().policy(hedged), &PUT), Some(RetryPolicy::retry()));
        assert_eq!(Retrying::default().hedged(&READ, &Context::new()), None);
        let retrying = Retrying::new(Retries::new().policy(hedged), None);
        assert_eq!(retrying.hedged(&READ, &Context::new()), Some(hedged));
        assert_eq!(retrying.hedged(&PUT, &Context::new()), None);
    }
}
