//! Traces from caller to handler and on, with OpenTelemetry's own layer.

use std::time::Duration;

use opentelemetry::trace::{SpanId, SpanKind, TraceId, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use rsvc::Context;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer as _, Registry};

use goldens::rest_client::client::v1::Notes as _;

use crate::notes::{Client, WAYS, Way, call, client, named, serve};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Where the spans of this thread go, as long as the guard lives.
fn begin() -> (InMemorySpanExporter, tracing::subscriber::DefaultGuard) {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    // What h2 tells of connections is not asked for.
    let layer =
        tracing_opentelemetry::layer().with_tracer(provider.tracer("test")).with_filter(LevelFilter::INFO);
    (exporter, tracing::subscriber::set_default(Registry::default().with(layer)))
}

/// The spans, once so many have ended.
async fn spans(exporter: &InMemorySpanExporter, count: usize) -> Vec<SpanData> {
    let all = async {
        loop {
            let spans = exporter.get_finished_spans().unwrap();
            if spans.len() >= count {
                return spans;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), all).await.expect("the spans have ended")
}

fn of_kind(spans: &[SpanData], kind: &SpanKind) -> SpanData {
    spans.iter().find(|span| span.span_kind == *kind).cloned().unwrap()
}

#[tokio::test]
async fn a_client_hands_its_span_on() {
    for way in WAYS {
        let (exporter, _guard) = begin();
        let endpoint = serve(|server| server).await;
        call!(&client(way, &endpoint), get_note(Context::new(), named("gone"))).unwrap_err();
        let spans = spans(&exporter, 2).await;
        let (client, server) = (of_kind(&spans, &SpanKind::Client), of_kind(&spans, &SpanKind::Server));
        assert_eq!(client.parent_span_id, SpanId::INVALID, "{way:?}");
        assert_eq!(server.parent_span_id, client.span_context.span_id(), "{way:?}");
        assert_eq!(server.span_context.trace_id(), client.span_context.trace_id(), "{way:?}");
        assert!(server.parent_span_is_remote, "{way:?}");
        let failed = opentelemetry::trace::Status::error("");
        assert_eq!((client.status, server.status), (failed, opentelemetry::trace::Status::Unset), "{way:?}");
        let name = if way == Way::Rest { "GET /v1/notes" } else { "client.v1.Notes/GetNote" };
        assert_eq!((server.name.as_ref(), client.name.as_ref()), (name, "client.v1.Notes/GetNote"));
    }
}

/// Calls with a client that has no spans, and gives the span of the server.
async fn arrived(pairs: &[(&str, &str)]) -> SpanData {
    let (exporter, _guard) = begin();
    let endpoint = serve(|server| server).await;
    let client =
        goldens::rest_client::client::v1::NotesClient::new(rsvc::Channel::connect_lazy(endpoint).unwrap());
    let ctx =
        pairs.iter().fold(Context::new(), |ctx, (key, value)| ctx.append_metadata(key, *value).unwrap());
    client.get_note(ctx, named("n")).await.unwrap();
    spans(&exporter, 1).await.remove(0)
}

#[tokio::test]
async fn a_trace_that_arrives_goes_on() {
    let span = arrived(&[("traceparent", PARENT), ("tracestate", "a=1,b=2")]).await;
    assert_eq!(span.span_context.trace_id(), TraceId::from_hex(TRACE).unwrap());
    assert_eq!(span.parent_span_id, SpanId::from_hex("b7ad6b7169203331").unwrap());
    assert_eq!(span.span_context.trace_state().header(), "a=1,b=2");
}

#[tokio::test]
async fn what_is_malformed_begins_a_trace() {
    for pairs in [
        &[][..],
        &[("traceparent", "00-1-2-01")],
        &[("traceparent", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")],
        &[("traceparent", PARENT), ("traceparent", PARENT)],
    ] {
        let span = arrived(pairs).await;
        assert_ne!(span.span_context.trace_id(), TraceId::from_hex(TRACE).unwrap(), "{pairs:?}");
        assert_eq!(span.parent_span_id, SpanId::INVALID, "{pairs:?}");
    }
}

#[tokio::test]
async fn a_task_of_its_own_continues_the_trace_of_its_context() {
    let (exporter, _guard) = begin();
    let endpoint = serve(|server| server).await;
    let ctx = Context::new().with_metadata("traceparent", PARENT).unwrap();
    let client = client(Way::Grpc, &endpoint);
    call!(&client, get_note(ctx.child(), named("n"))).unwrap();
    let spans = spans(&exporter, 2).await;
    assert_eq!(
        of_kind(&spans, &SpanKind::Client).parent_span_id,
        SpanId::from_hex("b7ad6b7169203331").unwrap()
    );
    let trace = TraceId::from_hex(TRACE).unwrap();
    assert!(spans.iter().all(|span| span.span_context.trace_id() == trace));
}
