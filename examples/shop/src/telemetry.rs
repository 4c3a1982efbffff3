//! What the shop tells of its calls, and to whom.

use std::time::Duration;

use anyhow::Context as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use rsvc::Server;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Filter, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry};

/// Bounds of durations, in seconds: those of OpenTelemetry's conventions.
const DURATIONS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
/// How often what was measured is put together, if nobody asks for it.
const UPKEEP: Duration = Duration::from_secs(5);

/// What the server tells of each call besides its metrics.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sight {
    /// A span.
    pub spans: bool,
    /// A line of the log.
    pub access_log: bool,
}

impl Sight {
    pub(crate) fn apply(self, mut server: Server) -> Server {
        if self.spans {
            server = server.spans();
        }
        if self.access_log {
            server = server.access_log();
        }
        server.metrics()
    }
}

/// Where log, spans and metrics of this program go.
#[derive(Debug)]
pub struct Telemetry {
    metrics: PrometheusHandle,
    traces: Option<SdkTracerProvider>,
}

impl Telemetry {
    /// Writes what `filter` lets through to standard error, and sends spans to the collector at `otlp`, if there is one.
    /// A program does this once.
    pub fn install(
        filter: impl Filter<Registry> + Send + Sync + 'static,
        otlp: Option<&str>,
    ) -> anyhow::Result<Self> {
        let traces = otlp.map(provider).transpose()?;
        let spans = traces
            .as_ref()
            .map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer("shop")));
        // Messages of streams are events of their spans.
        let of_calls = Targets::new().with_target("rsvc", LevelFilter::DEBUG).with_default(LevelFilter::INFO);
        let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(filter);
        Registry::default().with(log).with(spans.with_filter(of_calls)).init();
        let metrics = PrometheusBuilder::new()
            .with_recommended_naming(true)
            .set_buckets_for_metric(Matcher::Suffix("call_duration".to_owned()), &DURATIONS)?
            .install_recorder()
            .context("cannot measure")?;
        let upkeep = metrics.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP).await;
                upkeep.run_upkeep();
            }
        });
        Ok(Self { metrics, traces })
    }

    /// What was measured, in Prometheus' format.
    pub fn metrics(&self) -> PrometheusHandle {
        self.metrics.clone()
    }

    /// Sends what is left.
    pub async fn end(self) -> anyhow::Result<()> {
        let Some(traces) = self.traces else { return Ok(()) };
        // It waits for the collector.
        Ok(tokio::task::spawn_blocking(move || traces.shutdown()).await??)
    }
}

/// Sends spans to a collector over gRPC.
fn provider(endpoint: &str) -> anyhow::Result<SdkTracerProvider> {
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build();
    let exporter = exporter.with_context(|| format!("spans cannot be sent to {endpoint}"))?;
    let resource = Resource::builder().with_service_name("shop").build();
    Ok(SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build())
}
