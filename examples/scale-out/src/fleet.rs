//! The shops: processes on one database, which come and go.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::watch;
use tokio::time::timeout;

/// How long a shop may take to start, or to end once all of its time to drain is over.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a shop goes on once it is told to stop: whoever asks for its health every half second notices in time.
const DRAIN_DELAY: &str = "2";
const DRAIN_TIMEOUT: &str = "20";

/// Some shops, and where they listen.
pub(crate) struct Fleet {
    program: PathBuf,
    database: String,
    data: TempDir,
    shops: Vec<Shop>,
    started: usize,
    addresses: watch::Sender<Vec<SocketAddr>>,
}

/// One process.
pub(crate) struct Shop {
    /// The version and a number.
    pub(crate) name: String,
    pub(crate) addr: SocketAddr,
    pub(crate) admin: SocketAddr,
    child: Child,
    /// Read no further, and closed with the shop: what it prints next would find nobody.
    _output: BufReader<ChildStdout>,
}

impl Fleet {
    pub(crate) fn new(program: &Path, database: String) -> Result<Self> {
        Ok(Self {
            program: program.to_owned(),
            database,
            data: TempDir::with_prefix("scale-out-")?,
            shops: Vec::new(),
            started: 0,
            addresses: watch::Sender::new(Vec::new()),
        })
    }

    /// Where the shops listen, now and whenever that changes.
    pub(crate) fn addresses(&self) -> watch::Receiver<Vec<SocketAddr>> {
        self.addresses.subscribe()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.shops.iter().map(|shop| shop.name.clone()).collect()
    }

    pub(crate) fn shop(&self, name: &str) -> Result<&Shop> {
        self.shops.iter().find(|shop| shop.name == name).with_context(|| format!("there is no shop {name}"))
    }

    /// Starts a shop of a version, and tells its address once it serves.
    pub(crate) async fn start(&mut self, version: &str) -> Result<()> {
        self.started += 1;
        let name = format!("{version}-{}", self.started);
        let mut command = Command::new(&self.program);
        command
            .arg("--data")
            .arg(self.data.path().join(&name))
            .args(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--instance", &name])
            .args(["--drain-delay", DRAIN_DELAY, "--drain-timeout", DRAIN_TIMEOUT])
            // Not as an argument, which every user of the machine may read.
            .env("DATABASE_URL", &self.database)
            .env("RUST_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child =
            command.spawn().with_context(|| format!("cannot start {}", self.program.display()))?;
        let mut output = BufReader::new(child.stdout.take().context("a shop has an output")?);
        let addr = told(&mut output, "listening on http://").await.context(name.clone())?;
        let admin = told(&mut output, "admin on http://").await.context(name.clone())?;
        self.shops.push(Shop { name, addr, admin, child, _output: output });
        self.tell();
        Ok(())
    }

    /// Ends a shop at once.
    pub(crate) async fn kill(&mut self, name: &str) -> Result<()> {
        self.signal(name, Signal::KILL)?;
        self.wait(name).await
    }

    /// Stops a shop in the middle of whatever it does, until [`Fleet::thaw`].
    pub(crate) fn freeze(&self, name: &str) -> Result<()> {
        self.signal(name, Signal::STOP)
    }

    pub(crate) fn thaw(&self, name: &str) -> Result<()> {
        self.signal(name, Signal::CONT)
    }

    /// Asks a shop to stop, and waits until it has.
    pub(crate) async fn drain(&mut self, name: &str) -> Result<()> {
        self.signal(name, Signal::TERM)?;
        self.wait(name).await?;
        self.forget(name);
        Ok(())
    }

    /// Tells nobody of a shop any more that has ended.
    pub(crate) fn forget(&mut self, name: &str) {
        self.shops.retain(|shop| shop.name != name);
        self.tell();
    }

    fn tell(&self) {
        self.addresses.send_replace(self.shops.iter().map(|shop| shop.addr).collect());
    }

    fn signal(&self, name: &str, signal: Signal) -> Result<()> {
        let id = self.shop(name)?.child.id().with_context(|| format!("{name} has ended already"))?;
        let id = i32::try_from(id).ok().and_then(Pid::from_raw).context("a process has a number")?;
        kill_process(id, signal).with_context(|| format!("cannot signal {name}"))
    }

    async fn wait(&mut self, name: &str) -> Result<()> {
        let shop = self.shops.iter_mut().find(|shop| shop.name == name).context("no such shop")?;
        timeout(PATIENCE, shop.child.wait()).await.with_context(|| format!("{name} does not end"))??;
        Ok(())
    }
}

/// The address in the first line that begins with `prefix`.
async fn told(output: &mut BufReader<ChildStdout>, prefix: &str) -> Result<SocketAddr> {
    let find = async {
        let mut line = String::new();
        while output.read_line(&mut line).await? > 0 {
            if let Some(addr) = line.trim_end().strip_prefix(prefix) {
                return Ok(addr.parse()?);
            }
            line.clear();
        }
        bail!("the shop ended before it said `{prefix}…`")
    };
    timeout(PATIENCE, find).await.context("the shop does not start")?
}
