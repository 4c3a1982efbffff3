//! Client certificates that are revoked.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, IsCa, KeyIdMethod,
    KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};
use rsvc::tls::{ClientTls, Identity, ServerTls};

use crate::authority::Authority;
use crate::{call, serve};

#[tokio::test]
async fn a_revoked_certificate_is_refused() {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let client = |serial: u64| {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["client".to_owned()]).unwrap();
        params.serial_number = Some(serial.into());
        Identity::from_pem(params.signed_by(&key, &issuer).unwrap().pem(), key.serialize_pem())
    };
    let lists = CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 1, 1),
        next_update: date_time_ymd(2126, 1, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: vec![RevokedCertParams {
            serial_number: SerialNumber::from(7),
            revocation_time: date_time_ymd(2026, 1, 1),
            reason_code: None,
            invalidity_date: None,
        }],
        key_identifier_method: KeyIdMethod::Sha256,
    };
    let lists = lists.signed_by(&issuer).unwrap().pem().unwrap();

    let server = Authority::new();
    let tls = ServerTls::new(server.identity("localhost")).client_ca(issuer.pem());
    let trusting = ClientTls::new().ca(server.pem());
    let endpoint = serve(tls.clone()).await;
    assert_eq!(call(&endpoint, trusting.clone().identity(client(7))).await.as_deref(), Ok("1"));

    let endpoint = serve(tls.client_revocation_lists(lists)).await;
    assert_eq!(call(&endpoint, trusting.clone().identity(client(8))).await.as_deref(), Ok("1"));
    call(&endpoint, trusting.identity(client(7))).await.unwrap_err();
}
