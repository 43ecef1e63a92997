//! The rules for webhooks: their properties, who can create them, and where they may lead.

use std::net::Ipv4Addr;

use axum::http::Method;
use serde_json::{Value, json};

use super::super::{AddressRange, EmployeeType, Options, PasswordPolicy, RoomType, Trigger};
use super::deliveries::Receiver;
use super::site::{Client, Site, options, site, site_with};

const SECRET: &str = "Rooms-2026!Prov1sion";

/// A webhook's settings, with these members replaced.
#[expect(
    clippy::needless_pass_by_value,
    reason = "every caller passes a temporary value"
)]
fn hook(url: &str, others: Value) -> Value {
    let mut hook = json!({ "name": "rooms", "uri": url, "secretKey": SECRET, "triggers": 0 });
    let others = others.as_object().unwrap().clone();
    hook.as_object_mut().unwrap().extend(others);
    hook
}

async fn made(client: &Client, url: &str, others: Value) -> (u16, String) {
    let got = client.post("settings/webhook", hook(url, others)).await;
    (got.status, got.thrown().to_owned())
}

async fn first(site: &Site) -> Value {
    site.as_admin.get("settings/webhook").await.response()[0]["configs"].clone()
}

#[tokio::test]
async fn only_a_change_can_switch_a_webhook_off_or_do_without_tls() {
    let site = site().await;
    let (_, url) = Receiver::start(&[]).await;
    let off = json!({ "enabled": false, "ssl": false });
    let new = site
        .as_admin
        .post("settings/webhook", hook(&url, off.clone()))
        .await;
    assert_eq!(
        (&new.response()["enabled"], &new.response()["ssl"]),
        (&json!(true), &json!(true))
    );
    // A change sets what it leaves out to off, and the triggers to all.
    let id = &new.response()["id"];
    for change in [off, json!({})] {
        let mut body = hook(&url, change);
        body["id"] = id.clone();
        body.as_object_mut().unwrap().remove("triggers");
        let changed = site.as_admin.put("settings/webhook", body).await;
        let now = changed.response();
        assert_eq!(
            (&now["enabled"], &now["ssl"], &now["triggers"]),
            (&json!(false), &json!(false), &json!(0))
        );
    }
}

#[tokio::test]
async fn a_webhook_that_needs_tls_is_disabled_at_the_first_event_without_a_reason() {
    let site = site().await;
    let (receiver, url) = Receiver::start(&[]).await;
    assert_eq!(made(&site.as_admin, &url, json!({})).await.0, 200);
    site.room(RoomType::Custom);
    site.portal.wait_deliveries_settled().await;
    let hook = first(&site).await;
    assert_eq!(hook["enabled"], false);
    assert_eq!(
        (hook.get("lastFailureOn"), hook.get("lastSuccessOn")),
        (None, None)
    );
    let row = site.portal.deliveries().remove(0);
    assert_eq!((row.attempts, row.status), (0, 0));
    assert_eq!(receiver.received().len(), 1, "only the HEAD");
    // A name that cannot be looked up has the same effect.
    let lost = "http://no-such-host.invalid/";
    site.portal.add_webhook(&site.admin, lost, SECRET, 0);
    site.room(RoomType::Custom);
    site.portal.wait_deliveries_settled().await;
    assert!(!site.portal.webhooks()[1].enabled);
    assert_eq!(site.portal.deliveries().pop().unwrap().attempts, 0);
}

