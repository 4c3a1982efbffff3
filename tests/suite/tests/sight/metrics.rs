//! What is measured.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tokio::time::{sleep, timeout};

use crate::conventions::{ATTRIBUTES, METRICS, OWN_METRICS};
use crate::golden::compare;
use goldens::rest_client::client::v1::Notes as _;

use crate::notes::{Client, SCENES, WAYS, Way, call, client, named, play, serve};
use crate::recorded::Recorded;
use rsvc::Context;

/// A metric and its value, as text.
fn lines(snapshot: metrics_util::debugging::Snapshot) -> Vec<String> {
    let mut lines = Vec::new();
    for (key, _, _, value) in snapshot.into_vec() {
        let (_, key) = key.into_parts();
        let known = METRICS.contains(&key.name())
            || OWN_METRICS.iter().any(|own| {
                [format!("rpc.client.{own}"), format!("rpc.server.{own}")].contains(&key.name().to_owned())
            });
        assert!(known, "{}", key.name());
        let mut line = format!("{}{{", key.name());
        let mut labels: Vec<_> = key.labels().map(|label| (label.key(), label.value())).collect();
        labels.sort_unstable();
        for (name, value) in labels {
            assert!(ATTRIBUTES.contains(&name), "{name}");
            assert!(!value.contains("secret"), "{value}");
            write!(line, "{name}={value},").unwrap();
        }
        line = line.trim_end_matches(',').to_owned() + "} ";
        match value {
            DebugValue::Counter(count) => write!(line, "{count}"),
            DebugValue::Gauge(value) => write!(line, "{value}"),
            DebugValue::Histogram(values) => {
                assert!(values.iter().all(|seconds| (0.0..60.0).contains(&seconds.into_inner())));
                write!(line, "of {}", values.len())
            }
        }
        .unwrap();
        lines.push(line);
    }
    lines.sort();
    lines
}

#[tokio::test]
async fn all_calls_over_all_protocols() {
    let mut out = String::new();
    for way in WAYS {
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        let _guard = metrics::set_default_local_recorder(&recorder);
        for scene in SCENES {
            let (spans, _guard) = Recorded::begin();
            play(scene, way).await;
            spans.spans(2).await;
        }
        writeln!(out, "== {way:?}").unwrap();
        for line in lines(snapshotter.snapshot()) {
            writeln!(out, "{line}").unwrap();
        }
    }
    compare("metrics.txt", &out);
}

/// What there was in all snapshots so far: a snapshot has what has changed since the one before.
#[derive(Default)]
struct Totals(BTreeMap<String, f64>);

impl Totals {
    /// Waits until the calls under way are so many on each side, and so many have been given up.
    async fn wait(&mut self, snapshotter: &Snapshotter, under_way: f64, given_up: usize) {
        let reached = async {
            loop {
                for line in lines(snapshotter.snapshot()) {
                    let (name, value) = line.rsplit_once(' ').unwrap();
                    let value: f64 = value.parse().unwrap();
                    *self.0.entry(name.trim_end_matches(" of").to_owned()).or_default() += value;
                }
                let of =
                    |part: &str| self.0.iter().filter(|(name, _)| name.contains(part)).collect::<Vec<_>>();
                let active = of("active_calls");
                let ended = of("CANCELLED").iter().filter(|(name, _)| name.contains("call.duration")).count();
                if active.len() == 2
                    && active.iter().all(|(_, value)| (**value - under_way).abs() < 0.5)
                    && ended == given_up
                {
                    return;
                }
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(Duration::from_secs(20), reached).await.expect("both ends tell");
    }
}

#[tokio::test]
async fn a_call_under_way_is_counted() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let endpoint = serve(|server| server).await;
    let client = client(Way::Grpc, &endpoint);
    let mut totals = Totals::default();
    {
        let mut call = std::pin::pin!(async { call!(&client, get_note(Context::new(), named("slow"))) });
        tokio::select! {
            _ = &mut call => panic!("it has no end"),
            () = totals.wait(&snapshotter, 1.0, 0) => {}
        }
    }
    // The caller has left.
    totals.wait(&snapshotter, 0.0, 2).await;
}
