//! A batch of mixed requests.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use rsvc::Validate;
use rsvc::error::MethodError;
use rsvc::prost::Message;

use super::Orders;
use crate::api::request_data::Kind;
use crate::api::response::Result as Outcome;
use crate::api::{
    self, BatchTooLong, OrderError, ProcessRequest, ProcessResponse, Response, UploadError, UserError,
};
use crate::error::Error;
use crate::shop::Shop;

/// A batch of which some requests are done.
pub(super) struct Batch {
    shop: Arc<Shop>,
    orders: Orders,
    process_id: String,
    responses: Vec<Response>,
    errors: Vec<api::Error>,
    counts: BTreeMap<&'static str, u32>,
}

impl Batch {
    pub(super) fn begin(shop: Arc<Shop>, orders: Orders, first: &ProcessRequest) -> Self {
        let process_id = first.process_id.clone();
        Self { shop, orders, process_id, responses: Vec::new(), errors: Vec::new(), counts: BTreeMap::new() }
    }

    /// Does one request. What is wrong with it alone goes into the answer; what is wrong with the batch ends it.
    pub(super) async fn process(&mut self, request: ProcessRequest) -> Result<(), Error> {
        let limit = self.shop.limits.batch_requests;
        if self.responses.len() == limit {
            return Err(BatchTooLong { limit: limit as u64 }.into());
        }
        if request.process_id != self.process_id {
            let problem = format!("{:?} became {:?}", self.process_id, request.process_id);
            return Err(Error::invalid("process_id", problem));
        }
        let index = i32::try_from(self.responses.len()).map_err(anyhow::Error::from)?;
        let outcome = match self.one(request).await {
            Ok((kind, outcome)) => {
                *self.counts.entry(kind).or_default() += 1;
                outcome
            }
            Err(Failure { code, message }) => {
                let error = api::Error { index, code: code.into(), message };
                self.errors.push(error.clone());
                Outcome::Error(error)
            }
        };
        self.responses.push(Response { result: Some(outcome) });
        Ok(())
    }

    async fn one(&self, request: ProcessRequest) -> Result<(&'static str, Outcome), Failure> {
        let kind = request.data.and_then(|data| data.kind);
        let kind = kind.ok_or_else(|| failure(Error::invalid("data", "nothing to do")))?;
        let kind = if let Kind::Packed(packed) = kind {
            unpack(&packed.type_url, &packed.value).map_err(failure)?
        } else {
            kind
        };
        Ok(match kind {
            Kind::CreateUser(request) => {
                let user = self.shop.db.create_user(request).await.map_err(UserError::from)?;
                ("create_user", Outcome::User(user))
            }
            Kind::PlaceOrder(request) => {
                let order = self.orders.place(request).await.map_err(OrderError::from)?;
                ("place_order", Outcome::Order(order))
            }
            Kind::Event(event) => {
                self.shop.db.store_event(&event).await.map_err(failure)?;
                ("event", Outcome::EventId(event.id))
            }
            Kind::Ping(()) => ("ping", Outcome::Pong(())),
            Kind::Packed(_) => return Err(failure(Error::invalid("data.packed", "packed twice"))),
        })
    }

    pub(super) fn finish(self) -> ProcessResponse {
        let processed = self.counts.values().sum::<u32>();
        ProcessResponse {
            process_id: self.process_id,
            processed_count: processed.try_into().unwrap_or(i32::MAX),
            errors: self.errors,
            responses: self.responses,
            counts: self.counts.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect(),
        }
    }
}

/// What went wrong with one request, in the words of the service that it is for.
struct Failure {
    code: rsvc::Code,
    message: String,
}

impl<E: MethodError> From<E> for Failure {
    fn from(error: E) -> Self {
        let status = error.into_status(None);
        Self { code: status.code(), message: status.message().to_owned() }
    }
}

/// What is wrong with a request of which nobody knows what it is for.
fn failure(error: Error) -> Failure {
    UploadError::from(error).into()
}

/// What is in an `Any`.
fn unpack(type_url: &str, value: &[u8]) -> Result<Kind, Error> {
    let name = type_url.rsplit('/').next().unwrap_or_default();
    match name {
        "shop.v1.CreateUserRequest" => valid(name, value).map(Kind::CreateUser),
        "shop.v1.PlaceOrderRequest" => valid(name, value).map(Kind::PlaceOrder),
        "shop.v1.Event" => valid(name, value).map(Kind::Event),
        _ => Err(Error::invalid("data.packed", format!("{name:?} is nothing to do"))),
    }
}

/// A message that keeps its rules. Nobody else has checked it: packed, it is bytes.
fn valid<T: Message + Default + Validate>(name: &str, value: &[u8]) -> Result<T, Error> {
    let refuse = |problem: &dyn Display| Error::invalid("data.packed", format!("not a {name}: {problem}"));
    let message = T::decode(value).map_err(|error| refuse(&error))?;
    message.validate().map_err(|violations| refuse(&violations))?;
    Ok(message)
}
