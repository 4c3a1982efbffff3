//! What is measured of calls: how they end, and of those that are refused before they are calls as well.

use std::sync::{Arc, Mutex};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use rsvc::codegen::http::{Request, StatusCode, Version};
use rsvc::{Body, Channel, Context, RequestStream, Server};
use tower::ServiceExt as _;

use crate::demo::{Demo as _, DemoClient, DemoServer, number, text};
use crate::setup::Script;

/// Notes the labels of durations.
#[derive(Default)]
struct Durations(Arc<Mutex<Vec<String>>>);

impl Recorder for Durations {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let labels = key.labels().filter(|label| label.key() != "error.type");
        let values: Vec<_> = labels.map(|label| label.value().to_owned()).collect();
        self.0.lock().unwrap().push(values.join(" "));
        Histogram::noop()
    }
}

fn server() -> Server {
    let (script, _events) = Script::new();
    Server::new().authenticated_by_layers().add(DemoServer::new(script))
}

#[tokio::test]
async fn a_call_is_measured_once_it_is_over() {
    let recorder = Durations::default();
    let durations = Arc::clone(&recorder.0);
    let _guard = metrics::set_default_local_recorder(&recorder);
    let service = server().metrics().into_service().unwrap();
    let channel = Channel::builder("http://in.process").with_transport(service).unwrap();
    let client = DemoClient::new(channel);
    let told = |method: &str, code: &str| {
        let durations = std::mem::take(&mut *durations.lock().unwrap());
        assert_eq!(durations, [format!("grpc demo.v1.Demo/{method} {code}")]);
    };
    client.say(Context::new(), text("you")).await.unwrap();
    told("Say", "OK");
    client.say(Context::new(), text("fail")).await.unwrap_err();
    told("Say", "FAILED_PRECONDITION");
    client.private(Context::new(), text("")).await.unwrap_err();
    told("Private", "UNAUTHENTICATED");
    client.sum(Context::new(), RequestStream::from_iter([number(1)])).await.unwrap();
    told("Sum", "OK");
    for (request, code) in [(number(2), "OK"), (text("fail"), "ABORTED")] {
        let mut responses = client.count(Context::new(), request).await.unwrap();
        responses.message().await.unwrap();
        assert!(durations.lock().unwrap().is_empty(), "it goes on");
        while let Ok(Some(_)) = responses.message().await {}
        drop(responses);
        told("Count", code);
    }
}

#[tokio::test]
async fn a_call_that_is_refused_is_measured() {
    const SAY: &str = "/demo.v1.Demo/Say";
    let measured = server().metrics().into_service().unwrap();
    let silent = server().into_service().unwrap();
    let recorder = Durations::default();
    let durations = Arc::clone(&recorder.0);
    let _guard = metrics::set_default_local_recorder(&recorder);
    for (method, path, media_type, version, status, told) in [
        (
            "POST",
            SAY,
            "application/grpc",
            Version::HTTP_11,
            StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            "grpc demo.v1.Demo/Say UNIMPLEMENTED",
        ),
        (
            "PUT",
            SAY,
            "application/json",
            Version::HTTP_2,
            StatusCode::METHOD_NOT_ALLOWED,
            "connectrpc demo.v1.Demo/Say UNIMPLEMENTED",
        ),
        (
            "POST",
            "/demo.v1.Demo/Other",
            "application/grpc",
            Version::HTTP_2,
            StatusCode::OK,
            "grpc _OTHER UNIMPLEMENTED",
        ),
        (
            "POST",
            "/demo.v1.Other/Say",
            "application/grpc-web",
            Version::HTTP_11,
            StatusCode::OK,
            "grpc _OTHER UNIMPLEMENTED",
        ),
    ] {
        for (service, told) in [(&silent, None), (&measured, Some(told))] {
            let request = Request::builder().method(method).uri(path).version(version);
            let request = request.header("content-type", media_type).body(Body::empty()).unwrap();
            let answer = service.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), status, "{method} {path} {media_type}");
            let durations = std::mem::take(&mut *durations.lock().unwrap());
            assert_eq!(durations.first().map(String::as_str), told, "{method} {path} {media_type}");
        }
    }
}
