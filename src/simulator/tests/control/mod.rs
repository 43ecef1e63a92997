//! The control endpoint (docs/simulator.md), over HTTP.

mod faults;
mod invalid;
mod people;
mod rooms;
mod whole;

use serde_json::{Value, json};

use super::super::{Options, Portal, Seed, SeededNames};
use super::site::{Client, options};

const SECRET: &str = "Rooms-2026!Prov1sion";

struct Site {
    portal: Portal,
    names: SeededNames,
    http: reqwest::Client,
}

/// A portal with `owner`, `svc`, `anna` and `ben` (room admins), `cleo` (a user), `gus` (a guest), the group HR with
/// ben, and anna's room `deals`.
async fn site_with(options: Options) -> Site {
    let seed: Seed = serde_json::from_value(json!({
        "accounts": {
            "owner": { "type": "portal owner" },
            "svc": { "type": "DocSpaceAdmin", "password": "very secret" },
            "anna": { "type": "RoomAdmin", "lastName": "Berg" },
            "ben": { "type": "RoomAdmin" },
            "cleo": { "type": "User" },
            "gus": { "type": "Guest" },
        },
        "groups": { "HR": { "members": ["ben"] } },
        "keys": { "svc": { "of": "svc" } },
        "rooms": { "deals": {
            "title": "Deals", "owner": "anna", "type": "custom",
            "folders": ["A/B"], "tags": ["x"], "members": { "cleo": "editor" },
        } },
    }))
    .unwrap();
    let (portal, names) = Portal::start_seeded(options, &seed).await.unwrap();
    Site {
        portal,
        names,
        http: reqwest::Client::builder().no_proxy().build().unwrap(),
    }
}

async fn site() -> Site {
    site_with(options()).await
}

impl Site {
    /// Status and response. `call` is the method and the path below `/simulator`.
    async fn send(&self, call: &str, body: &str) -> (u16, Value) {
        let (method, path) = call.split_once(' ').unwrap();
        let url = format!("{}/simulator{path}", self.portal.url());
        let requested = self.http.request(method.parse().unwrap(), url);
        let answer = requested.body(body.to_owned()).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/json");
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn ask(&self, call: &str, body: Value) -> Value {
        let (status, answer) = self.send(call, &body.to_string()).await;
        assert_eq!(status, 200, "{call}: {answer}");
        answer
    }

    async fn get(&self, path: &str) -> Value {
        self.ask(&format!("GET {path}"), json!({})).await
    }

    fn id(&self, name: &str) -> String {
        self.names.names[name].as_str().unwrap().to_owned()
    }

    fn as_svc(&self) -> Client {
        let token = self.names.credentials["key:svc"].replace("Bearer ", "");
        Client::with(&self.portal, Some(token))
    }
}
