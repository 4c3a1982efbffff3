//! The programs of a pair: started, spoken to, and ended.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use conformance::connect::{
    ClientCompatRequest, ClientCompatResponse, HttpVersion, Protocol, ServerCompatRequest,
    ServerCompatResponse, frames,
};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{Mutex as AsyncMutex, oneshot};
use tokio::time::timeout;

use crate::SERVER_LIMIT;

/// How long a server may take to say where it listens.
const START: Duration = Duration::from_secs(10);
/// How long a program may take to end when it is told to.
const STOP: Duration = Duration::from_secs(5);

/// How a program is started.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) words: Vec<String>,
    pub(crate) environment: Vec<(&'static str, String)>,
}

impl Program {
    fn spawn(&self) -> Result<Child> {
        let [program, arguments @ ..] = &*self.words else { bail!("a program without a name") };
        let mut command = Command::new(program);
        command.args(arguments).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        command.spawn().with_context(|| format!("cannot start {program}"))
    }
}

/// A server that runs.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Server {
    pub(crate) async fn start(program: &Program, protocol: Protocol, version: HttpVersion) -> Result<Self> {
        let mut child = program.spawn()?;
        let request = ServerCompatRequest {
            protocol: protocol.into(),
            http_version: version.into(),
            message_receive_limit: SERVER_LIMIT,
            ..ServerCompatRequest::default()
        };
        // Its end is no reason to stop.
        let mut input = child.stdin.take().context("standard input is a pipe")?;
        frames::write(&mut input, &request).await?;
        drop(input);
        let mut output = child.stdout.take().context("standard output is a pipe")?;
        let response = timeout(START, frames::read::<ServerCompatResponse>(&mut output)).await;
        let response = response.context("the server does not say where it listens")??;
        let response = response.context("the server ended before it said where it listens")?;
        let host = if response.host.is_empty() { "127.0.0.1" } else { &response.host };
        let address = format!("{host}:{}", response.port).parse().context("the address of the server")?;
        Ok(Self { address, child })
    }

    /// Asks the server to end, and waits for that.
    pub(crate) async fn stop(mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the server has ended by itself ({status})");
        }
        let id = self.child.id().context("a program that runs has an id")?.to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().await?;
        ensure!(asked.success(), "cannot send a signal to the server");
        let status =
            timeout(STOP, self.child.wait()).await.context("the server does not end on SIGTERM")??;
        ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }
}

type Waiting = Arc<Mutex<HashMap<String, oneshot::Sender<ClientCompatResponse>>>>;

/// A client that runs.
pub(crate) struct Client {
    input: AsyncMutex<ChildStdin>,
    waiting: Waiting,
    child: Child,
}

impl Client {
    pub(crate) fn start(program: &Program) -> Result<Self> {
        let mut child = program.spawn()?;
        let input = child.stdin.take().context("standard input is a pipe")?;
        let output = child.stdout.take().context("standard output is a pipe")?;
        let waiting = Waiting::default();
        tokio::spawn(listen(output, Arc::clone(&waiting)));
        Ok(Self { input: AsyncMutex::new(input), waiting, child })
    }

    /// Has a call made.
    pub(crate) async fn call(&self, request: &ClientCompatRequest) -> Result<ClientCompatResponse> {
        let (sender, receiver) = oneshot::channel();
        lock(&self.waiting).insert(request.test_name.clone(), sender);
        frames::write(&mut *self.input.lock().await, request).await.context("the client has ended")?;
        receiver.await.context("the client has ended without an answer")
    }

    /// Tells the client that there is no more to do, and waits for its end.
    pub(crate) async fn finish(mut self) -> Result<()> {
        drop(self.input);
        let status = timeout(STOP, self.child.wait()).await;
        let status = status.context("the client does not end when its input does")??;
        ensure!(status.success(), "the client ended with {status}");
        Ok(())
    }
}

/// Hands each answer to who waits for it, until there are no more.
async fn listen(mut output: ChildStdout, waiting: Waiting) {
    loop {
        match frames::read::<ClientCompatResponse>(&mut output).await {
            Ok(Some(response)) => match lock(&waiting).remove(&response.test_name) {
                // Who waited may have given up.
                Some(sender) => drop(sender.send(response)),
                None => eprintln!("an answer that nobody waits for: {}", response.test_name),
            },
            Ok(None) => break,
            Err(error) => {
                eprintln!("the output of the client: {error}");
                break;
            }
        }
    }
    lock(&waiting).clear();
}

fn lock(waiting: &Waiting) -> MutexGuard<'_, HashMap<String, oneshot::Sender<ClientCompatResponse>>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}
