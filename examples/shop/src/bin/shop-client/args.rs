//! What stands on the command line.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Parser, Subcommand};
use rsvc::Context;
use rsvc::client::Protocol;
use shop::api::OrderStatus;
use shop::api::preferences::Theme;

/// Calls a shop.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Where the shop is.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub(crate) target: String,
    /// How to speak to it: `grpc`, `grpc-web` or `connect`.
    #[arg(long, default_value = "grpc", value_parser = protocol)]
    pub(crate) protocol: Protocol,
    /// How many seconds the call may take.
    #[arg(long)]
    timeout: Option<f64>,
    /// Metadata as KEY=VALUE; the value of a key that ends in `-bin` is in hexadecimal digits.
    #[arg(long = "metadata", short = 'm', value_name = "KEY=VALUE")]
    metadata: Vec<String>,
    /// The token of the staff.
    #[arg(long)]
    token: Option<String>,
    /// Prints the metadata of the answer as well.
    #[arg(long, short)]
    pub(crate) verbose: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// One command for each method.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Finds a user.
    GetUser { user_id: String },
    /// Registers a user.
    CreateUser {
        name: String,
        email: String,
        #[arg(long, default_value_t = 0)]
        age: i32,
        #[arg(long)]
        nickname: Option<String>,
    },
    /// Changes a user.
    UpdateUser {
        user_id: String,
        #[arg(long)]
        name: Option<String>,
        #[arg(long)]
        email: Option<String>,
        #[arg(long)]
        age: Option<i32>,
        /// Only if the user has this version.
        #[arg(long)]
        if_version: Option<u64>,
    },
    /// Changes how the shop looks to a user.
    UpdatePreferences {
        user_id: String,
        /// `light` or `dark`.
        #[arg(long, value_parser = theme)]
        theme: Option<Theme>,
        /// As BCP 47 tags, the best first.
        #[arg(long, value_name = "TAG")]
        language: Vec<String>,
    },
    /// Removes a user.
    DeleteUser { user_id: String },
    /// Finds an order.
    GetOrder { order_id: String },
    /// The orders of a user.
    GetOrders {
        user_id: String,
        #[arg(long, default_value_t = 0)]
        limit: i32,
    },
    /// Tells of changes of orders as they happen.
    Watch {
        #[arg(long, default_value = "")]
        user_id: String,
        /// Begins with what happened after this sequence.
        #[arg(long)]
        after: Option<u64>,
        /// Leaves after so many changes.
        #[arg(long)]
        count: Option<usize>,
    },
    /// Places an order, paid by bill.
    PlaceOrder {
        user_id: String,
        /// Each as PRODUCT or PRODUCT=QUANTITY.
        #[arg(required = true)]
        lines: Vec<String>,
        #[arg(long)]
        note: Option<String>,
    },
    /// Moves an order on.
    UpdateOrderStatus {
        order_id: String,
        /// `paid`, `shipped`, `delivered` or `cancelled`.
        #[arg(value_parser = order_status)]
        status: OrderStatus,
    },
    /// Uploads a file.
    Upload {
        upload_id: String,
        file: PathBuf,
        #[arg(long, default_value_t = 65536)]
        chunk_size: usize,
    },
    /// Registers users as a batch.
    ProcessBatch {
        process_id: String,
        /// Each as NAME=EMAIL.
        users: Vec<String>,
    },
    /// Says something in a room, and tells what is said there.
    Chat {
        session_id: String,
        user_id: String,
        messages: Vec<String>,
        /// Stays until so many messages were heard.
        #[arg(long)]
        count: Option<usize>,
    },
    /// Measures the shop.
    Monitor {
        #[arg(default_value = "shop")]
        service_id: String,
        /// Seconds between two measurements.
        #[arg(long, default_value_t = 1.0)]
        interval: f64,
        /// Leaves after so many measurements.
        #[arg(long)]
        count: Option<usize>,
    },
}

impl Args {
    /// Everything about the call except its messages.
    pub(crate) fn context(&self) -> anyhow::Result<Context> {
        let mut ctx = Context::new();
        if let Some(seconds) = self.timeout {
            ctx = ctx.with_timeout(Duration::try_from_secs_f64(seconds).context("--timeout")?);
        }
        if let Some(token) = &self.token {
            ctx = ctx.with_metadata("authorization", format!("Bearer {token}"))?;
        }
        for pair in &self.metadata {
            let (key, value) = split(pair, "--metadata: KEY=VALUE")?;
            ctx = match key.strip_suffix("-bin") {
                Some(_) => ctx.with_metadata(key, from_hex(value)?)?,
                None => ctx.with_metadata(key, value)?,
            };
        }
        Ok(ctx)
    }
}

/// The two sides of `=`.
pub(crate) fn split<'a>(pair: &'a str, wanted: &str) -> anyhow::Result<(&'a str, &'a str)> {
    pair.split_once('=').with_context(|| format!("{pair:?}: {wanted} is wanted"))
}

fn from_hex(text: &str) -> anyhow::Result<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        bail!("{text:?}: pairs of hexadecimal digits are wanted");
    }
    let pairs = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16));
    pairs.collect::<Result<_, _>>().with_context(|| format!("{text:?}"))
}

fn order_status(text: &str) -> anyhow::Result<OrderStatus> {
    let name = format!("ORDER_STATUS_{}", text.to_ascii_uppercase());
    OrderStatus::from_str_name(&name).context("no such status")
}

fn protocol(text: &str) -> anyhow::Result<Protocol> {
    Ok(match text {
        "grpc" => Protocol::Grpc,
        "grpc-web" => Protocol::GrpcWeb,
        "connect" => Protocol::Connect,
        _ => bail!("not a protocol"),
    })
}

fn theme(text: &str) -> anyhow::Result<Theme> {
    let name = format!("THEME_{}", text.to_ascii_uppercase());
    Theme::from_str_name(&name).context("no such theme")
}
