//! Callers known by their certificates.

use rcgen::{CertificateParams, KeyPair, SanType};
use rsvc::auth::mtls::ClientCertificate;
use rsvc::codegen::{Call, Handling, Service};
use rsvc::tls::{ClientTls, Identity, ServerTls};
use rsvc::{Access, Channel, Code, Context, MethodInfo, MethodKind, Server, ServiceInfo, Status};

use crate::authority::Authority;

const METHOD: MethodInfo = MethodInfo::new("demo.Known", "Who", "/demo.Known/Who", MethodKind::Unary)
    .access(Access::Scopes { all_of: &["demo"], any_of: &[] });
const INFO: ServiceInfo = ServiceInfo::new("demo.Known", &[METHOD], b"");

/// Answers with the subject.
struct Known;

impl Service for Known {
    const INFO: &'static ServiceInfo = &INFO;

    fn call<'a>(&'a self, _: usize, call: Call<'a>) -> Handling<'a> {
        call.unary(|ctx: Context, (): ()| async move {
            let subject = ctx.principal().expect("the method needs a caller").subject().to_owned();
            ctx.set_header("x-subject", subject)?;
            Ok::<(), Status>(())
        })
    }
}

/// The subject that the server sees of a caller whose certificate has this URI; `None` for a caller without one.
async fn subject(authority: &Authority, endpoint: &str, uri: Option<&str>) -> Result<String, Status> {
    let mut tls = ClientTls::new().ca(authority.pem());
    if let Some(uri) = uri {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["client".to_owned()]).unwrap();
        params.subject_alt_names.push(SanType::URI(uri.to_owned().try_into().unwrap()));
        let certificate = params.signed_by(&key, &authority.0).unwrap();
        tls = tls.identity(Identity::from_pem(certificate.pem(), key.serialize_pem()));
    }
    let channel = Channel::builder(endpoint).tls(tls).connect().await.unwrap();
    let ctx = Context::new();
    rsvc::codegen::client::unary::<(), (), Status>(&channel, &METHOD, ctx.clone(), ()).await?;
    Ok(ctx.response_headers().get("x-subject").unwrap().to_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_spiffe_id_is_the_subject_and_gives_scopes() {
    let authority = Authority::new();
    let certificates = ClientCertificate::by_spiffe_id("prod.example").scopes(|identity| {
        let path = identity.spiffe_id().map(rsvc::auth::mtls::SpiffeId::path);
        if path == Some("/demo") { vec!["demo"] } else { vec![] }
    });
    let tls = ServerTls::new(authority.identity("localhost")).optional_client_ca(authority.pem());
    let server = Server::new().add(Known).authenticator(certificates).tls(tls);
    let server = server.bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("https://localhost:{}", server.local_addr().port());
    tokio::spawn(server.serve_with_shutdown(std::future::pending()));

    let of = async |uri| subject(&authority, &endpoint, uri).await.map_err(|status| status.code());
    assert_eq!(of(Some("spiffe://prod.example/demo")).await.as_deref(), Ok("spiffe://prod.example/demo"));
    assert_eq!(of(Some("spiffe://prod.example/other")).await, Err(Code::PermissionDenied));
    assert_eq!(of(Some("spiffe://test.example/demo")).await, Err(Code::Unauthenticated));
    assert_eq!(of(Some("https://prod.example/demo")).await, Err(Code::Unauthenticated));
    let refused = subject(&authority, &endpoint, None).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert_eq!(refused.metadata().get("www-authenticate").unwrap(), "ClientCertificate");
}
