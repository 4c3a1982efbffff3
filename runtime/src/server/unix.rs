//! Unix sockets that have a file.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::UnixListener;

use super::socket::BACKLOG;

/// Listens on a file, which nobody can connect to before it has its permissions.
pub(super) fn bind(path: &Path, mode: Option<u32>) -> io::Result<(UnixListener, SocketFile)> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    let addr = SockAddr::unix(path)?;
    match socket.bind(&addr) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_stale(path, &addr)? => {
            fs::remove_file(path)?;
            socket.bind(&addr)?;
        }
        bound => bound?,
    }
    let file = SocketFile::new(path)?;
    if let Some(mode) = mode {
        fs::set_permissions(path, Permissions::from_mode(mode))?;
    }
    socket.set_nonblocking(true)?;
    socket.listen(BACKLOG)?;
    Ok((UnixListener::from_std(socket.into())?, file))
}

/// Whether a file is the socket of a process that has gone without removing it.
fn is_stale(path: &Path, addr: &SockAddr) -> io::Result<bool> {
    if !fs::symlink_metadata(path)?.file_type().is_socket() {
        return Ok(false);
    }
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // A process that accepts nothing is there all the same.
    socket.set_nonblocking(true)?;
    let refused = io::ErrorKind::ConnectionRefused;
    Ok(socket.connect(addr).is_err_and(|error| error.kind() == refused))
}

/// The file of a socket. It is removed when this is dropped, unless another one has taken its place.
pub(super) struct SocketFile {
    path: PathBuf,
    place: (u64, u64),
}

impl SocketFile {
    fn new(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), place: place(path)? })
    }
}

/// What tells a file from another one.
fn place(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if place(&self.path).is_ok_and(|place| place == self.place)
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!(%error, path = %self.path.display(), "the file of a socket stays");
        }
    }
}
