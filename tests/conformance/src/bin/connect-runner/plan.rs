//! Which runs there are, and what has to come of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::{Parser, ValueEnum};
use conformance::connect::test_suite::TestMode;
use conformance::connect::{HttpVersion, RawHttpRequest, StreamType};

use crate::cases::{Case, expand};
use crate::programs::Program;
use crate::report::Report;
use crate::run::{self, Judge};
use crate::schema::Schema;
use crate::{suites, timeouts};

/// How many cases the suite has for what our programs can do.
const SERVER_CASES: usize = 1800;
const CLIENT_CASES: usize = 2153;

#[derive(Parser)]
#[command(about = "Runs the Connect conformance suite")]
pub(crate) struct Args {
    /// The folder with the suite: `conformance.binpb` and `testsuites`
    #[arg(long)]
    suite: PathBuf,
    /// The client under test
    #[arg(long)]
    client: PathBuf,
    /// The server under test
    #[arg(long)]
    server: PathBuf,
    /// A script for Node that is both, with the argument `client` or `server`
    #[arg(long)]
    peer: Option<PathBuf>,
    /// Runs only the cases that have this in their names; may be given more than once
    #[arg(long)]
    filter: Vec<String>,
    /// Runs only this; may be given more than once
    #[arg(long, value_name = "RUN")]
    only: Vec<Run>,
    /// Shows the cases that pass, too
    #[arg(long)]
    verbose: bool,
}

/// Who calls whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Run {
    /// Our client calls our server
    Own,
    /// Our server gets requests in HTTP's terms
    Requests,
    /// Our client gets responses in HTTP's terms
    Responses,
    /// Our client calls the peer
    PeerServer,
    /// The peer calls our server
    PeerClient,
}

impl Run {
    fn name(self) -> &'static str {
        match self {
            Self::Own => "our client, our server",
            Self::Requests => "raw requests, our server",
            Self::Responses => "our client, raw responses",
            Self::PeerServer => "our client, connect-node as the server",
            Self::PeerClient => "connect-node as the client, our server",
        }
    }
}

/// Runs what was asked for; whether all is well.
pub(crate) async fn run(args: &Args) -> Result<bool> {
    let schema = Schema::load(&args.suite.join("conformance.binpb"))?;
    let suites = suites::load(&schema, &args.suite.join("testsuites"))?;
    let of_server = expand(&schema, &suites, TestMode::Server)?;
    let of_client = expand(&schema, &suites, TestMode::Client)?;
    ensure!(of_server.len() == SERVER_CASES, "{} cases for servers, not {SERVER_CASES}", of_server.len());
    ensure!(of_client.len() == CLIENT_CASES, "{} cases for clients, not {CLIENT_CASES}", of_client.len());
    let plan = Plan {
        args,
        schema: &schema,
        server_cases: chosen(args, &of_server),
        client_cases: chosen(args, &of_client),
    };
    let mut report = Report::new(args.verbose);
    for &run in Run::value_variants() {
        let peer = matches!(run, Run::PeerServer | Run::PeerClient);
        let wanted = args.only.is_empty() || args.only.contains(&run);
        if wanted && (!peer || args.peer.is_some()) {
            plan.run(run, &mut report).await?;
        }
    }
    if args.filter.is_empty() && args.only.is_empty() {
        let (own, requests, responses) = (Run::Own.name(), Run::Requests.name(), Run::Responses.name());
        report.total("server", &plan.server_cases, &[own, requests]);
        report.total("client", &plan.client_cases, &[own, responses]);
    }
    Ok(report.is_good())
}

fn chosen<'a>(args: &Args, cases: &'a BTreeMap<String, Case>) -> Vec<&'a Case> {
    let chosen = |name: &str| args.filter.is_empty() || args.filter.iter().any(|part| name.contains(&**part));
    cases.values().filter(|case| chosen(case.name())).collect()
}

struct Plan<'a> {
    args: &'a Args,
    schema: &'a Schema,
    server_cases: Vec<&'a Case>,
    client_cases: Vec<&'a Case>,
}

impl Plan<'_> {
    async fn run(&self, run: Run, report: &mut Report) -> Result<()> {
        let (client, server) = (own(&self.args.client), own(&self.args.server));
        let judge = Judge { schema: self.schema, mode: TestMode::Client, client: true, server: true };
        let (count, outcomes) = match run {
            Run::Own => {
                let cases = self.plain();
                (cases.len(), run::pair(judge, &client, &server, &cases).await?)
            }
            Run::Requests => {
                let cases = self.raw_requests()?;
                let judge = Judge { mode: TestMode::Server, ..judge };
                (cases.len(), run::raw_requests(judge, &server, &cases).await?)
            }
            Run::Responses => {
                let cases = only(&self.client_cases, |case| case.raw_response.is_some());
                let judge = Judge { server: false, ..judge };
                (cases.len(), run::raw_responses(judge, &client, &cases).await?)
            }
            Run::PeerServer => {
                let cases = only(&self.client_cases, |case| case.is_plain() && peer_serves(case));
                let judge = Judge { server: false, ..judge };
                (cases.len(), run::pair(judge, &client, &self.peer("server"), &cases).await?)
            }
            Run::PeerClient => {
                let cases = only(&self.server_cases, Case::is_plain);
                let judge = Judge { client: false, mode: TestMode::Server, ..judge };
                (cases.len(), run::pair(judge, &self.peer("client"), &server, &cases).await?)
            }
        };
        report.add(run.name(), count, outcomes);
        Ok(())
    }

    /// The cases of both sides in which an ordinary client calls an ordinary server. Those that are for both sides run once,
    /// and count for both: what is wanted of a client is never less than what is wanted of a server.
    fn plain(&self) -> Vec<&Case> {
        let both = self.server_cases.iter().chain(&self.client_cases).filter(|case| case.is_plain());
        let by_name: BTreeMap<&str, &Case> = both.map(|case| (case.name(), *case)).collect();
        by_name.into_values().collect()
    }

    fn raw_requests(&self) -> Result<Vec<(&Case, RawHttpRequest)>> {
        let raw = |case: &&'_ Case| case.request.raw_request.clone();
        let cases = self.server_cases.iter().filter_map(|case| Some((*case, raw(case)?)));
        let mut cases: Vec<(&Case, RawHttpRequest)> = cases.collect();
        cases.extend(timeouts::raw_requests(self.schema, &self.server_cases)?);
        Ok(cases)
    }

    /// The peer, as one of the two.
    fn peer(&self, side: &str) -> Program {
        let script = self.args.peer.iter().map(|script| script.display().to_string());
        let words = ["node".to_owned()].into_iter().chain(script).chain([side.to_owned()]).collect();
        let descriptors = self.args.suite.join("conformance.binpb").display().to_string();
        Program { words, environment: vec![("CONFORMANCE_DESCRIPTORS", descriptors)] }
    }
}

fn own(path: &Path) -> Program {
    Program { words: vec![path.display().to_string()], environment: Vec::new() }
}

fn only<'a>(cases: &[&'a Case], wanted: impl Fn(&Case) -> bool) -> Vec<&'a Case> {
    cases.iter().copied().filter(|case| wanted(case)).collect()
}

/// Whether connect-node can serve a case: it has no bidirectional streams in HTTP/1.1.
fn peer_serves(case: &Case) -> bool {
    let http1 = case.request.http_version() == HttpVersion::HttpVersion1;
    !(http1 && case.request.stream_type() == StreamType::HalfDuplexBidiStream)
}