#[tokio::test]
async fn a_bad_address_is_refused_before_the_webhook_is_looked_up() {
    let site = site().await;
    let (_, good) = Receiver::start(&[]).await;
    let (_, bad) = Receiver::start(&[404; 3]).await;
    let id = site.portal.add_webhook(&site.admin, &good, SECRET, 0);
    let put = async |client: &Client, url: &str, id: i64| {
        let body = hook(url, json!({ "id": id }));
        client.put("settings/webhook", body).await.status
    };
    assert_eq!(put(&site.as_admin, &bad, 77).await, 400);
    assert_eq!(put(&site.as_admin, &good, 77).await, 404);
    assert_eq!(put(&site.as_rita, &bad, id).await, 400);
    assert_eq!(put(&site.as_rita, &good, id).await, 403);
    let guest = site.client(&site.gina);
    assert_eq!(put(&guest, &good, 77).await, 404);
    assert_eq!(put(&guest, &good, id).await, 403);
    // Switching looks up the webhook first.
    let body = hook(&bad, json!({ "id": 77, "enabled": true }));
    let switched = site.as_admin.put("settings/webhook/enable", body).await;
    assert_eq!(switched.status, 404);
}

#[tokio::test]
async fn every_change_except_switching_off_probes_the_address() {
    let site = site().await;
    let (receiver, url) = Receiver::start(&[200, 404, 404]).await;
    let id = site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    let put = async |path: &str, enabled: bool| {
        let body = hook(&url, json!({ "id": id, "enabled": enabled }));
        site.as_admin.put(path, body).await.status
    };
    assert_eq!(put("settings/webhook", false).await, 200);
    assert_eq!(put("settings/webhook", false).await, 400);
    assert_eq!(put("settings/webhook/enable", true).await, 400);
    assert_eq!(put("settings/webhook/enable", false).await, 200);
    let requested: Vec<Method> = receiver
        .received()
        .into_iter()
        .map(|got| got.method)
        .collect();
    assert_eq!(requested, [Method::HEAD; 3]);
}

#[tokio::test]
async fn the_first_editor_of_a_webhook_is_shown_which_may_be_the_sender() {
    let site = site().await;
    let (_, url) = Receiver::start(&[]).await;
    let modifier = async |id: i64| {
        let all = site.as_admin.get("settings/webhook").await;
        let all = all.response().as_array().unwrap().clone();
        let found = all.iter().find(|hook| hook["configs"]["id"] == id);
        found.unwrap()["configs"]["modifiedBy"]["displayName"].clone()
    };
    let id = site.portal.add_webhook(&site.rita, &url, SECRET, 0);
    assert_eq!(modifier(id).await, json!(null));
    for client in [&site.as_rita, &site.as_admin] {
        let body = hook(&url, json!({ "id": id, "enabled": true }));
        assert_eq!(client.put("settings/webhook", body).await.status, 200);
        assert_eq!(modifier(id).await, "Rita Room");
    }
    let other = site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    site.room(RoomType::Custom);
    site.portal.wait_deliveries_settled().await;
    assert_eq!(modifier(other).await, "guest");
}

#[tokio::test]
async fn secrets_must_meet_the_password_policy() {
    let demanding = PasswordPolicy {
        shortest: 10,
        needs_capital: true,
        needs_digit: true,
        needs_symbol: true,
    };
    for (policy, secret, status) in [
        (PasswordPolicy::default(), "12345678", 200),
        (PasswordPolicy::default(), "1234567", 400),
        (PasswordPolicy::default(), &"x".repeat(30), 200),
        (PasswordPolicy::default(), &"x".repeat(31), 400),
        (PasswordPolicy::default(), "with blank", 400),
        (PasswordPolicy::default(), "tab\tulator", 400),
        (PasswordPolicy::default(), "12345678\n", 200),
        (PasswordPolicy::default(), "1234567\n", 400),
        (PasswordPolicy::default(), "12345678\n\n", 400),
        (demanding, "Abcdefg-12", 200),
        (demanding, "Abcdefg-1", 400),
        (demanding, "abcdefg-12", 400),
        (demanding, "Abcdefg-xy", 400),
        (demanding, "Abcdefgh12", 400),
    ] {
        let site = site_with(Options {
            password_policy: policy,
            ..options()
        })
        .await;
        let (_, url) = Receiver::start(&[]).await;
        let got = made(&site.as_admin, &url, json!({ "secretKey": secret })).await;
        let thrown = if status == 200 {
            ""
        } else {
            "System.ArgumentException"
        };
        assert_eq!(got, (status, thrown.to_owned()), "{secret:?} {policy:?}");
    }
}

