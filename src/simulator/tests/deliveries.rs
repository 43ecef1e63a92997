//! What the receiver of a webhook gets.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use super::super::webhooks::attempt::signature;
use super::super::{EmployeeType, EntryId, RoomType, ThirdParty, Trigger};
use super::site::site;

const SECRET: &str = "Rooms-2026!Prov1sion";

/// A request that reached a receiver.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) at: Instant,
}

/// A receiver that answers with the given statuses, then with 200.
#[derive(Debug, Clone, Default)]
pub(super) struct Receiver {
    got: Arc<Mutex<Vec<Received>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

/// Serves this app and returns its address.
pub(super) async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    url
}

impl Receiver {
    pub(super) async fn start(answers: &[u16]) -> (Self, String) {
        let receiver = Self {
            answers: Arc::new(Mutex::new(answers.iter().copied().collect())),
            ..Self::default()
        };
        let url = serve(Router::new().fallback(receive).with_state(receiver.clone())).await;
        (receiver, url)
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.got.lock().unwrap().clone()
    }

    pub(super) fn bodies(&self) -> Vec<Value> {
        self.received()
            .iter()
            .filter(|got| got.method == Method::POST)
            .map(|got| serde_json::from_slice(&got.body).unwrap())
            .collect()
    }
}

async fn receive(
    State(receiver): State<Receiver>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let status = receiver.answers.lock().unwrap().pop_front().unwrap_or(200);
    receiver.got.lock().unwrap().push(Received {
        method,
        headers,
        body: body.to_vec(),
        at: Instant::now(),
    });
    StatusCode::from_u16(status).unwrap()
}

#[tokio::test]
async fn a_new_room_is_delivered_with_thirteen_members_and_a_signature() {
    let site = site().await;
    let (receiver, url) = Receiver::start(&[]).await;
    site.portal
        .add_webhook(&site.admin, &url, SECRET, Trigger::RoomCreated.bit());
    let room = site
        .portal
        .create_room(&site.rita, RoomType::Custom, "Müller & Söhne");
    site.portal.wait_deliveries_settled().await;
    let Received { headers, body, .. } = receiver.received().remove(0);
    assert_eq!(
        headers["x-docspace-signature-256"],
        signature(SECRET, &body)
    );
    assert_eq!(headers["content-type"], "application/json; charset=utf-8");
    assert_eq!(headers["accept"], "*/*");
    let mut names: Vec<&str> = headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    let sent = ["accept", "content-length", "content-type", "host"];
    assert_eq!(names, [&sent[..], &["x-docspace-signature-256"]].concat());
    let text = String::from_utf8(body).unwrap();
    assert!(text.is_ascii() && text.contains(r"M\u00FCller \u0026 S\u00F6hne"));
    let event = &receiver.bodies()[0];
    assert_eq!(event["payload"].as_object().unwrap().len(), 13);
    assert_eq!(event["payload"]["id"], room.to_json());
    assert_eq!(event["payload"]["rootFolderType"], 14);
    assert_eq!(event["event"]["trigger"], "room.created");
    assert_eq!(event["event"]["createBy"], site.rita.as_str());
    assert_eq!(event["webhook"]["triggers"], json!(["room.created"]));
    // Without folder type and room type: clients have to read the room.
    assert!(!text.contains("roomType"));
}

#[tokio::test]
async fn automatic_retries_keep_the_event_id_and_manual_ones_do_not() {
    let site = site().await;
    let (receiver, url) = Receiver::start(&[503, 404]).await;
    site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    site.room(RoomType::Custom);
    site.portal.wait_deliveries_settled().await;
    let first = site.portal.deliveries()[0].clone();
    assert_eq!(
        (first.attempts, first.status, first.delivered),
        (3, 200, true)
    );
    let again = site.portal.redeliver(first.event).unwrap();
    site.portal.wait_deliveries_settled().await;
    assert!(site.portal.deliver_again(again));
    site.portal.wait_deliveries_settled().await;
    let bodies = receiver.bodies();
    let ids: Vec<i64> = bodies
        .iter()
        .map(|body| body["event"]["id"].as_i64().unwrap())
        .collect();
    assert_eq!(ids, [first.event, first.event, first.event, again, again]);
    let retries: Vec<&Value> = bodies
        .iter()
        .map(|body| &body["webhook"]["retryCount"])
        .collect();
    assert_eq!(
        retries,
        [
            &json!(null),
            &json!(1),
            &json!(2),
            &json!(null),
            &json!(null)
        ]
    );
    let content = bodies[2]["webhook"]["lastFailureContent"].as_str().unwrap();
    assert_eq!(
        content,
        "Response status code does not indicate success: 404 (Not Found)."
    );
    assert!(
        bodies
            .iter()
            .all(|body| body["event"]["createOn"] == bodies[0]["event"]["createOn"])
    );
}

