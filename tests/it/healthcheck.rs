//! `healthcheck`: the answer to the supervisor of a container.

use std::process::Output;

use insta::assert_snapshot;

use crate::cli::shown;
use crate::process_harness::{Service, Site};

const POLICY: &str = "version: 1\ntemplates:\n  t: { folders: [Documents] }\npolicies:\n  - { name: teams, match: { title: 'Team *' }, template: t }\n";
const BINARY: &str = env!("CARGO_BIN_EXE_roomwright");

/// The port of the webhook, and the address of the health checks.
fn port(service: &Service) -> (String, String) {
    let address = service.hook.trim_start_matches("http://");
    let (address, _) = address.split_once('/').unwrap();
    let port = address.rsplit_once(':').unwrap().1.to_owned();
    (port, service.admin.trim_start_matches("http://").to_owned())
}

/// Runs the check as a container does: with the environment of the service and no arguments.
fn check(site: &Site, (port, admin): &(String, String), arguments: &[&str]) -> Output {
    site.command(BINARY)
        .arg("healthcheck")
        .args(arguments)
        .env("ROOMWRIGHT_LISTEN", format!("0.0.0.0:{port}"))
        .env("ROOMWRIGHT_ADMIN_LISTEN", admin)
        // The proxy is for the portal and never for this machine.
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_service_is_healthy_and_ready() {
    let site = Site::new(POLICY).await;
    let service = site.serve().await;
    let port = port(&service);
    assert_snapshot!(shown(&check(&site, &port, &[])), @"
    exit 0
    ok
    ");
    assert_snapshot!(shown(&check(&site, &port, &["--ready"])), @"
    exit 0
    ready
    ");
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_whose_key_is_dead_is_healthy_and_not_ready() {
    let site = Site::new(POLICY).await;
    let service = site.hooked().await;
    let port = port(&service);
    site.portal.revoke_key(&site.cast.key);
    site.a_room();
    service
        .until("it is not ready", || {
            check(&site, &port, &["--ready"]).status.code() == Some(1)
        })
        .await;
    let printed = shown(&check(&site, &port, &["--ready"]));
    assert!(printed.contains("error: not ready: "), "{printed}");
    assert_eq!(check(&site, &port, &[]).status.code(), Some(0));
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_does_not_run_is_reported() {
    let site = Site::new(POLICY).await;
    let service = site.serve().await;
    let port = port(&service);
    assert_eq!(service.end().await, Some(0));
    let output = check(&site, &port, &[]);
    let printed = shown(&output);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    let start = format!(
        "error: `http://127.0.0.1:{}/healthz` does not respond: connection refused (is `roomwright serve` running?)",
        port.0
    );
    assert!(printed.contains(&start), "{printed}");
    site.portal.stop();
}
