//! A small portal with one account of each type, and a client for each.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::{EmployeeType, EntryId, Options, Portal, RoomType};

pub(super) const START: &str = "2026-07-01T09:15:42Z";

#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) portal: Portal,
    /// The portal's owner.
    pub(super) admin: String,
    pub(super) rita: String,
    pub(super) uwe: String,
    pub(super) gina: String,
    pub(super) as_admin: Client,
    pub(super) as_rita: Client,
}

/// A client with the key of one account.
#[derive(Debug, Clone)]
pub(super) struct Client {
    url: String,
    token: Option<String>,
    http: reqwest::Client,
}

#[derive(Debug, Clone)]
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) text: String,
    pub(super) json: Value,
}

impl Got {
    pub(super) fn response(&self) -> &Value {
        &self.json["response"]
    }

    /// The type of the exception.
    pub(super) fn thrown(&self) -> &str {
        self.json["error"]["type"].as_str().unwrap_or_default()
    }
}

pub(super) fn options() -> Options {
    Options {
        now: Some(START.parse::<Timestamp>().unwrap()),
        retry_scale: 0.0,
        ..Options::default()
    }
}

pub(super) async fn site() -> Site {
    site_with(options()).await
}

pub(super) async fn site_with(options: Options) -> Site {
    let portal = Portal::start(options).await.unwrap();
    let admin = portal.portal_owner();
    let rita = portal.add_person("Rita Room", "rita@example.org", EmployeeType::RoomAdmin);
    let uwe = portal.add_person("Uwe User", "uwe@example.org", EmployeeType::User);
    let gina = portal.add_person("Gina Guest", "gina@example.com", EmployeeType::Guest);
    let as_admin = Client::of(&portal, &admin);
    let as_rita = Client::of(&portal, &rita);
    Site {
        portal,
        admin,
        rita,
        uwe,
        gina,
        as_admin,
        as_rita,
    }
}

impl Site {
    /// Creates a room owned by Rita.
    pub(super) fn room(&self, kind: RoomType) -> EntryId {
        self.portal.create_room(&self.rita, kind, "Room")
    }

    /// Rita shares a room.
    pub(super) async fn share(&self, room: &EntryId, invitations: Value) -> Got {
        self.as_rita
            .put(
                &format!("files/rooms/{room}/share"),
                json!({ "invitations": invitations }),
            )
            .await
    }

    /// The access of a person or group in a room.
    pub(super) fn access(&self, room: &EntryId, subject: &str) -> Option<i32> {
        self.portal.room(room).unwrap().access.get(subject).copied()
    }

    pub(super) fn client(&self, person: &str) -> Client {
        Client::of(&self.portal, person)
    }
}

impl Client {
    pub(super) fn of(portal: &Portal, person: &str) -> Self {
        let token = portal.add_key(person, &[]);
        Self::with(portal, Some(token))
    }

    pub(super) fn with(portal: &Portal, token: Option<String>) -> Self {
        Self {
            url: portal.url(),
            token,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    pub(super) async fn get(&self, path: &str) -> Got {
        self.send("GET", path, None).await.unwrap()
    }

    pub(super) async fn put(&self, path: &str, body: Value) -> Got {
        self.send("PUT", path, Some(body)).await.unwrap()
    }

    pub(super) async fn post(&self, path: &str, body: Value) -> Got {
        self.send("POST", path, Some(body)).await.unwrap()
    }

    pub(super) async fn delete(&self, path: &str, body: Value) -> Got {
        self.send("DELETE", path, Some(body)).await.unwrap()
    }

    /// The status of a GET with this value of `Authorization`.
    pub(super) async fn status_with(&self, value: &str, path: &str) -> u16 {
        let url = format!("{}/api/2.0/{path}", self.url);
        let request = self.http.get(url).header("Authorization", value);
        request.send().await.unwrap().status().as_u16()
    }

    /// Status and headers of a GET.
    pub(super) async fn headers(&self, path: &str) -> (u16, reqwest::header::HeaderMap) {
        let url = format!("{}/api/2.0/{path}", self.url);
        let token = format!("Bearer {}", self.token.clone().unwrap_or_default());
        let answer = self
            .http
            .get(url)
            .header("Authorization", token)
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.headers().clone())
    }

    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> reqwest::Result<Got> {
        let url = format!("{}/api/2.0/{path}", self.url);
        let mut request = self.http.request(method.parse().unwrap(), url);
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        Ok(Got {
            status,
            json: serde_json::from_str(&text).unwrap_or_default(),
            text,
        })
    }
}
