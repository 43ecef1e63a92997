//! The webhook over real sockets: the limits on strangers, and every delivery that DocSpace can send.

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use roomwright::room::RoomId;
use roomwright::store::{OpenMode, Store};
use roomwright::webhook::{self, Limits, Secrets, WebhookState};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::wait::{self, LIMIT};
use crate::world::{SECRET, now};

/// Limits that are short enough for tests.
const SHORT: Limits = Limits {
    head: Duration::from_millis(300),
    request: Duration::from_millis(600),
    unread: Duration::from_millis(300),
    connections: 4,
    strangers: 3,
    requests: 1_000,
    age: Duration::from_secs(600),
    large_bodies: 1,
    turn: Duration::from_millis(100),
};

struct Server {
    store: Store,
    address: String,
    stop: CancellationToken,
    served: tokio::task::JoinHandle<()>,
    _scratch: tempfile::TempDir,
}

impl Server {
    async fn new(limits: Limits) -> Self {
        // The first caller installs the provider.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let scratch = tempfile::tempdir().unwrap();
        let file = format!("sqlite:{}", scratch.path().join("test.db").display());
        let store = Store::open(&file, OpenMode::Create).await.unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state = WebhookState {
            store: store.clone(),
            secrets: Secrets::Required {
                current: SECRET.into(),
                previous: None,
            },
            clock: now,
            readiness: Arc::new(|| true),
        };
        let stop = CancellationToken::new();
        let served = tokio::spawn({
            let (router, stop) = (webhook::router_within(state, &limits), stop.clone());
            async move {
                webhook::serve_within(listener, router, stop, &limits)
                    .await
                    .unwrap();
            }
        });
        Self {
            store,
            address,
            stop,
            served,
            _scratch: scratch,
        }
    }

    async fn dial(&self) -> TcpStream {
        TcpStream::connect(&self.address).await.unwrap()
    }

