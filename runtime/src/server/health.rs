//! The standard health service, `grpc.health.v1.Health`.

use std::collections::BTreeMap;
use std::fmt;

use crate::bridge::Status;
use tokio::sync::watch;
pub(super) use tonic_health::pb::FILE_DESCRIPTOR_SET as DESCRIPTOR_SET;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::json::{EnumInfo, Error, Field, Json, JsonEnum, MessageInfo, Reader, Writer};
use crate::call::exchange::{Call, Handling};
use crate::protocol::service::Service;
use crate::method::{Access, Idempotency, MethodInfo, MethodKind, ServiceInfo};
use crate::{Context, ResponseStream};

const NAME: &str = "grpc.health.v1.Health";
const CHECK: MethodInfo = MethodInfo::new(NAME, "Check", "/grpc.health.v1.Health/Check", MethodKind::Unary)
    .idempotency(Idempotency::NoSideEffects)
    .access(Access::Public);
const WATCH: MethodInfo =
    MethodInfo::new(NAME, "Watch", "/grpc.health.v1.Health/Watch", MethodKind::ServerStreaming)
        .idempotency(Idempotency::NoSideEffects)
        .access(Access::Public);
const INFO: ServiceInfo = ServiceInfo::new(NAME, &[CHECK, WATCH], DESCRIPTOR_SET);

/// What the health service of a [`Server`](crate::Server) says; every clone changes the same state.
///
/// All services of the server, and the server as a whole under the empty name, are serving from the start. Once the
/// server stops, none is.
///
/// ```
/// use rsvc::server::Health;
///
/// let health = Health::new();
/// let server = rsvc::Server::new().health(health.clone());
///
/// health.set("shop.v1.UserService", false);       // its database is away
/// assert!(!health.is_serving("shop.v1.UserService"));
/// ```
#[derive(Clone)]
pub struct Health {
    state: watch::Sender<State>,
}

#[derive(Clone, Debug)]
struct State {
    serving: BTreeMap<String, bool>,
    stopped: bool,
}

impl Health {
    /// The server as a whole is serving; its services join when it binds.
    #[must_use]
    pub fn new() -> Self {
        let serving = BTreeMap::from([(String::new(), true)]);
        Self { state: watch::Sender::new(State { serving, stopped: false }) }
    }

    /// Says whether a service is serving; the empty name is the server as a whole.
    pub fn set(&self, service: impl Into<String>, serving: bool) {
        self.state.send_modify(|state| {
            state.serving.insert(service.into(), serving);
        });
    }

    /// Whether a service is serving.
    pub fn is_serving(&self, service: &str) -> bool {
        self.state.borrow().status(service) == ServingStatus::Serving
    }

    /// Adds services of which nothing was said yet.
    pub(super) fn know(&self, services: impl Iterator<Item = &'static str>) {
        self.state.send_modify(|state| {
            for service in services {
                state.serving.entry(service.to_owned()).or_insert(true);
            }
        });
    }

    /// Nothing is serving any more; whoever watches is told so, and that is the end of it.
    pub(super) fn stop(&self) {
        self.state.send_modify(|state| state.stopped = true);
    }

    fn check(&self, service: &str) -> Result<HealthCheckResponse, Status> {
        match self.state.borrow().status(service) {
            ServingStatus::ServiceUnknown => {
                Err(Status::not_found(format!("there is no service `{service}`")))
            }
            status => Ok(HealthCheckResponse { status: status.into() }),
        }
    }

    fn watch(&self, service: String) -> ResponseStream<HealthCheckResponse> {
        let watched = Some((self.state.subscribe(), None));
        ResponseStream::new(futures_util::stream::unfold((watched, service), |(watched, service)| async {
            let (mut changes, told) = watched?;
            loop {
                let (status, stopped) = {
                    let state = changes.borrow_and_update();
                    (state.status(&service), state.stopped)
                };
                if told != Some(status) {
                    let watched = (!stopped).then_some((changes, Some(status)));
                    return Some((Ok(HealthCheckResponse { status: status.into() }), (watched, service)));
                }
                if stopped || changes.changed().await.is_err() {
                    return None;
                }
            }
        }))
    }
}

impl State {
    fn status(&self, service: &str) -> ServingStatus {
        match self.serving.get(service) {
            None => ServingStatus::ServiceUnknown,
            Some(true) if !self.stopped => ServingStatus::Serving,
            Some(_) => ServingStatus::NotServing,
        }
    }
}

impl Service for Health {
    const INFO: &'static ServiceInfo = &INFO;

    fn call<'a>(&'a self, method: usize, call: Call<'a>) -> Handling<'a> {
        match method {
            0 => call.unary(move |_: Context, request: HealthCheckRequest| async move {
                self.check(&request.service)
            }),
            1 => call.server_streaming(move |_: Context, request: HealthCheckRequest| async move {
                Ok::<_, Status>(self.watch(request.service))
            }),
            _ => call.unknown(),
        }
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Health").field(&*self.state.borrow()).finish()
    }
}

/// Health checks have no rules.
impl crate::Validate for HealthCheckRequest {}

impl crate::Validate for HealthCheckResponse {}

/// As generated code has it, since whatever is sent has JSON.
impl Json for HealthCheckRequest {
    fn info() -> &'static MessageInfo {
        static FIELDS: [Field; 1] = [Field::string(",\"service\":", 1)];
        static INFO: MessageInfo = MessageInfo::new("grpc.health.v1.HealthCheckRequest", &FIELDS);
        &INFO
    }

    fn write_json(&self, writer: &mut Writer) {
        let object = writer.open();
        writer.string(Self::info().field(0), &self.service);
        writer.close(object);
    }

    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        reader.fields(Self::info(), self)
    }

    fn read_field(&mut self, _: usize, reader: &mut Reader<'_>) -> Result<(), Error> {
        reader.string(&mut self.service)
    }
}

impl Json for HealthCheckResponse {
    fn info() -> &'static MessageInfo {
        static FIELDS: [Field; 1] = [Field::enumeration::<ServingStatus>(",\"status\":", 1)];
        static INFO: MessageInfo = MessageInfo::new("grpc.health.v1.HealthCheckResponse", &FIELDS);
        &INFO
    }

    fn write_json(&self, writer: &mut Writer) {
        let object = writer.open();
        writer.enumeration(Self::info().field(0), self.status);
        writer.close(object);
    }

    fn read_json(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        reader.fields(Self::info(), self)
    }

    fn read_field(&mut self, _: usize, reader: &mut Reader<'_>) -> Result<(), Error> {
        reader.enumeration::<ServingStatus>(&mut self.status)
    }
}

impl JsonEnum for ServingStatus {
    const INFO: &'static EnumInfo = &EnumInfo::new(
        "grpc.health.v1.HealthCheckResponse.ServingStatus",
        &[(0, "UNKNOWN"), (1, "SERVING"), (2, "NOT_SERVING"), (3, "SERVICE_UNKNOWN")],
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_has_json() {
        let request: HealthCheckRequest = crate::json::from_str(r#"{"service":"a.B"}"#).unwrap();
        assert_eq!(crate::json::to_string(&request).unwrap(), r#"{"service":"a.B"}"#);
        let response: HealthCheckResponse = crate::json::from_str(r#"{"status":"NOT_SERVING"}"#).unwrap();
        assert_eq!(response.status, ServingStatus::NotServing as i32);
        assert_eq!(crate::json::to_string(&response).unwrap(), r#"{"status":"NOT_SERVING"}"#);
    }
}
