//! Accounts, groups and keys.

use serde_json::json;

use super::site;
use crate::simulator::tests::site::Client;
use crate::simulator::{EmployeeStatus, EmployeeType};

#[tokio::test]
async fn accounts_are_added_changed_and_removed() {
    let site = site().await;
    let made = site
        .ask(
            "POST /accounts",
            json!({ "name": "Eva Fink", "email": "eva@x.test", "type": "User" }),
        )
        .await;
    assert_eq!(
        (&made["lastName"], &made["type"]),
        (&json!("Fink"), &json!("User"))
    );
    let got = site
        .ask(
            "PUT /accounts/Eva@X.test",
            json!({ "type": "RoomAdmin", "status": "terminated", "email": "eva@y.test" }),
        )
        .await;
    assert_eq!(got["firstName"], "Eva");
    let eva = site.portal.account(made["id"].as_str().unwrap()).unwrap();
    assert_eq!(
        (eva.kind, eva.status),
        (EmployeeType::RoomAdmin, EmployeeStatus::Terminated)
    );
    assert_eq!(
        (eva.last_name.as_str(), eva.email.as_str()),
        ("Fink", "eva@y.test")
    );
    let svc = site.as_svc();
    assert_eq!(svc.get("people/@self").await.status, 200);
    site.ask("PUT /accounts/svc", json!({ "status": "terminated" }))
        .await;
    assert_eq!(svc.get("people/@self").await.status, 401);
    site.ask("PUT /accounts/svc", json!({ "status": "active" }))
        .await;
    assert_eq!(svc.get("people/@self").await.status, 200);
    site.ask("DELETE /accounts/eva@y.test", json!({})).await;
    assert_eq!(site.send("GET /accounts/eva@y.test", "").await.0, 404);
    let session = site.ask("POST /accounts/cleo/session", json!({})).await;
    let token = session["authorization"].as_str().map(str::to_owned);
    let cleo = Client::with(&site.portal, token).get("people/@self").await;
    assert_eq!(cleo.response()["id"], site.id("user:cleo"));
}

#[tokio::test]
async fn groups_and_keys_are_added_changed_and_removed() {
    let site = site().await;
    let made = site
        .ask(
            "POST /groups",
            json!({ "name": "Sales", "members": ["anna"] }),
        )
        .await;
    assert_eq!(made["members"], json!([site.id("user:anna")]));
    site.ask("PUT /groups/Sales/members/cleo", json!({})).await;
    site.ask("DELETE /groups/Sales/members/anna", json!({}))
        .await;
    let got = site
        .ask("PUT /groups/Sales", json!({ "name": "Finance" }))
        .await;
    assert_eq!(
        (&got["members"], &got["name"]),
        (&json!([site.id("user:cleo")]), &json!("Finance"))
    );
    assert_eq!(
        site.send("PUT /groups/Finance/members/gus", "").await.0,
        409
    );
    site.ask("DELETE /groups/Finance", json!({})).await;
    assert!(site.portal.find_group("Finance").is_err() && site.portal.find_group("HR").is_ok());

    let svc = site.as_svc();
    let status = async || svc.get("files/rooms").await.status;
    for (change, expected) in [
        (json!({ "active": false }), 401),
        (json!({ "active": true }), 200),
        (json!({ "scopes": ["accounts:read"] }), 403),
        (json!({ "scopes": [] }), 200),
        (json!({ "expires": "2020-01-01T00:00:00Z" }), 401),
    ] {
        site.ask("PUT /keys/svc", change).await;
        assert_eq!(status().await, expected);
    }
    let made = site
        .ask(
            "POST /keys",
            json!({ "of": "anna", "scopes": ["rooms:read"] }),
        )
        .await;
    assert_eq!(made["key"]["of"], site.id("user:anna"));
    let token = made["authorization"]
        .as_str()
        .unwrap()
        .strip_prefix("Bearer ");
    let anna = Client::with(&site.portal, token.map(str::to_owned));
    assert_eq!(anna.get("files/rooms").await.status, 200);
}
