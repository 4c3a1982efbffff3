//! Measures the shop.

use std::sync::Arc;
use std::time::Duration;

use rsvc::{RequestStream, Sender};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::api::{ChatError, MetricType, MonitorRequest, MonitorResponse};
use crate::metrics::{Load, memory_mib};
use crate::shop::Shop;
use crate::time::now;

/// The name that stands for all services.
const ALL: &str = "shop";

pub(super) async fn monitor(
    shop: Arc<Shop>,
    mut requests: RequestStream<MonitorRequest>,
    out: Sender<MonitorResponse, ChatError>,
) -> Result<(), ChatError> {
    let mut probe = Probe { load: Load::new(shop.metrics.started), shop };
    let mut wanted: Option<(MonitorRequest, Interval)> = None;
    loop {
        tokio::select! {
            request = requests.message() => {
                let Some(request) = request? else { return Ok(()) };
                out.send(probe.measure(&request)?).await?;
                // The rules of the proto let only a positive one through.
                let interval = request.interval.and_then(|interval| Duration::try_from(interval).ok());
                wanted = interval.map(|interval| (request, ticker(interval)));
            }
            request = tick(&mut wanted) => out.send(probe.measure(request)?).await?,
        }
    }
}

fn ticker(interval: Duration) -> Interval {
    let mut ticker = interval_at(Instant::now() + interval, interval);
    // A caller who was slow wants to know how it is now, not how it was.
    ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticker
}

/// Waits for the next measurement that is due, forever if none is.
async fn tick(wanted: &mut Option<(MonitorRequest, Interval)>) -> &MonitorRequest {
    match wanted {
        Some((request, interval)) => {
            interval.tick().await;
            request
        }
        None => std::future::pending().await,
    }
}

struct Probe {
    shop: Arc<Shop>,
    load: Load,
}

impl Probe {
    fn measure(&mut self, request: &MonitorRequest) -> Result<MonitorResponse, ChatError> {
        let service = Some(request.service_id.as_str()).filter(|&service| service != ALL);
        let by_method = self.shop.metrics.requests(service);
        let by_method = by_method.ok_or_else(|| ChatError::service_not_found(&request.service_id))?;
        let mut response = MonitorResponse {
            service_id: request.service_id.clone(),
            sampled_at_unix_nanos: now().saturating_mul(1000),
            uptime: self.shop.metrics.started.elapsed().try_into().ok(),
            ..MonitorResponse::default()
        };
        let metric = request.metric();
        let all = metric == MetricType::Unspecified;
        if all || metric == MetricType::Cpu {
            response.cpu_usage = self.load.of_process();
            response.load_average = Load::of_machine();
        }
        if all || metric == MetricType::Memory {
            response.memory_usage = memory_mib();
        }
        if all || metric == MetricType::Requests {
            let total = by_method.values().sum::<u64>();
            response.request_count = Some(i64::try_from(total).unwrap_or(i64::MAX));
            response.request_count_by_method = by_method.into_iter().collect();
        }
        Ok(response)
    }
}
