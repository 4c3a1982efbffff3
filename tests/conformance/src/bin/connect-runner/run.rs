//! Runs of cases: a client and a server, or one of them against bytes.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use conformance::connect::client_compat_response::Result as Answer;
use conformance::connect::test_suite::TestMode;
use conformance::connect::{ClientCompatRequest, Header, HttpVersion, Protocol, RawHttpRequest};
use futures_util::stream::{self, StreamExt as _};
use tokio::time::timeout;

use crate::cases::Case;
use crate::compare::compare;
use crate::http::exchange::Exchange;
use crate::http::recorder::NAME;
use crate::http::tap::Tap;
use crate::programs::{Client, Program, Server};
use crate::raw::client::send;
use crate::raw::server::{RawServer, Responses};
use crate::schema::Schema;
use crate::wire::{decode, requests, responses};

/// How many cases run at once.
const AT_ONCE: usize = 12;
/// A case that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(45);

/// What became of a case.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) name: String,
    /// None if the case passed.
    pub(crate) problems: Vec<String>,
}

/// What is judged in a run: who is ours.
#[derive(Clone, Copy)]
pub(crate) struct Judge<'a> {
    pub(crate) schema: &'a Schema,
    /// Decides what may stand for a deadline that has passed.
    pub(crate) mode: TestMode,
    pub(crate) client: bool,
    pub(crate) server: bool,
}

/// A client calls a server, in every case.
pub(crate) async fn pair(
    judge: Judge<'_>,
    client: &Program,
    server: &Program,
    cases: &[&Case],
) -> Result<Vec<Outcome>> {
    let client = Client::start(client)?;
    let mut outcomes = Vec::new();
    for ((protocol, version), cases) in groups(cases) {
        let server = Server::start(server, protocol, version).await?;
        let tap = Tap::start(server.address).await?;
        let run = stream::iter(cases).map(|case| call(judge, &client, &tap, case));
        outcomes.extend(run.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await);
        outcomes.extend(end_of_group(&tap, server.stop().await, protocol, version));
    }
    outcomes.extend(failure("the end of the client", client.finish().await));
    Ok(outcomes)
}

/// A client gets responses in HTTP's terms.
pub(crate) async fn raw_responses(
    judge: Judge<'_>,
    client: &Program,
    cases: &[&Case],
) -> Result<Vec<Outcome>> {
    let client = Client::start(client)?;
    let mut outcomes = Vec::new();
    let responses: Responses =
        cases.iter().filter_map(|case| Some((case.name().to_owned(), case.raw_response.clone()?))).collect();
    let responses = Arc::new(responses);
    for ((protocol, version), cases) in groups(cases) {
        let http2 = version == HttpVersion::HttpVersion2;
        let server = RawServer::start(http2, Arc::clone(&responses)).await?;
        let tap = Tap::start(server.address).await?;
        let run = stream::iter(cases).map(|case| call(judge, &client, &tap, case));
        outcomes.extend(run.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await);
        outcomes.extend(end_of_group(&tap, Ok(()), protocol, version));
    }
    outcomes.extend(failure("the end of the client", client.finish().await));
    Ok(outcomes)
}

/// A server gets requests in HTTP's terms.
pub(crate) async fn raw_requests(
    judge: Judge<'_>,
    server: &Program,
    cases: &[(&Case, RawHttpRequest)],
) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    let by_name: HashMap<_, _> = cases.iter().map(|(case, request)| (case.name(), request)).collect();
    let cases: Vec<&Case> = cases.iter().map(|(case, _)| *case).collect();
    for ((protocol, version), cases) in groups(&cases) {
        let server = Server::start(server, protocol, version).await?;
        let tap = Tap::start(server.address).await?;
        let run = stream::iter(cases).map(|case| raw_request(judge, &tap, case, by_name[case.name()]));
        outcomes.extend(run.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await);
        outcomes.extend(end_of_group(&tap, server.stop().await, protocol, version));
    }
    Ok(outcomes)
}

/// The cases by the server that they need.
fn groups<'a>(cases: &[&'a Case]) -> BTreeMap<(Protocol, HttpVersion), Vec<&'a Case>> {
    let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for case in cases {
        let key = (case.request.protocol(), case.request.http_version());
        groups.entry(key).or_default().push(*case);
    }
    groups
}

