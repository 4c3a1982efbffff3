//! Certificates, keys and authorities in files that change while a server runs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rsvc::tls::{ClientTls, Identity, Pem, ServerTls, TlsReload};
use rsvc::{Channel, Context, Status};
use tempfile::TempDir;

use crate::authority::Authority;
use crate::{WHO, call, serve};

/// A folder with an identity of this authority.
fn folder_of(authority: &Authority) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), authority);
    folder
}

/// Replaces both files, each at once.
fn write(folder: &Path, authority: &Authority) {
    let (chain, key) = authority.issue(["localhost"]);
    for (name, content) in [("tls.crt", chain), ("tls.key", key), ("ca.crt", authority.pem())] {
        fs::write(folder.join("new"), content).unwrap();
        fs::rename(folder.join("new"), folder.join(name)).unwrap();
    }
}

fn identity(folder: &Path) -> Identity {
    Identity::from_files(folder.join("tls.crt"), folder.join("tls.key"))
}

/// Only the handle reads files again.
fn by_handle(folder: &Path, reload: &TlsReload) -> ServerTls {
    ServerTls::new(identity(folder)).check_files_every(None).reload_by(reload)
}

async fn connect(endpoint: &str, tls: ClientTls) -> Channel {
    Channel::builder(endpoint).tls(tls).connect().await.unwrap()
}

async fn call_on(channel: &Channel) -> Result<(), Status> {
    rsvc::codegen::client::unary::<(), (), Status>(channel, &WHO, Context::new(), ()).await
}

fn trusting(authority: &Authority) -> ClientTls {
    ClientTls::new().ca(authority.pem())
}

