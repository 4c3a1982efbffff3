//! The peers: each serves the same two methods, as a process of its own.

pub mod axum;
mod filler;
mod hyper;
mod rest_over_grpc;
pub mod rsvc;

use std::any::Any;
use std::io;
use std::net::SocketAddr;
use std::process::Command;

use ::rsvc::server::ServeError;
use bench::additions::Additions;
use bench::{Child, until_told};
use tokio::net::TcpListener;

use crate::args::Args;
use crate::case::{Routes, Size};

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Peer {
    Hyper,
    AxumSlice,
    AxumJson,
    Rsvc,
    RsvcRest,
    RsvcJwt,
    RsvcSpans,
    RsvcMetrics,
    RsvcAll,
    RestOverGrpc,
    Envoy,
}

impl Peer {
    pub const ALL: [Self; 11] = [
        Self::Hyper,
        Self::AxumSlice,
        Self::AxumJson,
        Self::Rsvc,
        Self::RsvcRest,
        Self::RsvcJwt,
        Self::RsvcSpans,
        Self::RsvcMetrics,
        Self::RsvcAll,
        Self::RestOverGrpc,
        Self::Envoy,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Hyper => "hyper by hand",
            Self::AxumSlice => "axum, from_slice",
            Self::AxumJson => "axum, Json<T>",
            Self::Rsvc => "rsvc::Server",
            Self::RsvcRest => "rsvc's Rest on hyper",
            Self::RsvcJwt => "rsvc, JWT",
            Self::RsvcSpans => "rsvc, spans",
            Self::RsvcMetrics => "rsvc, metrics",
            Self::RsvcAll => "rsvc, all three",
            Self::RestOverGrpc => "rest_over_grpc",
            Self::Envoy => "Envoy, rsvc's gRPC",
        }
    }

    /// What is added to rsvc.
    fn additions(self) -> Additions {
        match self {
            Self::RsvcJwt => Additions::JWT,
            Self::RsvcSpans => Additions::SPANS,
            Self::RsvcMetrics => Additions::METRICS,
            Self::RsvcAll => Additions::ALL,
            _ => Additions::NONE,
        }
    }

    /// Whether its callers show a token.
    pub fn wants_token(self) -> bool {
        self.additions().jwt
    }

    /// Whether the peer takes part: nobody writes 300 routes by hand without a router, and 10,000 are for those who
    /// put routers together.
    pub fn has(self, routes: Routes) -> bool {
        match routes {
            Routes::One => true,
            Routes::Many => self != Self::Hyper && self.additions() == Additions::NONE,
            Routes::TenThousand => {
                matches!(self, Self::AxumSlice | Self::AxumJson | Self::Rsvc | Self::RsvcRest)
            }
        }
    }
}

/// What a process serves.
#[derive(Clone, Copy)]
pub struct Serve {
    pub peer: Peer,
    pub routes: Routes,
    pub size: Size,
}

impl Serve {
    /// The command that serves it.
    pub fn command(self) -> io::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(Args::of(self));
        Ok(command)
    }

    pub fn start(self) -> io::Result<Child> {
        Child::start(&mut self.command()?)
    }

    /// Puts together what a process of ours, or of axum's, serves.
    pub fn build(self) -> Result<Box<dyn Any>, ServeError> {
        Ok(if self.peer == Peer::Rsvc {
            Box::new(rsvc::server(self).into_service()?)
        } else {
            Box::new(axum::slices(self))
        })
    }

    /// Serves until told to end.
    pub async fn run(self) -> io::Result<()> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let address = listener.local_addr()?;
        match self.peer {
            Peer::Hyper => tokio::spawn(hyper::serve(listener, self.size)),
            Peer::AxumSlice => tokio::spawn(axum::serve(listener, axum::slices(self))),
            Peer::AxumJson => tokio::spawn(axum::serve(listener, axum::typed(self))),
            Peer::RsvcRest => tokio::spawn(rsvc::serve_rest(listener, self)),
            Peer::Rsvc
            | Peer::RsvcJwt
            | Peer::RsvcSpans
            | Peer::RsvcMetrics
            | Peer::RsvcAll
            | Peer::Envoy => tokio::spawn(rsvc::serve(listener, self)),
            Peer::RestOverGrpc => tokio::spawn(rest_over_grpc::serve(listener, self)),
        };
        until_told(address).await
    }
}
