//! The client under test of the Connect conformance suite: it reads `ClientCompatRequest`s from standard input, makes the
//! calls that they describe, and writes what became of each to standard output.

#![forbid(unsafe_code)] // as a user's crate may: generated code has to stand it

#[cfg(connect_suite)]
mod call;
#[cfg(connect_suite)]
mod cancel;
#[cfg(connect_suite)]
mod channels;
#[cfg(connect_suite)]
mod streams;

#[cfg(not(connect_suite))]
fn main() -> anyhow::Result<()> {
    conformance::without_connect_suite()
}

#[cfg(connect_suite)]
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    use std::sync::Arc;

    use conformance::connect::{ClientCompatRequest, frames};
    use tokio::sync::{Mutex, Semaphore};
    use tokio::task::JoinSet;

    /// How many calls there may be at once.
    const AT_ONCE: usize = 32;

    let channels = Arc::new(channels::Channels::default());
    let output = Arc::new(Mutex::new(tokio::io::stdout()));
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    let mut calls = JoinSet::new();
    let mut input = tokio::io::stdin();
    while let Some(request) = frames::read::<ClientCompatRequest>(&mut input).await? {
        let slot = Arc::clone(&slots).acquire_owned().await?;
        let (channels, output) = (Arc::clone(&channels), Arc::clone(&output));
        calls.spawn(async move {
            let response = call::answer(&channels, request).await;
            let written = frames::write(&mut *output.lock().await, &response).await;
            drop(slot);
            written
        });
        while let Some(done) = calls.try_join_next() {
            done??;
        }
    }
    while let Some(done) = calls.join_next().await {
        done??;
    }
    Ok(())
}