#[tokio::test]
async fn wrong_lengths_are_reported_together_as_validation_errors() {
    let site = site().await;
    let long = |size: usize| "x".repeat(size);
    let body =
        json!({ "name": long(51), "uri": " ", "secretKey": long(51), "targetId": long(256) });
    let got = site.as_admin.post("settings/webhook", body).await;
    let wrong = got.response()["errors"].as_object().unwrap().clone();
    let keys: Vec<&str> = wrong.keys().map(String::as_str).collect();
    assert_eq!(keys, ["Name", "SecretKey", "TargetId", "Uri"]);
    for (member, value) in [
        ("triggers", json!("4194304")),
        ("triggers", json!(1.5)),
        ("triggers", json!(null)),
        ("enabled", json!("true")),
        ("ssl", json!(null)),
        ("name", json!(7)),
        ("id", json!(null)),
        ("id", json!(1_i64 << 40)),
    ] {
        let mut body = hook("http://127.0.0.1:9/", json!({ "id": 1 }));
        body[member] = value.clone();
        let got = site.as_admin.put("settings/webhook", body).await;
        let wrong = &got.response()["errors"];
        assert!(
            wrong.get(format!("$.{member}")).is_some(),
            "{member} {value} {wrong}"
        );
    }
    let got = site
        .as_admin
        .put("settings/webhook", hook("http://127.0.0.1:9/", json!({})))
        .await;
    assert!(got.response()["errors"].get("$").is_some(), "no id");
}

#[tokio::test]
async fn name_and_address_are_unique_for_new_webhooks_but_not_for_changed_ones() {
    let site = site().await;
    let (_, url) = Receiver::start(&[]).await;
    assert_eq!(made(&site.as_admin, &url, json!({})).await.0, 200);
    let loud = url.to_uppercase().replace("HTTP", "http");
    for url in [&url, &loud] {
        let twice = made(&site.as_rita, url, json!({ "name": "Rööms " })).await;
        assert_eq!(twice, (400, "System.ArgumentException".to_owned()));
    }
    let other = json!({ "name": "other" });
    let other = site
        .as_rita
        .post("settings/webhook", hook(&url, other))
        .await;
    let body = hook(&url, json!({ "id": other.response()["id"] }));
    assert_eq!(site.as_rita.put("settings/webhook", body).await.status, 200);
}

#[tokio::test]
async fn characters_that_the_tables_cannot_store_are_database_errors() {
    let site = site().await;
    let (_, url) = Receiver::start(&[]).await;
    let id = site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    let thrown = made(&site.as_admin, &url, json!({ "name": "🙂" })).await;
    assert_eq!(thrown, (500, "MySqlConnector.MySqlException".to_owned()));
    let body = hook(&url, json!({ "id": id, "name": "🙂" }));
    let got = site.as_admin.put("settings/webhook", body).await;
    assert_eq!(
        (got.status, got.thrown()),
        (500, "Microsoft.EntityFrameworkCore.DbUpdateException")
    );
}

#[tokio::test]
async fn the_available_triggers_depend_on_the_account_type() {
    let site = site().await;
    let (_, url) = Receiver::start(&[]).await;
    let admins_only = Trigger::RoomCreated.bit() | Trigger::RoomUpdated.bit();
    for (person, available, mask, status) in [
        (&site.admin, 37, -1, 200),
        (&site.rita, 37, admins_only, 200),
        (&site.uwe, 29, admins_only, 400),
        (&site.uwe, 29, -1, 400),
        (&site.uwe, 29, Trigger::RoomUpdated.bit(), 200),
        (&site.uwe, 29, 0, 200),
        (&site.uwe, 29, 1 << 50, 200),
        (&site.gina, 0, 0, 403),
    ] {
        let client = site.client(person);
        let listed = client.get("settings/webhook/triggers").await;
        let listed = listed.response().as_array().unwrap().clone();
        let may = listed.iter().filter(|known| known["available"] == true);
        assert_eq!((listed.len(), may.count()), (37, available));
        let name = format!("{person} {mask}").split_off(30);
        let got = made(&client, &url, json!({ "name": name, "triggers": mask })).await;
        assert_eq!(got.0, status, "{mask}");
    }
}

