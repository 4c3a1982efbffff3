//! A call of the client under test to the server under test over TLS, as the suite's own runner asks for it: with a certificate
//! that vouches for itself, and with one of the client's where the server wants to know who calls.

use std::process::Stdio;

use conformance::connect::client_compat_response::Result as Answer;
use conformance::connect::{
    ClientCompatRequest, ClientCompatResponse, Codec, Compression, HttpVersion, Named as _, Protocol,
    ServerCompatRequest, ServerCompatResponse, StreamType, TlsCreds, UnaryRequest, frames,
};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair};
use tokio::process::{Child, Command};

const SERVICE: &str = "connectrpc.conformance.v1.ConformanceService";

/// A certificate that is signed by itself and no authority, as the runner makes them.
fn creds(names: &[&str], usage: ExtendedKeyUsagePurpose) -> TlsCreds {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.extended_key_usages = vec![usage];
    let key = KeyPair::generate().unwrap();
    let cert = params.self_signed(&key).unwrap().pem().into_bytes();
    TlsCreds { cert, key: key.serialize_pem().into_bytes() }
}

fn start(program: &str) -> Child {
    let mut command = Command::new(program);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap()
}

/// What comes of calls over each protocol and version of HTTP: the code of a failure, or `None`.
async fn calls(trusted: Option<&TlsCreds>, shown: Option<&TlsCreds>) -> Vec<Option<i32>> {
    let own = creds(&["localhost", "127.0.0.1"], ExtendedKeyUsagePurpose::ServerAuth);
    let mut server = start(env!("CARGO_BIN_EXE_connect-server"));
    let request = ServerCompatRequest {
        use_tls: true,
        client_tls_cert: trusted.map(|creds| creds.cert.clone()).unwrap_or_default(),
        server_creds: Some(own.clone()),
        ..ServerCompatRequest::default()
    };
    frames::write(&mut server.stdin.take().unwrap(), &request).await.unwrap();
    let mut output = server.stdout.take().unwrap();
    let listens: ServerCompatResponse = frames::read(&mut output).await.unwrap().unwrap();
    assert_eq!(listens.pem_cert, own.cert);

    let mut client = start(env!("CARGO_BIN_EXE_connect-client"));
    let (mut input, mut output) = (client.stdin.take().unwrap(), client.stdout.take().unwrap());
    let mut outcomes = Vec::new();
    for protocol in [Protocol::Connect, Protocol::Grpc, Protocol::GrpcWeb] {
        for version in [HttpVersion::HttpVersion1, HttpVersion::HttpVersion2] {
            if protocol == Protocol::Grpc && version == HttpVersion::HttpVersion1 {
                continue;
            }
            let request = ClientCompatRequest {
                test_name: format!("{protocol:?} {version:?}"),
                protocol: protocol.into(),
                http_version: version.into(),
                codec: Codec::Proto.into(),
                compression: Compression::Identity.into(),
                host: listens.host.clone(),
                port: listens.port,
                server_tls_cert: listens.pem_cert.clone(),
                client_tls_creds: shown.cloned(),
                service: Some(SERVICE.into()),
                method: Some("Unary".into()),
                stream_type: StreamType::Unary.into(),
                request_messages: vec![UnaryRequest::default().to_any()],
                ..ClientCompatRequest::default()
            };
            frames::write(&mut input, &request).await.unwrap();
            let response: ClientCompatResponse = frames::read(&mut output).await.unwrap().unwrap();
            let Some(Answer::Response(result)) = response.result else { panic!("{response:?}") };
            assert_eq!(result.payloads.len(), usize::from(result.error.is_none()), "{}", request.test_name);
            outcomes.push(result.error.map(|error| error.code));
        }
    }
    outcomes
}

#[tokio::test]
async fn every_protocol_and_version_is_served() {
    assert_eq!(calls(None, None).await, [None; 5]);
}

#[tokio::test]
async fn a_client_that_has_to_show_a_certificate_shows_the_right_one() {
    let known = creds(&["client"], ExtendedKeyUsagePurpose::ClientAuth);
    let other = creds(&["client"], ExtendedKeyUsagePurpose::ClientAuth);
    assert_eq!(calls(Some(&known), Some(&known)).await, [None; 5]);
    let refused = calls(Some(&known), Some(&other)).await;
    assert!(refused.iter().all(Option::is_some), "{refused:?}");
    let refused = calls(Some(&known), None).await;
    assert!(refused.iter().all(Option::is_some), "{refused:?}");
}
