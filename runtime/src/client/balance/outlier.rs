//! Endpoints that fail more than others, and for how long they get no calls
//! ([gRFC A50](https://github.com/grpc/proposal/blob/master/A50-xds-outlier-detection.md)).

use std::time::Duration;

use tokio::time::Instant;

/// Takes endpoints out for some time whose calls fail.
///
/// A call fails an endpoint if its connection breaks, if it ends with `UNAVAILABLE`, `INTERNAL`, `UNKNOWN`, `DATA_LOSS` or
/// `DEADLINE_EXCEEDED` or over HTTP with a status from 500 on besides 501, or if its deadline passes before the response
/// begins. What else a call ends with is the answer of a server that works.
///
/// ```
/// use std::time::Duration;
/// use rsvc::client::OutlierEjection;
///
/// let eager = OutlierEjection::new().consecutive_failures(3).base_ejection_time(Duration::from_secs(5));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct OutlierEjection {
    interval: Duration,
    base: Duration,
    max: Duration,
    max_percent: u32,
    consecutive: Option<u32>,
    success_rate: Option<SuccessRate>,
    failure_percentage: Option<FailurePercentage>,
}

#[derive(Clone, Debug)]
struct SuccessRate {
    deviations: f64,
    minimum_hosts: usize,
    request_volume: u32,
}

#[derive(Clone, Debug)]
struct FailurePercentage {
    threshold: u32,
    minimum_hosts: usize,
    request_volume: u32,
}

impl OutlierEjection {
    /// Five failures in a row, or a success rate that is far below that of the others.
    pub fn new() -> Self {
        Self {
            interval: Duration::from_secs(10),
            base: Duration::from_secs(30),
            max: Duration::from_mins(5),
            max_percent: 10,
            consecutive: Some(5),
            success_rate: Some(SuccessRate { deviations: 1.9, minimum_hosts: 5, request_volume: 100 }),
            failure_percentage: None,
        }
    }

    /// How often rates are compared, and endpoints come back. Default: every 10 seconds.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval.max(Duration::from_millis(1));
        self
    }

    /// How long an endpoint is out for the first time. The next time it is twice as long, then three times, and so on; each
    /// interval in which it is not out takes one time back. Default: 30 seconds.
    pub fn base_ejection_time(mut self, time: Duration) -> Self {
        self.base = time;
        self
    }

    /// How long an endpoint is out at most, if that is more than the base. Default: 5 minutes.
    pub fn max_ejection_time(mut self, time: Duration) -> Self {
        self.max = time;
        self
    }

    /// How much of the endpoints may be out, in percent. One may be in any case, unless this is zero. Default: 10.
    pub fn max_ejection_percent(mut self, percent: u32) -> Self {
        self.max_percent = percent;
        self
    }

    /// How many failures in a row take an endpoint out at once. Default: 5. `None` counts no rows.
    pub fn consecutive_failures(mut self, failures: impl Into<Option<u32>>) -> Self {
        self.consecutive = failures.into();
        self
    }

    /// Takes endpoints out whose success rate is below the mean by more than `deviations` times the standard deviation.
    /// It is done if at least `minimum_hosts` endpoints had at least `request_volume` calls in the interval. Default: 1.9
    /// times, 5 endpoints, 100 calls.
    pub fn success_rate(mut self, deviations: f64, minimum_hosts: usize, request_volume: u32) -> Self {
        self.success_rate = Some(SuccessRate { deviations, minimum_hosts, request_volume });
        self
    }

    /// Does not compare success rates.
    pub fn no_success_rate(mut self) -> Self {
        self.success_rate = None;
        self
    }

    /// Takes endpoints out of whose calls more than `threshold` percent fail, whatever the others do. It is done if at
    /// least `minimum_hosts` endpoints had at least `request_volume` calls in the interval. Default: not done; gRPC has
    /// 85 percent, 5 endpoints, 50 calls.
    pub fn failure_percentage(mut self, threshold: u32, minimum_hosts: usize, request_volume: u32) -> Self {
        self.failure_percentage = Some(FailurePercentage { threshold, minimum_hosts, request_volume });
        self
    }
}

impl Default for OutlierEjection {
    fn default() -> Self {
        Self::new()
    }
}

