//! PostgreSQL, from the system's package.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::left_out;

/// Where Debian has the programs, by version.
const PACKAGES: &str = "/usr/lib/postgresql";
/// Names another folder of the programs.
const VARIABLE: &str = "POSTGRES_BIN";
/// Who runs it if the caller is root, as whom it refuses to run.
const USER: &str = "postgres";

/// Makes a cluster in `$1` with the programs in `$2`, runs it until standard input ends, and removes it. Standard input
/// ends with the caller, however that comes to its end. Nothing is worth a wait for the disk.
const SCRIPT: &str = r#"
set -e
export LC_ALL=C
"$2/initdb" --pgdata="$1/data" --auth=trust --username=shop --encoding=UTF8 --no-sync >"$1/initdb.log" 2>&1 ||
    { cat "$1/initdb.log" >&2; exit 1; }
"$2/postgres" -D "$1/data" -k "$1" -c listen_addresses= -c fsync=off -c full_page_writes=off \
    -c synchronous_commit=off -c max_connections=200 >"$1/postgres.log" 2>&1 &
server=$!
for attempt in $(seq 600); do
    "$2/pg_isready" -q -h "$1" && break
    kill -0 $server 2>/dev/null || { cat "$1/postgres.log" >&2; exit 1; }
    sleep 0.1
done
echo ready
read -r end || true
kill -QUIT $server
wait $server || true
rm -rf "$1"
"#;

/// A server of its own on a Unix socket, which ends with this value, or with the process that has it.
#[derive(Debug)]
pub struct Postgres {
    bin: PathBuf,
    socket: TempDir,
    child: Child,
    input: Option<ChildStdin>,
}

impl Postgres {
    /// The folder of the programs, of the newest version that is there. The error says how to get them.
    pub fn programs() -> Result<PathBuf> {
        if let Some(folder) = env::var_os(VARIABLE) {
            return Ok(folder.into());
        }
        let versions = fs::read_dir(PACKAGES).into_iter().flatten().flatten();
        let folders = versions.map(|version| version.path().join("bin"));
        let newest = folders.filter(|bin| bin.join("initdb").is_file()).max_by_key(|bin| version(bin));
        newest.with_context(|| {
            format!(
                "there is no PostgreSQL in {PACKAGES}; on Debian: apt-get install postgresql; elsewhere {VARIABLE} \
                 names the folder of initdb and postgres"
            )
        })
    }

    /// The one of this process, started when it is first asked for. Where there are no programs, says that `what` is
    /// left out.
    ///
    /// # Panics
    ///
    /// If there are programs, but no server comes of them.
    pub fn shared(what: &str) -> Option<&'static Self> {
        static SERVER: OnceLock<Postgres> = OnceLock::new();
        if let Err(why) = Self::programs() {
            left_out(what, &why.to_string());
            return None;
        }
        Some(SERVER.get_or_init(|| Self::start().expect("PostgreSQL is installed, so it starts")))
    }

    /// Starts one. The error says how to get the programs where there are none.
    pub fn start() -> Result<Self> {
        let bin = Self::programs()?;
        let socket = TempDir::with_prefix("pg-")?;
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "sh"]).arg(socket.path()).arg(&bin).current_dir(socket.path());
        #[cfg(unix)]
        give_to_user(&mut command, socket.path())?;
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = started.context("cannot start a shell for PostgreSQL")?;
        let input = child.stdin.take();
        let output = child.stdout.take().context("a shell has an output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let server = Self { bin, socket, child, input };
        if line.trim() != "ready" {
            bail!("PostgreSQL does not start, see above");
        }
        Ok(server)
    }

    /// Makes an empty database, and returns its URL.
    pub fn database(&self, name: &str) -> Result<String> {
        let mut create = Command::new(self.bin.join("createdb"));
        create.arg("-h").arg(self.socket.path()).args(["-U", "shop", name]);
        let status = create.status().context("cannot start createdb")?;
        if !status.success() {
            bail!("createdb {name} failed ({status})");
        }
        let socket = self.socket.path().to_str().context("the temporary folder is no text")?;
        Ok(format!("postgres://shop@localhost/{name}?host={}", socket.replace('/', "%2F")))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The end of its input is the end of the script, which is waited for: then nothing of it is left.
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

/// The `15` of `…/15/bin`.
fn version(bin: &Path) -> Option<u32> {
    bin.parent()?.file_name()?.to_str()?.parse().ok()
}

/// PostgreSQL refuses to run as root: then it is the user of its package who runs it.
#[cfg(unix)]
fn give_to_user(command: &mut Command, folder: &Path) -> Result<()> {
    use std::os::unix::fs::{MetadataExt as _, chown};
    use std::os::unix::process::CommandExt as _;

    if fs::metadata(folder)?.uid() != 0 {
        return Ok(());
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let entry = users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|entry| entry[0] == USER);
    let ids = entry.and_then(|entry| Some((entry.get(2)?.parse().ok()?, entry.get(3)?.parse().ok()?)));
    let (user, group) = ids.with_context(|| format!("root needs a user {USER} to run PostgreSQL"))?;
    chown(folder, Some(user), Some(group))?;
    command.uid(user).gid(group);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers() {
        assert_eq!(version(Path::new("/usr/lib/postgresql/15/bin")), Some(15));
        assert!(version(Path::new("/p/9/bin")) < version(Path::new("/p/15/bin")));
        assert_eq!(version(Path::new("/p/x/bin")), None);
    }
}