#[tokio::test]
async fn a_portal_can_restrict_webhooks_to_admins() {
    let site = site_with(Options {
        developer_tools_for_admins_only: true,
        ..options()
    })
    .await;
    let (_, url) = Receiver::start(&[]).await;
    assert_eq!(made(&site.as_rita, &url, json!({})).await.0, 403);
    assert_eq!(site.as_rita.get("settings/webhook").await.status, 403);
    assert_eq!(made(&site.as_admin, &url, json!({})).await.0, 200);
}

#[tokio::test]
async fn a_refused_address_deletes_the_webhook_and_its_rows() {
    let loopback = AddressRange {
        of: Ipv4Addr::LOCALHOST.into(),
        bits: 8,
    };
    let site = site_with(Options {
        refused_addresses: vec![loopback],
        ..options()
    })
    .await;
    let (receiver, url) = Receiver::start(&[]).await;
    let refused = made(&site.as_admin, &url, json!({})).await;
    assert_eq!(refused, (400, "System.ArgumentException".to_owned()));
    site.portal.add_webhook(&site.admin, &url, SECRET, 0);
    site.room(RoomType::Custom);
    assert_eq!(site.portal.deliveries().len(), 1);
    site.portal.wait_deliveries_settled().await;
    assert!(site.portal.webhooks().is_empty() && site.portal.deliveries().is_empty());
    assert!(receiver.received().is_empty());
}

#[tokio::test]
async fn an_address_must_be_valid_and_must_answer() {
    let site = site().await;
    let (_, away) = Receiver::start(&[302]).await;
    let (_, plain) = Receiver::start(&[]).await;
    let argument = "System.ArgumentException";
    for (url, ssl, status, thrown) in [
        ("nonsense", false, 400, argument),
        ("ftp://127.0.0.1/", false, 400, argument),
        ("http://no-such-host.invalid/", false, 400, argument),
        (&away, false, 400, argument),
        (&plain, true, 400, argument),
        (
            "http://127.0.0.1:1/",
            false,
            500,
            "System.Net.Http.HttpRequestException",
        ),
        (
            &plain.replace("http", "https"),
            true,
            500,
            "System.Net.Http.HttpRequestException",
        ),
    ] {
        let got = made(&site.as_admin, url, json!({ "ssl": ssl })).await;
        assert_eq!(got, (status, thrown.to_owned()), "{url}");
    }
}

#[tokio::test]
async fn a_room_admin_sees_and_changes_only_own_webhooks() {
    let site = site().await;
    let (_, url) = Receiver::start(&[]).await;
    let other = site
        .portal
        .add_person("Otto Other", "otto@example.org", EmployeeType::RoomAdmin);
    site.portal.add_webhook(&other, &url, SECRET, 0);
    let own = site.portal.add_webhook(&site.rita, &url, SECRET, 0);
    let listed = site.as_rita.get("settings/webhook").await;
    let listed: Vec<i64> = listed
        .response()
        .as_array()
        .unwrap()
        .iter()
        .map(|hook| hook["configs"]["id"].as_i64().unwrap())
        .collect();
    assert_eq!(listed, [own]);
    let all = site.as_admin.get("settings/webhook").await;
    assert_eq!(all.response().as_array().unwrap().len(), 2);
    assert_eq!(all.json["count"], 1);
}
