//! A webhook behind a self-signed certificate.

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
/// A self-signed certificate for 127.0.0.1, valid until 2126.
const SELF_SIGNED: &[u8] = include_bytes!("self_signed.pem");

/// Starts a TLS proxy in front of the service; returns its address.
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
                // A client that does not trust the certificate closes the connection.
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
    let (code, printed) = ensure(&[]);
    assert_eq!(code, Some(1), "{printed}");
    assert!(
        printed.contains("the portal rejects the webhook"),
        "{printed}"
    );
    let (code, printed) = ensure(&["--disable-ssl-verification"]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.starts_with("created webhook 1"), "{printed}");
    // The setting stays without the option.
    for more in [&[][..], &["--disable-ssl-verification"]] {
        let (code, printed) = ensure(more);
        assert_eq!(code, Some(0), "{printed}");
        assert!(
            printed.contains("nothing was changed"),
            "{more:?} {printed}"
        );
    }
    let (_, printed) = site.run(&["webhook", "status", "--url", &url, "--json"]);
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(printed["webhook"]["ssl"], false, "{printed}");
    let room = site.a_room();
    service.until("the room", || site.paths(&room) == 1).await;
    site.portal.wait_deliveries_settled().await;
    assert!(site.portal.deliveries()[0].delivered);
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}
