//! Many idle and slow connections to the real process do not delay a delivery.

use std::time::{Duration, Instant};

use roomwright::webhook::Limits;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::process_harness::Site;
use crate::webhook::{event, signature};

const POLICY: &str = "version: 1\ntemplates: { t: { folders: [Documents] } }\npolicies: [{ name: teams, match: { title: 'Team *' }, template: t }]\n";
const CROWD: usize = 1_100;
const DELIVERIES: usize = 20;

/// Sends nothing, or a head or a body little by little.
async fn hold(address: String, number: usize) {
    let Ok(mut stream) = TcpStream::connect(&address).await else {
        return;
    };
    let head = "POST /docspace/webhook HTTP/1.1\r\nhost: x\r\n";
    let begins = match number % 3 {
        0 => String::new(),
        1 => head.to_owned(),
        _ => format!("{head}content-length: 60000\r\n\r\n"),
    };
    let mut alive = stream.write_all(begins.as_bytes()).await.is_ok();
    while alive {
        tokio::time::sleep(Duration::from_millis(500)).await;
        alive = begins.is_empty() || stream.write_all(b"x").await.is_ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_and_slow_connections_do_not_block_deliveries_and_the_log_names_their_address() {
    // The first caller installs the provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // The client ends are in this process.
    let _ = Limits::of_process();
    let site = Site::new(POLICY).await;
    // The soft limit is too low; the hard limit is lower than the number of connections.
    let service = site
        .serve_under("ulimit -Sn 128 && ulimit -Hn 1024 && exec \"$0\" serve")
        .await;
    let address = service.hook.split('/').nth(2).unwrap().to_owned();
    let mut crowd = JoinSet::new();
    for number in 0..CROWD {
        crowd.spawn(hold(address.clone(), number));
    }
    service
        .until("the limit of connections", || {
            service.log().contains("no signed delivery")
        })
        .await;
    let mut slow = 0;
    for number in 1..=DELIVERIES {
        let body = event(&number.to_string(), "room.created", r#"{"id":57}"#);
        let begin = Instant::now();
        let answer = reqwest::Client::new()
            .post(&service.hook)
            .header("x-docspace-signature-256", signature(&body))
            .body(body)
            .send();
        assert_eq!(answer.await.unwrap().status(), 200, "{number}");
        slow += usize::from(begin.elapsed() > Duration::from_secs(1));
    }
    // The machine can be busy for a moment. A delivery that waits for a connection would wait ten seconds each time.
    assert!(slow <= DELIVERIES / 4, "{slow} took more than a second");
    assert!(service.log().contains("most are from 127.0.0.1"));
    crowd.shutdown().await;
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}