/// Waits until new connections see an identity of this authority.
async fn until_shown(endpoint: &str, authority: &Authority) {
    for _ in 0..3000 {
        if call(endpoint, trusting(authority)).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the new certificate is not shown");
}

#[tokio::test]
async fn new_connections_see_new_files_and_open_ones_go_on() {
    let (old, new) = (Authority::new(), Authority::new());
    let folder = folder_of(&old);
    let tls = ServerTls::new(identity(folder.path())).check_files_every(Some(Duration::from_millis(5)));
    let endpoint = serve(tls).await;
    let open = connect(&endpoint, trusting(&old)).await;
    call_on(&open).await.unwrap();

    write(folder.path(), &new);
    until_shown(&endpoint, &new).await;
    call(&endpoint, trusting(&old)).await.unwrap_err();
    // It could not be made again.
    call_on(&open).await.unwrap();
}

/// As secrets of Kubernetes change: the files are links through a link to a folder, and that link is replaced.
#[cfg(unix)]
#[tokio::test]
async fn a_link_that_is_replaced_is_noticed() {
    use std::os::unix::fs::symlink;

    let (old, new) = (Authority::new(), Authority::new());
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for (version, authority) in [("..1", &old), ("..2", &new)] {
        fs::create_dir(at(version)).unwrap();
        write(&at(version), authority);
    }
    symlink("..1", at("..data")).unwrap();
    for name in ["tls.crt", "tls.key"] {
        symlink(Path::new("..data").join(name), at(name)).unwrap();
    }
    let tls = ServerTls::new(identity(folder.path())).check_files_every(Some(Duration::from_millis(5)));
    let endpoint = serve(tls).await;
    call(&endpoint, trusting(&old)).await.unwrap();

    symlink("..2", at("..data_tmp")).unwrap();
    fs::rename(at("..data_tmp"), at("..data")).unwrap();
    until_shown(&endpoint, &new).await;
}

#[tokio::test]
async fn what_is_not_usable_changes_nothing() {
    let (old, new) = (Authority::new(), Authority::new());
    let folder = folder_of(&old);
    let reload = TlsReload::new();
    let endpoint = serve(by_handle(folder.path(), &reload)).await;

    let key = folder.path().join("tls.key");
    fs::write(&key, "nonsense").unwrap();
    let error = reload.reload().unwrap_err().to_string();
    assert!(error.starts_with(&format!("TLS private key: {}: ", key.display())), "{error}");
    call(&endpoint, trusting(&old)).await.unwrap();

    // A certificate without its key.
    fs::write(&key, old.issue(["localhost"]).1).unwrap();
    let error = reload.reload().unwrap_err().to_string();
    assert!(error.starts_with(&format!("TLS identity: {}: ", key.display())), "{error}");
    fs::remove_file(&key).unwrap();
    let error = reload.reload().unwrap_err().to_string();
    assert!(error.starts_with(&format!("TLS private key: {}: ", key.display())), "{error}");
    call(&endpoint, trusting(&old)).await.unwrap();

    write(folder.path(), &new);
    call(&endpoint, trusting(&old)).await.unwrap();
    reload.reload().unwrap();
    call(&endpoint, trusting(&new)).await.unwrap();
}

#[tokio::test]
async fn files_are_there_when_a_server_starts() {
    let folder = tempfile::tempdir().unwrap();
    let tls = ServerTls::new(identity(folder.path()));
    let error = rsvc::Server::new().tls(tls).bind("127.0.0.1:0").await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    let chain = folder.path().join("tls.crt");
    assert!(source.starts_with(&format!("TLS certificate chain: {}: ", chain.display())), "{source}");
}

/// The authority of clients changes; nobody gets in by a session of before.
#[tokio::test]
async fn clients_of_an_old_authority_are_refused() {
    let (server, old, new) = (Authority::new(), Authority::new(), Authority::new());
    let folder = folder_of(&old);
    let reload = TlsReload::new();
    let tls = ServerTls::new(server.identity("localhost"))
        .client_ca(Pem::file(folder.path().join("ca.crt")))
        .reload_by(&reload);
    let endpoint = serve(tls).await;
    let of = |authority: &Authority| trusting(&server).identity(authority.identity("client"));
    let (of_old, of_new) = (of(&old), of(&new));
    assert_eq!(call(&endpoint, of_old.clone()).await.as_deref(), Ok("1"));
    call(&endpoint, of_new.clone()).await.unwrap_err();

    write(folder.path(), &new);
    reload.reload().unwrap();
    assert_eq!(call(&endpoint, of_new).await.as_deref(), Ok("1"));
    call(&endpoint, of_old).await.unwrap_err();
}

/// A client shows what is in its files when it connects.
#[tokio::test]
async fn a_client_has_files_that_change() {
    let (server, old, new) = (Authority::new(), Authority::new(), Authority::new());
    let theirs = folder_of(&old);
    let ours = folder_of(&old);
    let reload = TlsReload::new();
    let tls = ServerTls::new(server.identity("localhost"))
        .client_ca(Pem::file(theirs.path().join("ca.crt")))
        .reload_by(&reload);
    // Connections are made for single calls, so that each shows who it is.
    let bound = rsvc::Server::new().add(crate::Who).tls(tls);
    let bound = bound.max_connection_idle(Some(Duration::from_millis(1))).bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("https://localhost:{}", bound.local_addr().port());
    tokio::spawn(bound.serve_with_shutdown(std::future::pending()));
    let tls = trusting(&server).identity(identity(ours.path()));
    let channel = connect(&endpoint, tls.check_files_every(Some(Duration::ZERO))).await;
    call_on(&channel).await.unwrap();

    write(theirs.path(), &new);
    write(ours.path(), &new);
    reload.reload().unwrap();
    // Once the connection of before has gone, only the new identity is taken.
    tokio::time::sleep(Duration::from_millis(50)).await;
    call_on(&channel).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_hangup_reloads() {
    let (old, new) = (Authority::new(), Authority::new());
    let folder = folder_of(&old);
    let reload = TlsReload::new();
    let endpoint = serve(by_handle(folder.path(), &reload)).await;
    reload.on_hangup().unwrap();
    // The server has it.
    drop(reload);
    call(&endpoint, trusting(&old)).await.unwrap();
    write(folder.path(), &new);
    let sent = std::process::Command::new("kill").args(["-HUP", &std::process::id().to_string()]).status();
    assert!(sent.unwrap().success());
    until_shown(&endpoint, &new).await;
}
