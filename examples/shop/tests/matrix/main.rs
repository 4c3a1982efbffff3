//! Every method of the shop over every protocol with every kind of credentials: exactly what is declared passes.
//!
//! The calls come from the methods and bindings of the generated code, so that none can be forgotten; what is expected comes
//! from a table that was written by hand, so that a change of access in the `.proto` is seen.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod calls;
mod fronts;
mod tokens;

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use rsvc::ServiceInfo;
use rsvc::codegen::rest::Binding;
use shop::api::{
    CHAT_SERVICE, CHAT_SERVICE_BINDINGS, ORDER_SERVICE, ORDER_SERVICE_BINDINGS, UPLOAD_SERVICE,
    UPLOAD_SERVICE_BINDINGS, USER_SERVICE, USER_SERVICE_BINDINGS,
};

use crate::calls::{Client, Outcome, Probe, probes};
use crate::tokens::{Credentials, Issuer};

const SERVICES: [(&ServiceInfo, &[Binding]); 4] = [
    (&USER_SERVICE, USER_SERVICE_BINDINGS),
    (&ORDER_SERVICE, ORDER_SERVICE_BINDINGS),
    (&UPLOAD_SERVICE, UPLOAD_SERVICE_BINDINGS),
    (&CHAT_SERVICE, CHAT_SERVICE_BINDINGS),
];

/// Calls that are under way at the same time: more than a server of HTTP/2 that does not look closer takes of streams that
/// are reset before they are answered, which is what a gateway makes of malformed calls.
const AT_ONCE: usize = 64;

/// Who may call a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Everybody,
    /// Whoever has the scopes of [`tokens::SCOPES`].
    Scoped,
    /// Whoever meets a condition, which those with these scopes do.
    Conditional,
    /// Whoever is known: the request meets the condition.
    Known,
}

/// What the `.proto` files are meant to declare.
const DECLARED: [(&str, Who); 16] = [
    ("/shop.v1.UserService/GetUser", Who::Everybody),
    ("/shop.v1.UserService/CreateUser", Who::Everybody),
    ("/shop.v1.UserService/UpdateUser", Who::Everybody),
    ("/shop.v1.UserService/UpdatePreferences", Who::Everybody),
    ("/shop.v1.UserService/DeleteUser", Who::Scoped),
    ("/shop.v1.OrderService/GetOrder", Who::Everybody),
    ("/shop.v1.OrderService/GetOrders", Who::Everybody),
    ("/shop.v1.OrderService/StreamOrderUpdates", Who::Everybody),
    ("/shop.v1.OrderService/PlaceOrder", Who::Everybody),
    ("/shop.v1.OrderService/UpdateOrderStatus", Who::Conditional),
    ("/shop.v1.UploadService/UploadChunks", Who::Everybody),
    ("/shop.v1.UploadService/UploadFile", Who::Everybody),
    ("/shop.v1.UploadService/GetPage", Who::Everybody),
    ("/shop.v1.UploadService/ProcessBatch", Who::Everybody),
    ("/shop.v1.ChatService/Chat", Who::Everybody),
    ("/shop.v1.ChatService/Monitor", Who::Everybody),
];

fn expected(who: Who, credentials: &Credentials) -> Outcome {
    match (who, credentials.scopes) {
        (Who::Everybody, _) | (Who::Scoped | Who::Conditional, Some(true)) | (Who::Known, Some(_)) => {
            Outcome::Passed
        }
        (Who::Scoped, Some(false)) => Outcome::Denied,
        (Who::Conditional, Some(false)) => Outcome::Refused,
        (Who::Scoped | Who::Conditional | Who::Known, None) => Outcome::Unauthenticated,
    }
}

/// All calls of all methods, with who may make them.
fn all() -> Vec<(Who, Probe)> {
    let mut declared = BTreeMap::from(DECLARED);
    let mut all = Vec::new();
    for (service, bindings) in SERVICES {
        for (index, method) in service.methods.iter().enumerate() {
            let who = declared.remove(method.path);
            let who = who.unwrap_or_else(|| panic!("{}: the table of the test lacks it", method.path));
            all.extend(probes(method, index, bindings).into_iter().map(|probe| {
                let who = if probe.meets_condition { Who::Known } else { who };
                (who, probe)
            }));
        }
    }
    assert!(declared.is_empty(), "the shop has no {declared:?}");
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_what_is_declared_passes() {
    let issuer = Issuer::start().await;
    let fronts = fronts::start(&issuer).await;
    let kinds = issuer.credentials(fronts.staff_token());
    let client = Client::new();
    let calls = all();
    let mut cases = Vec::new();
    for (front, addr) in fronts.addresses() {
        for credentials in &kinds {
            cases.extend(calls.iter().map(|(who, probe)| (front, addr, credentials, *who, probe)));
        }
    }
    let count = cases.len();
    let client = &client;
    let wrong: Vec<String> = futures_util::stream::iter(cases)
        .map(|(front, addr, credentials, who, probe)| async move {
            let outcome = client.outcome(addr, probe, credentials.header.as_deref()).await;
            let expected = expected(who, credentials);
            (outcome != expected).then(|| {
                format!("{front}: {probe} with {}: {outcome:?}, expected {expected:?}", credentials.name)
            })
        })
        .buffer_unordered(AT_ONCE)
        .filter_map(std::future::ready)
        .collect()
        .await;
    let shown = wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} of {count}:\n{shown}", wrong.len());
    println!("{count} combinations: {} calls, {} kinds of credentials", calls.len(), kinds.len());
    assert!(count > 3000, "{count}");
    fronts.stop().await;
}
