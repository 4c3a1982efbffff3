//! What is told of calls that are made again.

use std::time::Duration;

use goldens::rest_client::client::v1::Notes as _;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use rsvc::client::Retries;
use rsvc::{Code, Context, RetryPolicy};

use crate::notes::{Client, WAYS, call, client_with, named, serve};
use crate::recorded::Recorded;

const PATH: &str = "/client.v1.Notes/GetNote";

#[tokio::test]
async fn attempts_are_counted_and_events_of_the_span() {
    let retry = RetryPolicy::retry().max_attempts(3).initial_backoff(Duration::from_millis(1));
    let hedge = RetryPolicy::hedge(Duration::ZERO).max_attempts(3);
    for (policy, kind) in [(retry, "retry"), (hedge, "hedge")] {
        for way in WAYS {
            let recorder = DebuggingRecorder::new();
            let snapshotter = recorder.snapshotter();
            let _guard = metrics::set_default_local_recorder(&recorder);
            let (told, _guard) = Recorded::begin();
            let endpoint = serve(|server| server).await;
            let client = client_with(way, &endpoint, Retries::new().method(PATH, policy));
            let status = call!(&client, get_note(Context::new(), named("down"))).unwrap_err();
            assert_eq!(status.code(), Code::Unavailable);
            // One of the client, and one of the server for each attempt.
            let spans = told.spans(4).await;
            let events = spans[0].events.iter().map(|event| event.0["rpc.attempt_type"].as_str());
            assert_eq!(events.collect::<Vec<_>>(), [kind; 2], "{way:?}");
            if kind == "retry" {
                assert!(spans[0].events.iter().all(|event| {
                    event.0["rpc.response.status_code"] == "UNAVAILABLE" && event.0.contains_key("pause")
                }));
            }
            assert!(spans[1..].iter().all(|span| span.events.is_empty()));
            let retries: Vec<_> = snapshotter
                .snapshot()
                .into_vec()
                .into_iter()
                .filter(|(key, ..)| key.key().name() == "rpc.client.retries")
                .map(|(key, _, _, value)| {
                    let labels = key.key().labels().map(|label| format!("{}={}", label.key(), label.value()));
                    (labels.collect::<Vec<_>>()[1..].join(","), value)
                })
                .collect();
            let labels = format!(
                "rpc.method=client.v1.Notes/GetNote,server.address=127.0.0.1,rpc.attempt_type={kind}"
            );
            assert_eq!(retries, [(labels, DebugValue::Counter(2))], "{way:?}");
        }
    }
}