    /// A connection on which this text was sent.
    async fn send(&self, text: &str) -> TcpStream {
        let mut stream = self.dial().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    /// Delivers with a valid signature, over a new connection.
    async fn deliver(&self, body: &str) -> u16 {
        let request = reqwest::Client::new()
            .post(format!("http://{}/docspace/webhook", self.address))
            .header("x-docspace-signature-256", signature(body))
            .body(body.to_owned());
        let answer = wait::for_future("the answer to a delivery", request.send()).await;
        answer.unwrap().status().as_u16()
    }

    async fn end(self) {
        self.stop.cancel();
        self.served.await.unwrap();
        self.store.close().await;
    }
}

pub(crate) fn signature(body: &str) -> String {
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(SECRET.as_bytes()).unwrap();
    let digest = hex::encode_upper(mac.chain_update(body).finalize().into_bytes());
    format!("sha256={digest}")
}

/// The HTTP text of a delivery with a valid signature.
fn signed_text(body: &str) -> String {
    let (signature, length) = (signature(body), body.len());
    format!(
        "POST /docspace/webhook HTTP/1.1\r\nhost: x\r\nx-docspace-signature-256: {signature}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

fn post(length: usize, body: &str) -> String {
    format!("POST /docspace/webhook HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}")
}

pub(crate) fn event(id: &str, trigger: &str, payload: &str) -> String {
    format!(r#"{{"event":{{"id":{id},"trigger":"{trigger}"}},"payload":{payload}}}"#)
}

/// Everything received until the server closes the connection.
async fn rest(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    match tokio::time::timeout(LIMIT, stream.read_to_end(&mut all)).await {
        // A reset connection is closed, too.
        Ok(_) => String::from_utf8(all).unwrap(),
        Err(_) => panic!("the connection is still open; received: {all:?}"),
    }
}

#[tokio::test]
async fn a_silent_client_and_half_a_head_time_out() {
    let server = Server::new(SHORT).await;
    for said in [
        "",
        "POST /docspace/webhook HTTP/1.1\r\nhost: x\r\ncontent-le",
        "PRI",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let answer = rest(server.send(said).await).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{said}: {answer}"
        );
    }
    let idle = "HEAD /docspace/webhook HTTP/1.1\r\nhost: x\r\n\r\n";
    let answer = rest(server.send(idle).await).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    server.end().await;
}

#[tokio::test]
async fn half_a_body_is_408_and_one_that_is_too_large_413() {
    let server = Server::new(SHORT).await;
    for length in [100, 2 * 1024 * 1024] {
        let answer = rest(server.send(&post(length, "{")).await).await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{length}: {answer}");
    }
    let large = "x".repeat(2 * 1024 * 1024 + 1);
    assert_eq!(server.deliver(&large).await, 413);
    assert_eq!(server.deliver(&large[1..]).await, 400);
    let head = "x".repeat(70 * 1024);
    let answer = rest(
        server
            .send(&format!("GET /healthz HTTP/1.1\r\nx: {head}"))
            .await,
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    server.end().await;
}

#[tokio::test]
async fn idle_connections_do_not_block_a_delivery() {
    let server = Server::new(SHORT).await;
    let mut silent = Vec::new();
    for _ in 0..3 * SHORT.connections {
        silent.push(server.dial().await);
    }
    let body = event("7", "room.created", r#"{"id":57}"#);
    assert_eq!(server.deliver(&body).await, 200);
    assert_eq!(server.store.deliveries(10, now()).await.unwrap().len(), 1);
    server.end().await;
}

#[tokio::test]
async fn a_client_that_leaves_responses_unread_loses_its_connection() {
    // Other connections are free, so this one is not closed for lack of them.
    let limits = Limits {
        connections: 2,
        strangers: 2,
        ..SHORT
    };
    let server = Server::new(limits).await;
    let mut greedy = server.dial().await;
    let asks = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1_000);
    // The buffers are full when no more can be written, unless the server has closed the connection already.
    let fill = async { while greedy.write_all(asks.as_bytes()).await.is_ok() {} };
    let _ = tokio::time::timeout(Duration::from_secs(5), fill).await;
    let cut = async { while greedy.write_all(b"x").await.is_ok() {} };
    wait::for_future("the end of the connection", cut).await;
    server.end().await;
}

#[tokio::test]
async fn a_client_with_a_signed_delivery_keeps_its_connection_among_strangers() {
    let server = Server::new(SHORT).await;
    let mut known = server.dial().await;
    let deliver = async |known: &mut TcpStream, id: &str| {
        let body = event(id, "room.created", r#"{"id":57}"#);
        let request = signed_text(&body);
        known.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(br#"{"status":"ok"}"#) {
            let mut more = [0; 1_000];
            let read = known.read(&mut more).await.unwrap();
            assert!(read > 0, "the connection was closed");
            answer.extend_from_slice(&more[..read]);
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"));
    };
    deliver(&mut known, "7").await;
    let mut silent = Vec::new();
    for _ in 0..3 * SHORT.connections {
        silent.push(server.dial().await);
    }
    // All strangers are connected when one of them was closed for another.
    let mut oldest = silent.remove(0);
    let mut nothing = [0; 1];
    let closed = oldest.read(&mut nothing);
    let closed = wait::for_future("the end of the connection", closed).await;
    assert!(matches!(closed, Ok(0) | Err(_)));
    deliver(&mut known, "8").await;
    server.end().await;
}

#[tokio::test]
async fn a_connection_is_closed_after_a_number_of_requests() {
    let limits = Limits {
        requests: 2,
        ..SHORT
    };
    let server = Server::new(limits).await;
    let ask = "HEAD /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let answers = rest(server.send(&ask.repeat(3)).await).await;
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 2, "{answers}");
    assert_eq!(answers.matches("connection: close").count(), 1, "{answers}");
    server.end().await;
}

#[tokio::test]
async fn large_bodies_of_strangers_wait_for_one_another_and_not_for_deliveries() {
    let limits = Limits {
        connections: 64,
        request: Duration::from_secs(20),
        ..SHORT
    };
    let server = Server::new(limits).await;
    let first = server.send(&post(2_000_000, "{")).await;
    let refused = wait::for_some("one of the others is refused", || async {
        // Either of the two can arrive first.
        let mut other = server.send(&post(2_000_000, "{")).await;
        let mut answer = [0; 12];
        let read = other.read_exact(&mut answer);
        let read = tokio::time::timeout(Duration::from_secs(1), read).await;
        matches!(read, Ok(Ok(_))).then(|| String::from_utf8(answer.to_vec()).unwrap())
    })
    .await;
    assert_eq!(refused, "HTTP/1.1 503");
    let body = event("7", "room.created", r#"{"id":57}"#);
    assert_eq!(server.deliver(&body).await, 200);
    drop(first);
    server.end().await;
}

#[tokio::test]
async fn every_signed_event_gets_a_200_and_queues_its_room_in_any_format() {
    let server = Server::new(Limits::default()).await;
    for payload in [
        "null",
        "[1]",
        r#""x""#,
        r#"{"id":["a"],"title":{"x":1}}"#,
        r#"{"id":[1,2]}"#,
    ] {
        for trigger in ["user.created", "file.deleted", "test"] {
            let body = event("1", trigger, payload);
            assert_eq!(server.deliver(&body).await, 200, "{body}");
        }
    }
    assert_eq!(server.store.rooms(None).await.unwrap(), []);
    for (id, payload) in [
        ("11", r#"{"id":57,"rootFolderType":14}"#),
        (r#""12""#, r#"{"id":57.0,"rootFolderType":"14"}"#),
        ("0", r#"{"id":"57","title":"\ud83d \u0026 \u003C"}"#),
        (r#"{"no":"id"}"#, r#"{"id":"57","title":17,"new":{"a":[]}}"#),
    ] {
        let body = event(id, "room.created", payload);
        assert_eq!(server.deliver(&body).await, 200, "{body}");
    }
    let rows = server.store.deliveries(10, now()).await.unwrap();
    assert_eq!(rows.len(), 4, "{rows:?}");
    assert!(rows.iter().all(|row| row.room == RoomId::new("57")));
    assert!(rows.iter().any(|row| row.title == "\u{fffd} & <"));
    assert_eq!(rows.iter().filter(|row| row.id < 0).count(), 2);
    let rooms = server.store.rooms(None).await.unwrap();
    assert_eq!(rooms.len(), 1, "{rooms:?}");
    assert_eq!(server.deliver("{}").await, 400);
    server.end().await;
}
