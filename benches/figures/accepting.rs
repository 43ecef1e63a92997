//! Deliveries per second, each durable before its 200, compared with the same endpoint without a store. The clients run in
//! a separate process.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use roomwright::store::{OpenMode, Store};
use roomwright::webhook::{self, Secrets, WebhookState};
use sha2::Sha256;
use tokio_util::sync::CancellationToken;

use super::{head, now, row};

const SECRET: &str = "Rooms-2026!Prov1sion";
const CLIENTS: u32 = 64;
const ROUND: Duration = Duration::from_secs(2);
const ROUNDS: usize = 5;

/// A delivery as DocSpace sends it, and its signature.
fn delivery(id: usize) -> (String, String) {
    let body = body_of(id);
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(SECRET.as_bytes()).unwrap();
    let digest = mac.chain_update(body.as_bytes()).finalize().into_bytes();
    (body, format!("sha256={}", hex::encode_upper(digest)))
}

pub(super) fn body_of(id: impl std::fmt::Display) -> String {
    format!(
        r#"{{"event":{{"id":{id},"createOn":"2026-07-01T09:15:42Z","createBy":"66faa6e4-f133-11ea-b126-00ffeec8b4ef","trigger":"room.created","triggerId":4194304}},"payload":{{"id":{id},"parentId":4,"securityByUsers":{{}},"folderIdDisplay":4,"rootId":4,"title":"Contracts 2026","createBy":"66faa6e4-f133-11ea-b126-00ffeec8b4ef","modifiedBy":"66faa6e4-f133-11ea-b126-00ffeec8b4ef","createOn":"2026-07-01T09:15:42Z","modifiedOn":"2026-07-01T09:15:42Z","rootFolderType":14,"rootCreateBy":"66faa6e4-f133-11ea-b126-00ffeec8b4ef","fileEntryType":1}},"webhook":{{"id":3,"name":"room-provisioner","url":"https://hooks.example.org/docspace","triggers":["room.created"]}}}}"#
    )
}

fn secrets() -> Secrets {
    Secrets::Required {
        current: SECRET.into(),
        previous: None,
    }
}

async fn bare(headers: HeaderMap, body: Bytes) -> StatusCode {
    match webhook::verify(&headers, body, &secrets()) {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::UNAUTHORIZED,
    }
}

/// Starts a server and returns the address of its webhook.
fn served(router: Router, stop: &CancellationToken) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let stop = stop.clone();
    tokio::spawn(async move { webhook::serve(listener, router, stop).await.unwrap() });
    format!("http://{address}/docspace/webhook")
}

/// Clients that send deliveries one after another until a time. Returns how long each delivery took to get a 200.
async fn sent(url: &str, first_id: usize, pace: Option<Duration>) -> Vec<Duration> {
    let http = reqwest::Client::new();
    let next = Arc::new(AtomicUsize::new(first_id));
    let start = Instant::now();
    let client = |number: u32| {
        let (http, url, next) = (http.clone(), url.to_owned(), next.clone());
        tokio::spawn(async move {
            let mut took = Vec::new();
            // Not all at the same moment.
            let mut due = start + pace.unwrap_or_default() * number / CLIENTS;
            while start.elapsed() < ROUND {
                if let Some(pace) = pace {
                    tokio::time::sleep_until(due.into()).await;
                    due += pace;
                }
                let (body, signature) = delivery(next.fetch_add(1, Ordering::Relaxed));
                let begun = Instant::now();
                let request = http
                    .post(&url)
                    .header("x-docspace-signature-256", signature);
                let answer = request.body(body).send().await.unwrap();
                assert_eq!(answer.status(), 200);
                answer.bytes().await.unwrap();
                took.push(begun.elapsed());
            }
            took
        })
    };
    let clients: Vec<_> = (0..CLIENTS).map(client).collect();
    let mut all = Vec::new();
    for client in clients {
        all.extend(client.await.unwrap());
    }
    all
}

/// The argument that makes this program run the clients.
pub(super) const CLIENTS_COMMAND: &str = "clients";

/// Sends deliveries for a round and prints their number, the seconds, and the 99th percentile of their times.
pub(super) fn clients(url: &str, first_id: &str, pace: &str) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (first_id, pace): (usize, f64) = (first_id.parse().unwrap(), pace.parse().unwrap());
    let pace = (pace > 0.0).then(|| Duration::from_secs_f64(pace));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let start = Instant::now();
    let mut took = runtime.block_on(sent(url, first_id, pace));
    let seconds = start.elapsed().as_secs_f64();
    took.sort();
    let p99 = took[took.len() * 99 / 100].as_secs_f64();
    println!("{} {seconds} {p99}", took.len());
}

/// What the clients measured.
struct Round {
    rate: f64,
    p99: f64,
}

/// One round of clients; with a pace, each sends one delivery in that many seconds.
async fn round(url: &str, next_id: &mut usize, pace: f64) -> Round {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args([
        CLIENTS_COMMAND,
        url,
        &next_id.to_string(),
        &pace.to_string(),
    ]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = output.await.unwrap();
    assert!(output.status.success(), "the clients failed: {output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let figures: Vec<f64> = printed
        .split_whitespace()
        .map(|figure| figure.parse().unwrap())
        .collect();
    let [count, seconds, p99] = figures[..] else {
        panic!("the clients printed `{printed}`");
    };
    *next_id += count as usize;
    Round {
        rate: count / seconds,
        p99,
    }
}

fn middle(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub(super) fn run() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        // On the disk that the build is on: a directory of the system's may be in memory.
        let scratch = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let url = format!("sqlite:{}", scratch.path().join("bench.db").display());
        let store = Store::open(&url, OpenMode::Create).await.unwrap();
        let stop = CancellationToken::new();
        let ours = served(
            webhook::router(WebhookState {
                store: store.clone(),
                secrets: secrets(),
                clock: now,
                readiness: Arc::new(|| true),
            }),
            &stop,
        );
        let theirs = served(Router::new().route("/docspace/webhook", post(bare)), &stop);
        let mut next_id = 0;
        let (mut ratios, mut rates) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let durable = round(&ours, &mut next_id, 0.0).await.rate;
            let plain = round(&theirs, &mut next_id, 0.0).await.rate;
            ratios.push(durable / plain);
            rates.push(durable);
        }
        let rate = middle(rates);
        let pace = f64::from(CLIENTS) / (rate / 2.0);
        let mut waits = Vec::new();
        for _ in 0..ROUNDS {
            waits.push(round(&ours, &mut next_id, pace).await.p99 * 1_000.0);
        }
        head(&[
            "64 clients in another process",
            "durable ÷ bare axum with HMAC and no store",
            "durable a second",
            "p99 at half of that",
        ]);
        row(&[
            "deliveries, each of a new room".to_owned(),
            format!("{:.2}", middle(ratios)),
            format!("{rate:.0}"),
            format!("{:.1} ms", middle(waits)),
        ]);
        stop.cancel();
        store.close().await;
    });
}
