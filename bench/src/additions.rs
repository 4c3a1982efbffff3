//! What a server of rsvc can do besides serving, and what that costs.

use metrics_exporter_prometheus::PrometheusBuilder;
use rsvc::auth::jwt::{Jwt, Keys};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// What the token was signed with, by HS256.
const SECRET: &str = "the secret of the benchmark, in the open";
const ISSUER: &str = "https://issuer.example";
const AUDIENCE: &str = "bench";
/// A token with `iss`, `aud`, `sub`, two scopes, and `exp` at the end of the century.
pub const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\
    eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwiYXVkIjoiYmVuY2giLCJzdWIiOiJjYWxsZXIiLCJleHAiOjQxMDI0NDQ4MDAsInNjb3BlIjoib3JkZXJzLnJlYWQgb3JkZXJzLndyaXRlIn0.\
    TZixIVfizu59Z_zoGMaBHlgAoHAGd5flVSyPRTXtctA";

/// What is added.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Additions {
    /// Callers with tokens.
    pub jwt: bool,
    /// Spans, which a registry keeps while they last.
    pub spans: bool,
    /// Metrics for Prometheus.
    pub metrics: bool,
}

impl Additions {
    /// Nothing.
    pub const NONE: Self = Self { jwt: false, spans: false, metrics: false };
    /// Callers with tokens alone.
    pub const JWT: Self = Self { jwt: true, ..Self::NONE };
    /// Spans alone.
    pub const SPANS: Self = Self { spans: true, ..Self::NONE };
    /// Metrics alone.
    pub const METRICS: Self = Self { metrics: true, ..Self::NONE };
    /// All of it.
    pub const ALL: Self = Self { jwt: true, spans: true, metrics: true };

    /// Installs what records spans and metrics; once for a process.
    ///
    /// # Panics
    /// If something records them already.
    pub fn install(self) {
        if self.spans {
            // Without it, h2 tells of each frame.
            tracing_subscriber::registry().with(LevelFilter::INFO).init();
        }
        if self.metrics {
            PrometheusBuilder::new().install_recorder().expect("the only recorder");
        }
    }

    /// Installs it, and adds it to a server.
    ///
    /// # Panics
    /// As [`install`](Self::install).
    pub fn add_to(self, mut server: rsvc::Server) -> rsvc::Server {
        self.install();
        if self.jwt {
            let tokens = Jwt::new(Keys::secret(SECRET)).issuer(ISSUER).audience(AUDIENCE);
            server = server.authenticator(tokens.build().expect("a secret that is long enough"));
        }
        if self.spans {
            server = server.spans();
        }
        if self.metrics {
            server = server.metrics();
        }
        server
    }
}
