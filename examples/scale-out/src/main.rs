//! Some shops on one database, behind Envoy, under load while they are killed, frozen, drained and replaced.

mod balanced;
mod between;
mod envoy;
mod fleet;
mod load;
mod plot;
mod report;
mod routes;
mod script;
mod watcher;

use std::collections::BTreeSet;
use std::env;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum};
use servers::Postgres;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::between::Between;
use crate::fleet::Fleet;
use crate::load::{ADA, Load};
use crate::report::Row;
use crate::script::Window;
use crate::watcher::Watcher;

/// How long things may take that are not measured.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs shops on a database of their own, and kills, freezes, drains and replaces them under load.
#[derive(Debug, Parser)]
struct Args {
    /// What is between the load and the shops
    #[arg(long, value_enum, default_value_t = Way::Envoy)]
    way: Way,
    /// The program of the shop [default: beside this one]
    #[arg(long, value_name = "PATH")]
    shop: Option<PathBuf>,
    /// The program of Envoy [default: the one in the virtual environment `RSVC_VENV`]
    #[arg(long, value_name = "PATH")]
    envoy: Option<PathBuf>,
    /// How many shops
    #[arg(long, default_value_t = 3)]
    shops: usize,
    /// Calls a second
    #[arg(long, default_value_t = 60)]
    rate: u32,
    /// How many times the usual length everything takes, which is about 40 seconds
    #[arg(long, default_value_t = 1.0)]
    length: f64,
    /// Only runs the shops and Envoy, for whoever wants to call them, until ctrl-c
    #[arg(long)]
    serve: bool,
    /// Where to write a plot of the latencies, as SVG
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Where to write the table, as Markdown
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
}

/// What is between the load and the shops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Way {
    /// A proxy that balances, checks and repeats
    Envoy,
    /// Nothing: the channel does it
    Client,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all came out as it must.
async fn run(args: Args) -> Result<bool> {
    let postgres = Postgres::start()?;
    let shop = match args.shop {
        Some(shop) => shop,
        None => env::current_exe()?.with_file_name("shop"),
    };
    let mut fleet = Fleet::new(&shop, postgres.database("shop")?)?;
    for _ in 0..args.shops {
        fleet.start("v1").await?;
    }
    let between = Between::start(args.way, args.envoy, &fleet, args.shops).await?;
    if args.serve {
        serve(&between, &fleet).await?;
        return Ok(true);
    }
    let clients = between.clients(&fleet)?.prepare().await?;

    let watcher = Watcher::default();
    let mut beside = JoinSet::new();
    beside.spawn(watcher.clone().run(clients.orders.clone()));
    let load = Load::new();
    let (finish, finished) = oneshot::channel::<()>();
    let calling = load.run(clients, args.rate, async {
        // An error means that the other end is gone, and that is an end, too.
        let _ = finished.await;
    });
    let playing = async {
        let windows = script::play(&mut fleet, &load, &between, args.length).await?;
        let _ = finish.send(());
        Ok(windows)
    };
    let (windows, ()) = tokio::try_join!(playing, calling)?;
    let missed = missed(&load, &watcher).await;

    let samples = load.samples().clone();
    let rows = report::rows(&windows, &samples);
    let table = report::table(&rows);
    say(&format!("{table}{}", report::losses(&samples)))?;
    if let Between::Envoy(envoy) = &between {
        let ejected = envoy.stat("outlier_detection.ejections_enforced_total").await?;
        let failing = envoy.stat("health_check.failure").await?;
        say(&format!("Envoy: {ejected} ejected by what they answered, {failing} health checks failed\n"))?;
    }
    let retries = between.repeated().await?;
    if let Some(path) = args.plot {
        write(&path, &plot::svg(&windows, &samples))?;
    }
    if let Some(path) = args.table {
        write(&path, &table)?;
    }
    judge(&rows, &windows, &fleet.names(), retries, missed, &watcher)
}

/// Says what there is to call, until ctrl-c.
async fn serve(between: &Between, fleet: &Fleet) -> Result<()> {
    for name in fleet.names() {
        say(&format!("shop {name} on http://{}\n", fleet.shop(&name)?.addr))?;
    }
    if let Between::Envoy(envoy) = between {
        let (url, ca) = (envoy.url(), envoy.certificate());
        let ca = ca.display();
        say(&format!(
            r#"behind {url}

  curl --cacert {ca} -i {url}/v1/users/{ADA}
  buf curl --protocol grpc --cacert {ca} -v -d '{{"userId": "{ADA}"}}' {url}/shop.v1.UserService/GetUser
"#
        ))?;
    }
    Ok(tokio::signal::ctrl_c().await?)
}

/// Orders that were confirmed and that the watcher has not heard of, although it had time.
async fn missed(load: &Load, watcher: &Watcher) -> usize {
    let unheard = || load.placed.lock().difference(&watcher.seen().orders).count();
    let all = async {
        while unheard() > 0 {
            sleep(Duration::from_millis(100)).await;
        }
    };
    // If it takes too long, the number says so.
    let _ = timeout(PATIENCE, all).await;
    unheard()
}

/// Says what holds and what does not; whether all does.
fn judge(
    rows: &[Row],
    windows: &[Window],
    shops: &[String],
    retries: u64,
    missed: usize,
    watcher: &Watcher,
) -> Result<bool> {
    let idempotent: usize = rows.last().map_or(0, |all| all.lost_idempotent);
    let orderly: usize = windows
        .iter()
        .zip(rows)
        .filter(|(window, _)| window.is_orderly)
        .map(|(_, row)| row.lost_idempotent + row.lost_other)
        .sum();
    let after =
        rows.iter().rfind(|row| row.name == "after").map(|row| row.instances.clone()).unwrap_or_default();
    let shops: BTreeSet<_> = shops.iter().cloned().collect();
    let seen = watcher.seen();
    let claims = [
        (idempotent == 0, format!("no call of an idempotent method is lost: {idempotent}")),
        (
            orderly == 0,
            format!("no call at all is lost before, after, on a drain and on a deployment: {orderly}"),
        ),
        (retries > 0, format!("there was something to repeat: {retries}")),
        (
            missed == 0,
            format!(
                "a watcher hears of all {} orders: {missed} missed, {} streams",
                seen.orders.len(),
                seen.resumed + 1
            ),
        ),
        (seen.out_of_order == 0, format!("in their order: {} not", seen.out_of_order)),
        (after == shops, format!("in the end the new shops answer, and no others: {after:?}")),
    ];
    let mut failed = 0;
    for (holds, what) in &claims {
        failed += usize::from(!holds);
        say(&format!("{} ... {}\n", what, if *holds { "ok" } else { "FAIL" }))?;
    }
    say(&format!("scale-out: {} passed, {failed} failed, 0 skipped\n", claims.len() - failed))?;
    Ok(failed == 0)
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| path.display().to_string())
}

fn say(text: &str) -> Result<()> {
    Ok(io::stdout().write_all(text.as_bytes())?)
}
