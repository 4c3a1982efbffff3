//! Whether an endpoint says that it serves, by `grpc.health.v1.Health/Watch`
//! ([gRPC's client side health checking](https://github.com/grpc/proposal/blob/master/A17-client-side-health-checking.md)).

use std::future::pending;
use tokio::time::sleep;

use crate::Context;
use crate::ResponseStream;
use crate::bridge::{Code, Status};
use crate::client::backoff::{Backoff, Pauses};
use crate::json::{self, Field, Json, MessageInfo, Reader, Writer};
use crate::method::{MethodInfo, MethodKind};
use crate::protocol::client::{ClientCall, Dialect, Endpoint, EnvelopedCall, one};
use crate::validate::Validate;

static WATCH: MethodInfo = MethodInfo::new(
    "grpc.health.v1.Health",
    "Watch",
    "/grpc.health.v1.Health/Watch",
    MethodKind::ServerStreaming,
);

/// `SERVING` in the answers.
const SERVING: i32 = 1;

/// Asks one endpoint for the health of a service.
pub(super) struct HealthCheck {
    server: Endpoint,
    dialect: &'static dyn Dialect,
    service: String,
}

impl HealthCheck {
    pub(super) fn new(server: Endpoint, dialect: &'static dyn Dialect, service: &str) -> Self {
        Self { server, dialect, service: service.to_owned() }
    }

    /// Asks while the endpoint is connected, and tells what it says, until it is dropped.
    pub(super) async fn run(&self, tell: impl Fn(bool)) {
        let mut pauses = Pauses::new(Backoff::default());
        loop {
            let end = match self.watch().await {
                Ok(answers) => {
                    follow(answers, |is_healthy| {
                        pauses.reset();
                        tell(is_healthy);
                    })
                    .await
                }
                Err(status) => status,
            };
            if end.code() == Code::Unimplemented {
                tracing::debug!("an endpoint has no health checks, and counts as healthy");
                tell(true);
                return pending().await;
            }
            tell(false);
            tracing::debug!(code = ?end.code(), "a health check has failed; it is made again");
            sleep(pauses.next()).await;
        }
    }

    async fn watch(&self) -> Result<ResponseStream<HealthCheckResponse>, Status> {
        let request = HealthCheckRequest { service: self.service.clone() };
        let request = one(&WATCH, &self.server.settings, &request)?;
        let call = ClientCall::new(&self.server, &WATCH, Context::new());
        let call = EnvelopedCall::with_request(call, self.dialect, request)?;
        Ok(ResponseStream::arriving(call.responses().await?))
    }
}

/// Why there are no more answers.
async fn follow(mut answers: ResponseStream<HealthCheckResponse>, mut tell: impl FnMut(bool)) -> Status {
    loop {
        match answers.message().await {
            Ok(Some(answer)) => tell(answer.status == SERVING),
            Ok(None) => return Status::unavailable("the server has ended the health check"),
            Err(status) => return status,
        }
    }
}

/// As much as a client needs of these messages: the generated ones come with servers.
#[derive(Clone, PartialEq, prost::Message)]
struct HealthCheckRequest {
    #[prost(string, tag = "1")]
    service: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct HealthCheckResponse {
    #[prost(int32, tag = "1")]
    status: i32,
}

impl Validate for HealthCheckRequest {}

impl Validate for HealthCheckResponse {}

impl Json for HealthCheckRequest {
    fn info() -> &'static MessageInfo {
        static FIELDS: [Field; 1] = [Field::string(",\"service\":", 1)];
        static INFO: MessageInfo =
            MessageInfo::new::<HealthCheckRequest>("grpc.health.v1.HealthCheckRequest", &FIELDS);
        &INFO
    }

    fn write_json(&self, writer: &mut Writer) {
        let object = writer.open();
        writer.string(Self::info().field(0), &self.service);
        writer.close(object);
    }

    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), json::Error> {
        reader.fields(Self::info(), self)
    }

    fn read_field(&mut self, _: usize, reader: &mut Reader<'_>) -> Result<(), json::Error> {
        reader.string(&mut self.service)
    }
}

impl Json for HealthCheckResponse {
    fn info() -> &'static MessageInfo {
        static FIELDS: [Field; 1] = [Field::int32(",\"status\":", 1)];
        static INFO: MessageInfo =
            MessageInfo::new::<HealthCheckResponse>("grpc.health.v1.HealthCheckResponse", &FIELDS);
        &INFO
    }

    fn write_json(&self, writer: &mut Writer) {
        let object = writer.open();
        writer.int32(Self::info().field(0), self.status);
        writer.close(object);
    }

    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), json::Error> {
        reader.fields(Self::info(), self)
    }

    fn read_field(&mut self, _: usize, reader: &mut Reader<'_>) -> Result<(), json::Error> {
        reader.int32(&mut self.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As [`SERVING`] and its like are numbers here, the generated messages write names: what is read is the same.
    #[test]
    fn messages_have_json_as_others_do() {
        let request = HealthCheckRequest { service: "demo.Who".to_owned() };
        assert_eq!(json::to_string(&request).unwrap(), r#"{"service":"demo.Who"}"#);
        assert_eq!(json::from_str::<HealthCheckRequest>(r#"{"service":"demo.Who"}"#).unwrap(), request);
        let response = HealthCheckResponse { status: SERVING };
        assert_eq!(json::to_string(&response).unwrap(), r#"{"status":1}"#);
        assert_eq!(json::from_str::<HealthCheckResponse>(r#"{"status":1}"#).unwrap(), response);
    }
}
