//! Two trees of two crates in one server, and a gateway of both: who has which path, and what is told when two have one.
#![allow(clippy::unwrap_used)] // a test stops at the first surprise

use std::time::Duration;

use rsvc::rest::Rest;
use rsvc::{Channel, Context, Server, Status};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tree_issues::issues::v1::{GetIssueRequest, Issue, Issues, IssuesClient, IssuesServer};
use tree_reports::reports::v1::{
    Report, Reports, ReportsClient, ReportsServer, Rivals, RivalsServer, SpecialRequest,
};

/// Tells which method was called, with what.
#[derive(Clone)]
struct Told;

fn issue(method: &str, id: String) -> Issue {
    Issue { id, found_by: method.to_owned() }
}

impl Issues for Told {
    async fn get_issue(&self, _: Context, request: GetIssueRequest) -> Result<Issue, Status> {
        Ok(issue("GetIssue", request.id))
    }

    async fn close_issue(&self, _: Context, request: GetIssueRequest) -> Result<Issue, Status> {
        Ok(issue("CloseIssue", request.id))
    }
}

impl Reports for Told {
    async fn special(&self, _: Context, request: SpecialRequest) -> Result<Report, Status> {
        Ok(Report { issue: Some(issue("Special", request.year)) })
    }

    async fn latest(&self, _: Context, request: SpecialRequest) -> Result<Report, Status> {
        Ok(Report { issue: Some(issue("Latest", request.year)) })
    }
}

impl Rivals for Told {}

/// The server of both trees, the first one first or last.
fn both(issues_first: bool) -> Server {
    let server = Server::new();
    if issues_first {
        server.add(IssuesServer::new(Told)).add(ReportsServer::new(Told))
    } else {
        server.add(ReportsServer::new(Told)).add(IssuesServer::new(Told))
    }
}

async fn serve(server: Server) -> String {
    let bound = server.bind("127.0.0.1:0").await.unwrap();
    let address = bound.local_addr().to_string();
    tokio::spawn(bound.serve());
    address
}

/// The status and the body of an answer.
async fn ask(address: &str, verb: &str, path: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{verb} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let reading = stream.read_to_string(&mut answer);
    tokio::time::timeout(Duration::from_secs(30), reading).await.unwrap().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}")))
}

/// Who has which path of both trees.
async fn each_path_leads_to_its_method(address: &str) {
    for (verb, path, method, id) in [
        ("GET", "/v1/issues/7", "GetIssue", "7"),
        ("GET", "/v1/issues/special", "Special", ""),
        ("GET", "/v1/issues/specials", "GetIssue", "specials"),
        ("POST", "/v1/issues/special:close", "CloseIssue", "special"),
        ("POST", "/v1/issues/special:report", "Latest", "special"),
        ("GET", "/v1/archive/2026/latest", "Latest", "2026"),
        ("GET", "/v1/archive/2026/latest/1", "GetIssue", "archive/2026/latest/1"),
        ("GET", "/v1/archive/2026/7", "GetIssue", "archive/2026/7"),
        ("GET", "/v1/archive", "GetIssue", "archive"),
    ] {
        let (status, body) = ask(address, verb, path).await;
        let found = body.get("issue").unwrap_or(&body);
        let mut expected = json!({"id": id, "foundBy": method});
        if id.is_empty() {
            expected.as_object_mut().unwrap().remove("id");
        }
        assert_eq!((status, found), (200, &expected), "{verb} {path}");
    }
    assert_eq!(ask(address, "DELETE", "/v1/issues/special").await.0, 405);
    // A custom verb of the other tree ends the path, although GET does not have it.
    assert_eq!(ask(address, "GET", "/v1/issues/special:report").await.0, 405);
    assert_eq!(ask(address, "GET", "/v1/nothing").await.0, 404);
}

#[tokio::test]
async fn one_server_has_both_whatever_the_order() {
    for issues_first in [true, false] {
        each_path_leads_to_its_method(&serve(both(issues_first)).await).await;
    }
}

#[tokio::test]
async fn a_gateway_of_both_finds_the_same() {
    // Each tree has a server of its own.
    let issues = serve(Server::new().add(IssuesServer::new(Told)).without_rest()).await;
    let reports = serve(Server::new().add(ReportsServer::new(Told)).without_rest()).await;
    let channel = |address: &str| Channel::connect_lazy(format!("http://{address}")).unwrap();
    let gateway = Server::new()
        .add(ReportsServer::new(ReportsClient::new(channel(&reports))))
        .add(IssuesServer::new(IssuesClient::new(channel(&issues))));
    each_path_leads_to_its_method(&serve(gateway).await).await;
}

#[tokio::test]
async fn a_path_that_two_claim_is_told_at_the_start() {
    let error = both(true).add(RivalsServer::new(Told)).bind("127.0.0.1:0").await.unwrap_err();
    assert!(error.is_route_conflict());
    let conflict = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        conflict,
        "routes conflict: `GET /v1/issues/{name}` of reports.v1.Rivals/Take (reports/v1/reports.proto:23) takes the same \
         requests as `GET /v1/issues/{id}` of issues.v1.Issues/GetIssue (issues/v1/issues.proto:9)"
    );
    let rest = Rest::new().add(IssuesServer::new(Told)).add(RivalsServer::new(Told));
    assert_eq!(rest.check().unwrap_err().to_string(), conflict);
    let fine = Rest::new().add(IssuesServer::new(Told)).add(ReportsServer::new(Told));
    assert!(fine.check().is_ok());
    // Without REST there is nothing that they could claim.
    let without = both(true).add(RivalsServer::new(Told)).without_rest();
    assert!(without.bind("127.0.0.1:0").await.is_ok());
}
