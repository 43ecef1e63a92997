//! What the webhook accepts, refuses and answers.

use std::sync::Arc;

use roomwright::simulator::RoomType;
use roomwright::webhook::{self, Secrets, WebhookState};
use tokio_util::sync::CancellationToken;

use crate::wait;
use crate::world::{SAMPLE, SECRET, World, now};

#[tokio::test]
async fn the_same_event_once_twice_and_fifty_times_gives_the_same_room() {
    for times in [1, 2, 50] {
        let world = World::new(SAMPLE).await;
        let room = world.a_room();
        let id = world.portal.deliveries()[0].event;
        for n in 1..times {
            if n % 3 == 0 {
                world.portal.redeliver(id);
            } else {
                world.portal.deliver_again(id);
            }
        }
        world.settled(&room).await;
        world.is_as_the_sample_says(&room);
        let made = world
            .portal
            .writes()
            .iter()
            .filter(|call| call.path.ends_with(&format!("files/folder/{room}")))
            .count();
        assert_eq!(made, 3, "{times} deliveries");
        world.end().await;
    }
}

#[tokio::test]
async fn a_bad_signature_is_401_and_nothing_is_stored() {
    let world = World::new(SAMPLE).await;
    let client = reqwest::Client::new();
    for signature in [
        None,
        Some("sha256=00"),
        Some("sha256=3250512949560E01DF760C2CBD9658D47B13749EE5847B71DBA463B8C24BC0B6"),
    ] {
        let mut request = client
            .post(&world.hook)
            .body(r#"{"event":{"id":1,"trigger":"room.created"},"payload":{"id":57}}"#);
        if let Some(signature) = signature {
            request = request.header("x-docspace-signature-256", signature);
        }
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
    assert_eq!(world.store.deliveries(10, now()).await.unwrap(), []);
    assert_eq!(world.store.rooms(None).await.unwrap(), []);
    world.end().await;
}

#[tokio::test]
async fn the_webhook_answers_probes_and_reports_readiness() {
    let world = World::new(SAMPLE).await;
    let client = reqwest::Client::new();
    assert_eq!(client.head(&world.hook).send().await.unwrap().status(), 200);
    assert_eq!(
        client
            .get(&world.hook)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
        r#"{"status":"ok"}"#
    );
    assert_eq!(
        client
            .get(format!("{}/readyz", world.service))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    let large = client
        .post(&world.hook)
        .body(vec![b'x'; 2 * 1024 * 1024 + 1])
        .send()
        .await
        .unwrap();
    assert_eq!(large.status(), 413);
    world.end().await;
}

#[tokio::test]
async fn other_triggers_and_templates_are_answered_and_nothing_is_done() {
    let world = World::new(SAMPLE).await;
    world
        .portal
        .create_template_room(&world.me, RoomType::Custom, "Team template");
    wait::until("the delivery", || async {
        let deliveries = world.portal.deliveries();
        deliveries.iter().all(|delivery| delivery.delivered)
    })
    .await;
    assert_eq!(world.portal.deliveries()[0].status, 200);
    assert_eq!(world.store.rooms(None).await.unwrap(), []);
    assert_eq!(world.portal.writes().len(), 0);
    world.end().await;
}

#[tokio::test]
async fn a_store_that_cannot_accept_is_503() {
    let world = World::new(SAMPLE).await;
    let room = world.our_room();
    world.settled(&room).await;
    let sent = world.portal.deliveries().remove(0);
    let (body, signature) = (sent.body, sent.signature.unwrap());
    world.stop.cancel();
    world.running.await.unwrap();
    world.store.close().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let hook = format!("http://{}/docspace/webhook", listener.local_addr().unwrap());
    let secrets = Secrets::Required {
        current: SECRET.into(),
        previous: None,
    };
    let state = WebhookState {
        store: world.store.clone(),
        secrets,
        clock: now,
        readiness: Arc::new(|| true),
    };
    let stop = CancellationToken::new();
    let served = tokio::spawn(webhook::serve(
        listener,
        webhook::router(state),
        stop.clone(),
    ));
    let answer = reqwest::Client::new()
        .post(&hook)
        .header("x-docspace-signature-256", signature)
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 503);
    stop.cancel();
    served.await.unwrap().unwrap();
}
