//! What is measured.

use std::fmt::Write as _;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};

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
            let (recorded, _guard) = Recorded::begin();
            play(scene, way).await;
            recorded.spans(2).await;
        }
        writeln!(out, "== {way:?}").unwrap();
        for line in lines(snapshotter.snapshot()) {
            writeln!(out, "{line}").unwrap();
        }
    }
    compare("metrics.txt", &out);
}

#[tokio::test]
async fn a_call_under_way_is_counted() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let endpoint = serve(|server| server).await;
    let client = client(Way::Grpc, &endpoint);
    let active = |lines: &[String]| {
        lines.iter().filter(|line| line.contains("active_calls")).cloned().collect::<Vec<_>>()
    };
    {
        let mut call = std::pin::pin!(async { call!(&client, get_note(Context::new(), named("slow"))) });
        let counted = async {
            loop {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                let active = active(&lines(snapshotter.snapshot()));
                if active.len() == 2 {
                    return active;
                }
            }
        };
        tokio::select! {
            _ = &mut call => panic!("it has no end"),
            active = counted => assert!(active.iter().all(|line| line.ends_with(" 1")), "{active:?}"),
        }
    }
    // The caller has left. A snapshot has what has changed since the one before.
    let left = async {
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            let lines = lines(snapshotter.snapshot());
            if lines
                .iter()
                .filter(|line| line.contains("call.duration") && line.contains("CANCELLED"))
                .count()
                == 2
            {
                return lines;
            }
        }
    };
    let lines = tokio::time::timeout(std::time::Duration::from_secs(20), left).await.expect("both ends tell");
    assert!(active(&lines).iter().all(|line| line.ends_with(" -1")), "{lines:?}");
}