#[tokio::test]
async fn six_attempts_are_made_and_410_at_the_last_deletes_the_webhook_with_its_rows() {
    let site = site().await;
    let (_, failing) = Receiver::start(&[500; 6]).await;
    let (notified, gone) = Receiver::start(&[410; 6]).await;
    let kept = site.portal.add_webhook(&site.admin, &failing, SECRET, 0);
    site.portal.add_webhook(&site.admin, &gone, SECRET, 0);
    site.room(RoomType::Custom);
    site.portal.wait_deliveries_settled().await;
    let rows = site.portal.deliveries();
    assert_eq!(
        rows.iter()
            .map(|row| (row.attempts, row.status))
            .collect::<Vec<_>>(),
        [(6, 500)]
    );
    assert_eq!(notified.received().len(), 6);
    assert_eq!(
        site.portal
            .webhooks()
            .iter()
            .map(|webhook| webhook.id)
            .collect::<Vec<_>>(),
        [kept]
    );
}

#[tokio::test]
async fn only_webhooks_of_people_who_can_read_the_room_are_notified() {
    let site = site().await;
    let other = site
        .portal
        .add_person("Otto Other", "otto@example.org", EmployeeType::RoomAdmin);
    for owner in [&site.admin, &site.rita, &other, &site.uwe] {
        site.portal
            .add_webhook(owner, "http://127.0.0.1:9/", SECRET, 0);
    }
    site.room(RoomType::Custom);
    let notified: Vec<i64> = site
        .portal
        .deliveries()
        .iter()
        .map(|row| row.webhook)
        .collect();
    assert_eq!(notified, [1, 2]);
    // The check of the last owner, who has no access, has changed the sent object.
    let payload: Value = serde_json::from_str(&site.portal.deliveries()[0].body).unwrap();
    assert_eq!(payload["payload"]["access"], 3);
    assert!(payload["event"].get("id").is_none());
    site.portal.stop();
}

#[tokio::test]
async fn templates_agents_copies_and_third_party_rooms_have_events_of_their_own() {
    let site = site().await;
    site.portal
        .add_webhook(&site.rita, "http://127.0.0.1:9/", SECRET, 0);
    site.portal
        .create_template_room(&site.rita, RoomType::Custom, "Template");
    site.portal.create_agent(&site.rita, "Agent");
    let room = site.portal.create_third_party_room(
        &site.rita,
        ThirdParty::WebDav,
        RoomType::Custom,
        "Project X",
    );
    assert_eq!(room, EntryId::from("sbox-1-L1Byb2plY3QgWA"));
    let original = site.room(RoomType::Custom);
    site.portal.duplicate_room(&site.rita, &original).unwrap();
    let bodies: Vec<Value> = site
        .portal
        .deliveries()
        .iter()
        .map(|row| serde_json::from_str(&row.body).unwrap())
        .collect();
    let notified: Vec<(&str, i64)> = bodies
        .iter()
        .map(|body| {
            (
                body["event"]["trigger"].as_str().unwrap(),
                body["payload"]["rootFolderType"].as_i64().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("room.created", 30),
        ("agent.created", 34),
        ("room.created", 14),
        ("room.created", 14),
        ("room.copied", 14),
    ];
    assert_eq!(notified, expected);
    assert_eq!(bodies[2]["payload"]["id"], "sbox-1-L1Byb2plY3QgWA");
    assert_eq!(bodies[2]["payload"]["parentId"], "sbox-1");
    assert_eq!(bodies[2]["payload"]["mutableId"], true);
    site.portal.stop();
}

#[tokio::test]
async fn admins_get_no_events_of_other_peoples_templates_and_disabled_accounts_none() {
    let site = site().await;
    let hook = site
        .portal
        .add_webhook(&site.admin, "http://127.0.0.1:9/", SECRET, 0);
    site.portal
        .create_template_room(&site.rita, RoomType::Custom, "Template");
    site.portal.set_webhook_enabled(hook, false);
    site.room(RoomType::Custom);
    assert!(site.portal.deliveries().is_empty());
}