/// How the calls of an endpoint ended in an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) successes: u32,
    pub(super) failures: u32,
}

impl Counts {
    fn total(self) -> u32 {
        self.successes.saturating_add(self.failures)
    }

    fn success_rate(self) -> f64 {
        f64::from(self.successes) / f64::from(self.total())
    }
}

/// Since when an endpoint is out, and how often it was lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ejection {
    since: Option<Instant>,
    times: u32,
}

impl Ejection {
    pub(super) fn is_out(self) -> bool {
        self.since.is_some()
    }

    fn eject(&mut self, now: Instant) {
        self.since = Some(now);
        self.times = self.times.saturating_add(1);
    }
}

impl OutlierEjection {
    pub(super) fn between_sweeps(&self) -> Duration {
        self.interval
    }

    /// Whether so many failures in a row are enough.
    pub(super) fn is_enough(&self, failures: u32) -> bool {
        self.consecutive.is_some_and(|limit| failures >= limit)
    }

    /// Takes the endpoint at `place` out, if one more may be and it is not.
    pub(super) fn eject_one(&self, now: Instant, ejections: &mut [Ejection], place: usize) -> bool {
        let may = !ejections[place].is_out() && self.may_eject(ejections);
        if may {
            ejections[place].eject(now);
        }
        may
    }

    /// The end of an interval: takes out what failed in it, and brings back what was out for long enough.
    pub(super) fn sweep(&self, now: Instant, counts: &[Counts], ejections: &mut [Ejection]) {
        if let Some(rule) = &self.success_rate {
            let is_counted = |counts: &Counts| counts.total() >= rule.request_volume.max(1);
            let rates: Vec<f64> =
                counts.iter().copied().filter(is_counted).map(Counts::success_rate).collect();
            if rates.len() >= rule.minimum_hosts.max(1) {
                let threshold = threshold(&rates, rule.deviations);
                self.eject_if(now, counts, ejections, |counts| {
                    is_counted(&counts) && counts.success_rate() < threshold
                });
            }
        }
        if let Some(rule) = &self.failure_percentage {
            let is_counted = |counts: &Counts| counts.total() >= rule.request_volume.max(1);
            if counts.iter().filter(|counts| is_counted(counts)).count() >= rule.minimum_hosts.max(1) {
                self.eject_if(now, counts, ejections, |counts| {
                    let (failures, total) = (u64::from(counts.failures), u64::from(counts.total()));
                    is_counted(&counts) && failures * 100 > u64::from(rule.threshold) * total
                });
            }
        }
        for ejection in ejections {
            match ejection.since {
                None => ejection.times = ejection.times.saturating_sub(1),
                Some(since) if now.saturating_duration_since(since) >= self.time_out(ejection.times) => {
                    ejection.since = None;
                }
                Some(_) => {}
            }
        }
    }

    fn eject_if(
        &self,
        now: Instant,
        counts: &[Counts],
        ejections: &mut [Ejection],
        fails: impl Fn(Counts) -> bool,
    ) {
        for (place, counts) in counts.iter().enumerate() {
            if fails(*counts) {
                self.eject_one(now, ejections, place);
            }
        }
    }

    fn may_eject(&self, ejections: &[Ejection]) -> bool {
        let out = ejections.iter().filter(|ejection| ejection.is_out()).count();
        out * 100 < ejections.len() * usize::try_from(self.max_percent).unwrap_or(usize::MAX)
    }

    fn time_out(&self, times: u32) -> Duration {
        self.base.saturating_mul(times).min(self.max.max(self.base))
    }
}

