//! A webhook that leads through a certificate which nobody can trust.

use std::sync::Arc;

use roomwright::simulator::Options;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::process_harness::{Service, Site};

const POLICY: &str = "version: 1\ntemplates: { t: { folders: [Documents] } }\npolicies: [{ name: teams, match: { title: 'Team *' }, template: t }]\n";
/// For 127.0.0.1, signed by itself, until 2126.
const SELF_SIGNED: &[u8] = include_bytes!("self_signed.pem");

/// A proxy that ends TLS in front of the service; its address.
async fn proxy(service: &Service) -> String {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificate = CertificateDer::from_pem_slice(SELF_SIGNED).unwrap();
    let key = PrivateKeyDer::from_pem_slice(SELF_SIGNED).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let behind = service.hook.split('/').nth(2).unwrap().to_owned();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, behind) = (acceptor.clone(), behind.clone());
            tokio::spawn(async move {
                // Who does not trust the certificate goes away.
                if let Ok(mut front) = acceptor.accept(stream).await
                    && let Ok(mut back) = TcpStream::connect(&behind).await
                {
                    let _ = tokio::io::copy_bidirectional(&mut front, &mut back).await;
                }
            });
        }
    });
    format!("https://{address}/docspace/webhook")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_self_signed_certificate_is_accepted_on_request_and_deliveries_arrive() {
    let options = Options {
        retry_scale: 0.05,
        ..Options::default()
    };
    let site = Site::at(options, POLICY).await;
    assert!(site.portal.set_scopes(&site.cast.key, &["*"]));
    let service = site.serve().await;
    let url = proxy(&service).await;
    let ensure = |more: &[&str]| site.run(&[&["webhook", "ensure", "--url", &url], more].concat());
    let (code, told) = ensure(&[]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("the portal rejects the webhook"), "{told}");
    let (code, told) = ensure(&["--disable-ssl-verification"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.starts_with("created webhook 1"), "{told}");
    // It stays as it is when nobody says so again.
    for more in [&[][..], &["--disable-ssl-verification"]] {
        let (code, told) = ensure(more);
        assert_eq!(code, Some(0), "{told}");
        assert!(told.contains("nothing was changed"), "{more:?} {told}");
    }
    let (_, told) = site.run(&["webhook", "status", "--url", &url, "--json"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["webhook"]["ssl"], false, "{told}");
    let room = site.a_room();
    service.until("the room", || site.paths(&room) == 1).await;
    site.portal.wait_deliveries_settled().await;
    assert!(site.portal.deliveries()[0].delivered);
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}
