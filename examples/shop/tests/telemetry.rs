//! What the shop measures, as Prometheus reads it.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::io::Write as _;
use std::process::{Command, Stdio};

use rsvc::{Code, Context};
use shop::api::{GetUserRequest, UserService as _, UserServiceClient};
use shop::{Options, Telemetry};
use tracing_subscriber::filter::LevelFilter;

const ADA: &str = "7b0f6a54-52c1-4a6e-9a39-1c53c5d5a001";

/// Reads with Prometheus' own parser, and writes one sample a line.
const PARSE: &str = "
import sys
from prometheus_client.parser import text_string_to_metric_families
for family in text_string_to_metric_families(sys.stdin.read()):
    for sample in family.samples:
        labels = ','.join(f'{name}={value}' for name, value in sorted(sample.labels.items()))
        print(family.type, sample.name, labels, sample.value, sep=' ')
";

#[tokio::test]
async fn prometheus_reads_what_is_measured() {
    let telemetry = Telemetry::install(LevelFilter::OFF, None).unwrap();
    let shop = shop::start(Options::default()).await.unwrap();
    let users = UserServiceClient::connect(shop.url()).await.unwrap();
    for _ in 0..3 {
        users.get_user(Context::new(), GetUserRequest { user_id: ADA.to_owned() }).await.unwrap();
    }
    let nobody = GetUserRequest { user_id: "00000000-0000-4000-8000-000000000000".to_owned() };
    assert_eq!(users.get_user(Context::new(), nobody).await.unwrap_err().code(), Code::NotFound);
    shop.stop().await.unwrap();
    let text = telemetry.metrics().render();
    telemetry.end().await.unwrap();

    let Some(venv) = std::env::var_os("RSVC_VENV") else {
        eprintln!("skipped: Prometheus' parser: RSVC_VENV is not set, as `cargo xtask test` does");
        return;
    };
    let python = std::path::Path::new(&venv).join("bin/python");
    let mut parser = Command::new(python);
    let mut parser = parser.args(["-c", PARSE]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    parser.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = parser.wait_with_output().unwrap();
    assert!(output.status.success(), "{text}");
    let samples = String::from_utf8(output.stdout).unwrap();
    let labels = "rpc_method=shop.v1.UserService/GetUser";
    let ok = format!("{labels},rpc_response_status_code=OK,rpc_system_name=grpc");
    let missing = format!("{labels},rpc_response_status_code=NOT_FOUND,rpc_system_name=grpc");
    for sample in [
        format!("gauge rpc_server_active_calls {labels},rpc_system_name=grpc 0"),
        format!("counter rpc_server_requests_total {ok} 3"),
        format!("counter rpc_server_responses_total {ok} 3"),
        format!("counter rpc_server_requests_total {missing} 1"),
        format!("histogram rpc_server_call_duration_seconds_count {ok} 3"),
        format!("histogram rpc_server_call_duration_seconds_bucket le=+Inf,{ok} 3"),
        format!("histogram rpc_server_call_duration_seconds_bucket le=10,{missing} 1"),
    ] {
        assert!(samples.lines().any(|line| line == sample), "{sample} in\n{samples}");
    }
}