/// The success rate below which an endpoint is an outlier.
fn threshold(rates: &[f64], deviations: f64) -> f64 {
    let count = f64::from(u32::try_from(rates.len()).unwrap_or(u32::MAX));
    let mean = rates.iter().sum::<f64>() / count;
    let variance = rates.iter().map(|rate| (rate - mean).powi(2)).sum::<f64>() / count;
    mean - variance.sqrt() * deviations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(failures: &[u32]) -> Vec<Counts> {
        failures.iter().map(|failures| Counts { successes: 100 - failures, failures: *failures }).collect()
    }

    /// Which are out.
    fn out(ejections: &[Ejection]) -> Vec<usize> {
        (0..ejections.len()).filter(|place| ejections[*place].is_out()).collect()
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn an_endpoint_far_below_the_others_is_taken_out() {
        let settings = OutlierEjection::new();
        let now = Instant::now();
        for (failures, expected) in [
            (&[0, 0, 0, 0, 0, 50][..], &[5][..]),
            (&[2, 1, 3, 0, 2, 1], &[]),
            // One of all may be out.
            (&[0, 0, 0, 0, 0, 0, 0, 0, 90, 90], &[8]),
            // Too few to compare.
            (&[0, 0, 0, 99], &[]),
            // All are as bad.
            (&[99, 99, 99, 99, 99], &[]),
        ] {
            let mut ejections = vec![Ejection::default(); failures.len()];
            settings.sweep(now, &counts(failures), &mut ejections);
            assert_eq!(out(&ejections), expected, "{failures:?}");
        }
    }

    #[test]
    fn few_calls_say_nothing() {
        let settings = OutlierEjection::new();
        let mut few = counts(&[0, 0, 0, 0, 0, 0]);
        few[5] = Counts { successes: 0, failures: 99 };
        let mut ejections = vec![Ejection::default(); few.len()];
        settings.sweep(Instant::now(), &few, &mut ejections);
        assert!(out(&ejections).is_empty());
        let nothing = vec![Counts::default(); 6];
        OutlierEjection::new().success_rate(0.0, 0, 0).failure_percentage(0, 0, 0).sweep(
            Instant::now(),
            &nothing,
            &mut ejections,
        );
        assert!(out(&ejections).is_empty());
    }

    #[test]
    fn a_percentage_of_failures_is_enough_whatever_others_do() {
        let settings =
            OutlierEjection::new().no_success_rate().failure_percentage(50, 3, 50).max_ejection_percent(50);
        let mut ejections = vec![Ejection::default(); 4];
        settings.sweep(Instant::now(), &counts(&[51, 50, 51, 51]), &mut ejections);
        assert_eq!(out(&ejections), [0, 2], "half of four");
        let mut ejections = vec![Ejection::default(); 2];
        settings.sweep(Instant::now(), &counts(&[99, 99]), &mut ejections);
        assert!(out(&ejections).is_empty(), "fewer than three");
    }

    #[test]
    fn each_time_is_longer_up_to_a_limit_and_good_behaviour_counts() {
        let settings = OutlierEjection::new().max_ejection_time(seconds(70));
        let mut now = Instant::now();
        let mut ejections = [Ejection::default(); 3];
        let quiet = [Counts::default(); 3];
        for expected in [30, 60, 70, 70] {
            assert!(settings.eject_one(now, &mut ejections, 1));
            assert!(!settings.eject_one(now, &mut ejections, 1), "it is out already");
            settings.sweep(now + seconds(expected - 1), &quiet, &mut ejections);
            assert_eq!(out(&ejections), [1]);
            now += seconds(expected);
            settings.sweep(now, &quiet, &mut ejections);
            assert!(out(&ejections).is_empty(), "{expected}");
        }
        for _ in 0..4 {
            settings.sweep(now, &quiet, &mut ejections);
        }
        settings.eject_one(now, &mut ejections, 1);
        settings.sweep(now + seconds(30), &quiet, &mut ejections);
        assert!(out(&ejections).is_empty(), "it is forgotten how often it was out");
    }

    #[test]
    fn no_more_are_out_than_may_be() {
        let mut ejections = [Ejection::default(); 4];
        let now = Instant::now();
        assert!(!OutlierEjection::new().max_ejection_percent(0).eject_one(now, &mut ejections, 0));
        let settings = OutlierEjection::new();
        assert!(settings.eject_one(now, &mut ejections, 0));
        assert!(!settings.eject_one(now, &mut ejections, 1));
        let settings = settings.max_ejection_percent(50);
        assert!(settings.eject_one(now, &mut ejections, 1));
        assert!(!settings.eject_one(now, &mut ejections, 2));
        assert!(settings.is_enough(5) && !settings.is_enough(4));
        assert!(!settings.consecutive_failures(None).is_enough(u32::MAX));
    }
}
