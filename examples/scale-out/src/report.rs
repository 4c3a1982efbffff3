//! What became of the calls, as a table, and whether that is good.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use crate::load::Sample;
use crate::script::Window;

/// A row of the table.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) name: String,
    seconds: f64,
    calls: usize,
    /// Lost calls of methods that may be repeated.
    pub(crate) lost_idempotent: usize,
    /// Lost calls of the others.
    pub(crate) lost_other: usize,
    pub(crate) retries: u64,
    p50: Duration,
    p99: Duration,
    slowest: Duration,
    pub(crate) instances: BTreeSet<String>,
}

impl Row {
    fn new(
        name: &str,
        (from, to, lost_to): (Duration, Duration, Duration),
        retries: u64,
        samples: &[Sample],
    ) -> Self {
        let within: Vec<_> = samples.iter().filter(|sample| (from..to).contains(&sample.begun)).collect();
        // What is lost is lost by what happens when it ends: a call that was begun before may be under way then.
        let lost = |idempotent: bool| {
            let ended = |sample: &&Sample| (from..lost_to).contains(&(sample.begun + sample.took));
            let is_lost =
                move |sample: &&Sample| sample.failed.is_some() && sample.is_idempotent() == idempotent;
            samples.iter().filter(ended).filter(is_lost).count()
        };
        let mut times: Vec<_> = within.iter().filter(|s| s.failed.is_none()).map(|s| s.took).collect();
        times.sort();
        Self {
            name: name.to_owned(),
            seconds: to.saturating_sub(from).as_secs_f64(),
            calls: within.len(),
            lost_idempotent: lost(true),
            lost_other: lost(false),
            retries,
            p50: percentile(&times, 50),
            p99: percentile(&times, 99),
            slowest: times.last().copied().unwrap_or_default(),
            instances: within.iter().filter_map(|sample| sample.instance.clone()).collect(),
        }
    }
}

/// The time that so many of a hundred keep to; the times are sorted.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> Duration {
    let index = (times.len() * percent).div_ceil(100).saturating_sub(1);
    times.get(index).copied().unwrap_or_default()
}

/// A row for each window, those of the same name together, and one for all.
pub(crate) fn rows(windows: &[Window], samples: &[Sample]) -> Vec<Row> {
    let row = |(index, window): (usize, &Window)| {
        // The last calls end behind the last window.
        let lost_to = windows.get(index + 1).map_or(Duration::MAX, |next| next.from);
        Row::new(window.name, (window.from, window.to, lost_to), window.retries, samples)
    };
    let mut rows: Vec<_> = windows.iter().enumerate().map(row).collect();
    let retries = windows.iter().map(|window| window.retries).sum();
    let all = windows
        .last()
        .map(|last| Row::new("all", (Duration::ZERO, last.to, Duration::MAX), retries, samples));
    rows.extend(all);
    rows
}

/// The table, in Markdown.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| | seconds | calls | retries | lost, idempotent | lost, other | p50 ms | p99 ms | slowest ms |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for row in rows {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        writeln!(
            text,
            "| {} | {:.1} | {} | {} | {} | {} | {:.1} | {:.1} | {:.0} |",
            row.name,
            row.seconds,
            row.calls,
            row.retries,
            row.lost_idempotent,
            row.lost_other,
            ms(row.p50),
            ms(row.p99),
            ms(row.slowest),
        )
        .expect("text takes all");
    }
    text
}

/// What was lost, by method and what its caller saw.
pub(crate) fn losses(samples: &[Sample]) -> String {
    let mut losses: BTreeMap<String, usize> = BTreeMap::new();
    for sample in samples {
        if let Some((code, message)) = &sample.failed {
            *losses.entry(format!("{} {code:?}: {message}", sample.method.name)).or_default() += 1;
        }
    }
    losses.into_iter().fold(String::new(), |text, (what, count)| text + &format!("lost: {count} × {what}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Duration::from_millis(100));
        assert_eq!(percentile(&times, 99), Duration::from_millis(198));
        assert_eq!(percentile(&times[..1], 99), Duration::from_millis(1));
        assert_eq!(percentile(&[], 99), Duration::ZERO);
    }
}
