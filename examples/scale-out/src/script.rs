//! What is done to the shops, one thing after the other, under load.

use std::future::Future;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::time::sleep;

use crate::between::Between;
use crate::fleet::Fleet;
use crate::load::Load;

/// A time in which one thing happened.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    pub(crate) name: &'static str,
    pub(crate) from: Duration,
    pub(crate) to: Duration,
    /// How often something was sent again.
    pub(crate) retries: u64,
    /// Whether it is orderly: then no call at all may be lost.
    pub(crate) is_orderly: bool,
}

/// Does it all, at so many times the usual length, and tells when what happened.
pub(crate) async fn play(
    fleet: &mut Fleet,
    load: &Load,
    between: &Between,
    length: f64,
) -> Result<Vec<Window>> {
    let mut windows = Vec::new();
    let stage = Stage { load, between };
    let pause = |seconds: f64| pause(seconds * length);

    windows.push(stage.window("before", true, pause(4.0)).await?);
    let victim = any(fleet)?;
    let kill = async {
        fleet.kill(&victim).await?;
        // Whoever looks after the shops notices after a while, and starts another one.
        pause(2.0).await?;
        fleet.forget(&victim);
        fleet.start("v1").await?;
        pause(1.0).await
    };
    windows.push(stage.window("kill", false, kill).await?);
    windows.push(stage.rest(length).await?);
    let victim = any(fleet)?;
    let freeze = async {
        fleet.freeze(&victim)?;
        pause(5.0).await?;
        fleet.thaw(&victim)?;
        pause(1.0).await
    };
    windows.push(stage.window("freeze", false, freeze).await?);
    windows.push(stage.rest(length).await?);
    let victim = any(fleet)?;
    let drain = async {
        fleet.drain(&victim).await?;
        fleet.start("v1").await?;
        pause(1.0).await
    };
    windows.push(stage.window("drain", true, drain).await?);
    let deploy = async {
        for old in fleet.names() {
            // The new one first, so that there are never fewer.
            fleet.start("v2").await?;
            pause(1.0).await?;
            fleet.drain(&old).await?;
        }
        Ok(())
    };
    windows.push(stage.window("deploy", true, deploy).await?);
    windows.push(stage.window("after", true, pause(4.0)).await?);
    Ok(windows)
}

/// Where it happens.
struct Stage<'a> {
    load: &'a Load,
    between: &'a Between,
}

impl Stage<'_> {
    /// Time for what was frozen or killed to be forgotten, so that the next window is about the next thing.
    async fn rest(&self, length: f64) -> Result<Window> {
        self.window("rest", false, pause(3.0 * length)).await
    }

    async fn window(
        &self,
        name: &'static str,
        is_orderly: bool,
        what: impl Future<Output = Result<()>>,
    ) -> Result<Window> {
        let (from, before) = (self.load.now(), self.between.repeated().await?);
        what.await.context(name)?;
        let retries = self.between.repeated().await?.saturating_sub(before);
        Ok(Window { name, from, to: self.load.now(), retries, is_orderly })
    }
}

async fn pause(seconds: f64) -> Result<()> {
    sleep(Duration::from_secs_f64(seconds)).await;
    Ok(())
}

fn any(fleet: &Fleet) -> Result<String> {
    fleet.names().into_iter().next().context("there are no shops")
}