/// What is wrong beyond the cases of a group.
fn end_of_group(tap: &Tap, stopped: Result<()>, protocol: Protocol, version: HttpVersion) -> Vec<Outcome> {
    let name = format!("the server of {} and {}", protocol.as_str_name(), version.as_str_name());
    let mut problems = tap.store.take_problems();
    problems.extend(stopped.err().map(|error| format!("{error:#}")));
    if problems.is_empty() { Vec::new() } else { vec![Outcome { name, problems }] }
}

fn failure(name: &str, result: Result<()>) -> Option<Outcome> {
    let error = result.err()?;
    Some(Outcome { name: name.to_owned(), problems: vec![format!("{error:#}")] })
}

/// The request of a case to a server behind a tap. The extra headers are those of the suite's own runner.
fn addressed(case: &Case, address: SocketAddr) -> ClientCompatRequest {
    let mut request = case.request.clone();
    request.host = address.ip().to_string();
    request.port = address.port().into();
    let method = if request.use_get_http_method { "GET" } else { "POST" };
    for (name, value) in [
        (NAME, request.test_name.clone()),
        ("x-expect-http-version", request.http_version.to_string()),
        ("x-expect-http-method", method.to_owned()),
        ("x-expect-protocol", request.protocol.to_string()),
        ("x-expect-codec", request.codec.to_string()),
        ("x-expect-compression", request.compression.to_string()),
        ("x-expect-tls", "false".to_owned()),
    ] {
        request.request_headers.push(Header { name: name.into(), value: vec![value] });
    }
    request
}

async fn call(judge: Judge<'_>, client: &Client, tap: &Tap, case: &Case) -> Outcome {
    let request = addressed(case, tap.address);
    let answer = timeout(LIMIT, client.call(&request)).await;
    let exchanges = tap.store.take(case.name());
    let mut problems = match answer {
        Err(_) => vec![format!("no answer of the client within {LIMIT:?}")],
        Ok(Err(error)) => vec![format!("{error:#}")],
        Ok(Ok(response)) => match response.result {
            None => vec!["an answer of the client without a result".to_owned()],
            Some(Answer::Error(error)) => vec![format!("the client: {}", error.message)],
            Some(Answer::Response(result)) => compare(judge.schema, case, judge.mode, &result),
        },
    };
    if judge.client {
        problems.extend(requests::check(judge.schema, case, &exchanges));
    }
    if judge.server
        && let [exchange] = &*exchanges
    {
        problems.extend(on_the_wire(judge, case, exchange));
    }
    Outcome { name: case.name().to_owned(), problems }
}

async fn raw_request(judge: Judge<'_>, tap: &Tap, case: &Case, request: &RawHttpRequest) -> Outcome {
    let sent = timeout(LIMIT, send(tap.address, case.request.http_version(), case.name(), request)).await;
    let mut problems = match sent {
        Err(_) => vec![format!("no response within {LIMIT:?}")],
        Ok(Err(error)) => vec![format!("{error:#}")],
        Ok(Ok(())) => Vec::new(),
    };
    match &*tap.store.take(case.name()) {
        [exchange] if exchange.response.is_complete() => {
            problems.extend(on_the_wire(judge, case, exchange));
        }
        _ => problems.push("there is no complete response".into()),
    }
    Outcome { name: case.name().to_owned(), problems }
}

/// Reads a response without the help of the client that it was for.
fn on_the_wire(judge: Judge<'_>, case: &Case, exchange: &Exchange) -> Vec<String> {
    if case.request.cancel.is_some() || !exchange.response.is_complete() {
        // The client gave up, or the server broke off: what the client tells counts.
        return Vec::new();
    }
    let plain = case.request.raw_request.is_none();
    let mut problems = if plain { responses::check(case, exchange) } else { Vec::new() };
    match decode::decode(judge.schema, case, exchange, &mut problems) {
        Ok(result) => problems.extend(compare(judge.schema, case, judge.mode, &result)),
        Err(error) => problems.push(format!("{error:#}")),
    }
    problems.into_iter().map(|problem| format!("response: {problem}")).collect()
}
