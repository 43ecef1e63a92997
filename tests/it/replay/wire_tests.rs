//! Requests are sent as recorded, and answers are read as they arrive.

use std::collections::BTreeMap;

use axum::Router;
use axum::http::{HeaderMap, Method, Uri};
use serde_json::{Value, json};

use super::receiver::{self, Nobody};
use super::wire::Wire;

/// A server that returns the request it got.
async fn echo() -> Wire {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let said = async |method: Method, uri: Uri, headers: HeaderMap, body: String| {
        let header = |name: &str| {
            headers
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        axum::Json(json!({
            "method": method.as_str(), "uri": uri.to_string(), "body": body,
            "type": header("content-type"), "who": header("authorization"),
        }))
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(said)).await });
    wire(&format!("http://{address}/"))
}

fn wire(base: &str) -> Wire {
    // The first caller installs the provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Wire::new(
        base,
        BTreeMap::from([("ra1".to_owned(), "token".to_owned())]),
    )
}

#[tokio::test]
async fn a_path_arrives_as_written() {
    let wire = echo().await;
    for path in [
        "/a%2Fb%20%7C%5B%5D%27/c.d?x=%C3%A9%26+|[]&&y=@,-",
        "/files/rooms?filterValue=%22%3C%25%23&startIndex=",
        "//x/|/%e9",
    ] {
        let got = wire.call(None, "GET", path, None).await;
        assert_eq!(got.body["uri"], json!(format!("/api/2.0{path}")));
    }
}

#[tokio::test]
#[should_panic(expected = "would rewrite the address")]
async fn a_path_that_the_client_would_change_is_not_sent() {
    echo().await.call(None, "GET", "/a/../b", None).await;
}

#[tokio::test]
async fn a_call_has_a_type_and_a_caller_only_if_it_has_a_body_and_is_made_by_somebody() {
    let wire = echo().await;
    let got = wire.call(None, "PUT", "/x", None).await.body;
    assert_eq!(
        got,
        json!({"method": "PUT", "uri": "/api/2.0/x", "body": "", "type": null, "who": null})
    );
    let got = wire
        .call(Some("ra1"), "DELETE", "/x", Some("{".to_owned()))
        .await
        .body;
    assert_eq!(got["body"], "{");
    assert_eq!(
        (&got["type"], &got["who"]),
        (&json!("application/json"), &json!("token"))
    );
    assert!(wire.knows(None) && wire.knows(Some("ra1")) && !wire.knows(Some("ra2")));
}

#[tokio::test]
async fn the_receiver_answers_each_path_and_nobody_refuses() {
    let wire = wire(&receiver::start().await);
    // With a base path, every path is unknown to the receiver.
    let got = wire.call(None, "POST", "/ok", None).await;
    assert_eq!((got.status, got.body), (404, Value::from("")));
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let base = receiver::start().await;
    for (path, status) in [
        ("/ok", 200),
        ("/no", 404),
        ("/away", 302),
        ("/error", 500),
        ("/", 404),
    ] {
        for method in [reqwest::Method::HEAD, reqwest::Method::POST] {
            let got = http
                .request(method, format!("{base}{path}"))
                .send()
                .await
                .unwrap();
            assert_eq!(got.status().as_u16(), status, "{path}");
            assert_eq!(got.headers().get("location").is_some(), path == "/away");
        }
    }
    let nobody = Nobody::new();
    assert!(http.get(nobody.address()).send().await.is_err());
}
