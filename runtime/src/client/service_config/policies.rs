//! `retryPolicy`, `hedgingPolicy` and `retryThrottling`
//! ([gRFC A6](https://github.com/grpc/proposal/blob/master/A6-client-retries.md#configuration-language)).

use std::time::Duration;

use super::value::{At, Object};
use super::{ServiceConfigError, Throttling};
use crate::retry::RetryPolicy;

type Result<T> = std::result::Result<T, ServiceConfigError>;

/// The policy of a method, if it has one.
pub(super) fn policy(method: &Object<'_>) -> Result<Option<RetryPolicy>> {
    match (method.get("retryPolicy"), method.get("hedgingPolicy")) {
        (Some(_), Some(hedging)) => Err(hedging.fail("a method has it or a `retryPolicy`, not both")),
        (Some(retry), None) => self::retry(&retry.object()?).map(Some),
        (None, Some(hedging)) => self::hedging(&hedging.object()?).map(Some),
        (None, None) => Ok(None),
    }
}

fn retry(policy: &Object<'_>) -> Result<RetryPolicy> {
    let multiplier = policy.required("backoffMultiplier")?;
    let factor = multiplier.number()?;
    if factor <= 0.0 {
        return Err(multiplier.fail("it must be above 0"));
    }
    let codes = policy.required("retryableStatusCodes")?;
    let named = codes.codes()?;
    if named.is_empty() {
        return Err(codes.fail("it must name a code"));
    }
    Ok(RetryPolicy::retry()
        .max_attempts(attempts(policy)?)
        .initial_backoff(backoff(policy, "initialBackoff")?)
        .max_backoff(backoff(policy, "maxBackoff")?)
        .multiplier(factor)
        .codes(&named))
}

fn hedging(policy: &Object<'_>) -> Result<RetryPolicy> {
    let delay = policy.get("hedgingDelay").map_or(Ok(Duration::ZERO), |delay| delay.duration())?;
    let codes = policy.get("nonFatalStatusCodes").map_or(Ok(Vec::new()), |codes| codes.codes())?;
    Ok(RetryPolicy::hedge(delay).max_attempts(attempts(policy)?).codes(&codes))
}

fn attempts(policy: &Object<'_>) -> Result<u32> {
    let attempts = policy.required("maxAttempts")?;
    match attempts.integer() {
        Ok(count) if count > 1 => Ok(count),
        _ => Err(attempts.fail("it must be an integer above 1")),
    }
}

fn backoff(policy: &Object<'_>, name: &str) -> Result<Duration> {
    let pause = policy.required(name)?;
    match pause.duration()? {
        Duration::ZERO => Err(pause.fail("it must be above 0")),
        pause => Ok(pause),
    }
}

/// The budget of a channel.
pub(super) fn throttling(at: At<'_>) -> Result<Throttling> {
    let throttling = at.object()?;
    let tokens = throttling.required("maxTokens")?;
    let max = match tokens.integer() {
        Ok(max @ 1..=1000) => u16::try_from(max).expect("it is at most 1000"),
        _ => return Err(tokens.fail("it must be an integer from 1 to 1000")),
    };
    let ratio = throttling.required("tokenRatio")?;
    match ratio.number()? {
        number if number > 0.0 => Ok(Throttling::new(max, number)),
        _ => Err(ratio.fail("it must be above 0")),
    }
}
