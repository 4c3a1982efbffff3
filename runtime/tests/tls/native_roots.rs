//! The authorities of the machine, which two variables of the environment name here.

use std::process::Command;

use rsvc::tls::{ClientTls, ServerTls};

use crate::authority::Authority;
use crate::{call, serve};

/// Where the other process finds the server.
const ENDPOINT: &str = "RSVC_TEST_ENDPOINT";

#[tokio::test(flavor = "multi_thread")]
async fn they_vouch_for_a_server() {
    let authority = Authority::new();
    let endpoint = serve(ServerTls::new(authority.identity("localhost"))).await;
    let folder = tempfile::tempdir().unwrap();
    let of_another = Authority::new().pem();
    for (pem, expected) in [(authority.pem(), true), (of_another, false), (String::new(), false)] {
        let path = folder.path().join("roots.pem");
        std::fs::write(&path, pem).unwrap();
        // Variables are those of a process.
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "native_roots::calls", "--ignored"]);
        child.env("SSL_CERT_FILE", path).env_remove("SSL_CERT_DIR").env(ENDPOINT, &endpoint);
        let output = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("running 1 test"), "{text}");
        assert_eq!(output.status.success(), expected, "{text}");
    }
}

#[tokio::test]
#[ignore = "the test above runs it in another process"]
async fn calls() {
    let endpoint = std::env::var(ENDPOINT).unwrap();
    assert_eq!(call(&endpoint, ClientTls::new().native_roots()).await.as_deref(), Ok("0"));
}
