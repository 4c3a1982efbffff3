//! The health service.

use std::time::Duration;

use rsvc::server::Health as State;
use rsvc::{Code, Context, ResponseStream, Server, Status};

use crate::grpc::grpc::health::v1::{
    Health, HealthCheckRequest, HealthCheckResponse, HealthClient, HealthListRequest, HealthListResponse,
};
use crate::setup::{Running, serve};

pub(crate) const SERVING: HealthCheckResponse = HealthCheckResponse { status: 1 };
const NOT_SERVING: HealthCheckResponse = HealthCheckResponse { status: 2 };
const UNKNOWN: HealthCheckResponse = HealthCheckResponse { status: 3 };

pub(crate) fn of(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

/// A health service of the user's own.
pub(crate) struct AlwaysServing;

impl Health for AlwaysServing {
    async fn check(&self, _: Context, _: HealthCheckRequest) -> Result<HealthCheckResponse, Status> {
        Ok(SERVING)
    }

    async fn list(&self, _: Context, _: HealthListRequest) -> Result<HealthListResponse, Status> {
        Ok(HealthListResponse::default())
    }

    async fn watch(
        &self,
        _: Context,
        _: HealthCheckRequest,
    ) -> Result<ResponseStream<HealthCheckResponse>, Status> {
        Ok(ResponseStream::from_iter([SERVING]))
    }
}

async fn client(server: &Running) -> HealthClient {
    HealthClient::connect(server.endpoint.clone()).await.unwrap()
}

#[tokio::test]
async fn services_are_checked_and_watched() {
    let health = State::new();
    let mut server = serve(|server| server.health(health.clone())).await;
    let client = client(&server).await;
    for service in ["", "demo.v1.Demo"] {
        assert_eq!(client.check(Context::new(), of(service)).await.unwrap(), SERVING);
    }
    let error = client.check(Context::new(), of("nope")).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);

    let mut watched = client.watch(Context::new(), of("demo.v1.Demo")).await.unwrap();
    assert_eq!(watched.message().await.unwrap(), Some(SERVING));
    health.set("demo.v1.Demo", false);
    assert_eq!(watched.message().await.unwrap(), Some(NOT_SERVING));
    let mut unknown = client.watch(Context::new(), of("later")).await.unwrap();
    assert_eq!(unknown.message().await.unwrap(), Some(UNKNOWN));
    health.set("later", true);
    assert_eq!(unknown.message().await.unwrap(), Some(SERVING));

    server.stop();
    assert_eq!(unknown.message().await.unwrap(), Some(NOT_SERVING));
    assert_eq!(unknown.message().await.unwrap(), None);
    assert_eq!(watched.message().await.unwrap(), None);
    server.serving.await.unwrap().unwrap();
    assert!(!health.is_serving(""));
}

#[tokio::test]
async fn services_are_listed() {
    let health = State::new();
    let server = serve(|server| server.health(health.clone())).await;
    let client = client(&server).await;
    health.set("demo.v1.Demo", false);
    let list = client.list(Context::new(), HealthListRequest {}).await.unwrap();
    let mut list: Vec<_> = list.statuses.into_iter().collect();
    list.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(list, [(String::new(), SERVING), ("demo.v1.Demo".into(), NOT_SERVING)]);

    for index in list.len()..100 {
        health.set(format!("service {index}"), true);
    }
    let list = client.list(Context::new(), HealthListRequest {}).await.unwrap();
    assert_eq!(list.statuses.len(), 100);
    health.set("one more", true);
    let error = client.list(Context::new(), HealthListRequest {}).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
}

/// Who watches is none of those that the limits are for.
#[tokio::test]
async fn limits_are_not_for_health() {
    let limited = |server: Server| server.default_timeout(Duration::from_millis(1)).max_request_size(1);
    let health = State::new();
    let server = serve(|server| limited(server).health(health.clone())).await;
    let client = client(&server).await;
    let mut watched = client.watch(Context::new(), of("demo.v1.Demo")).await.unwrap();
    assert_eq!(watched.message().await.unwrap(), Some(SERVING));
    tokio::time::sleep(Duration::from_millis(50)).await;
    health.set("demo.v1.Demo", false);
    assert_eq!(watched.message().await.unwrap(), Some(NOT_SERVING));
}
