//! One door for all calls: record, fault, key, scope, route.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State as Shared;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::Response;
use serde_json::Value;

use super::answer::{Answer, Fail, Outcome};
use super::fault::{self, Kind};
use super::state::{Person, Request, State, Status};
use super::{Portal, hooks, people, rooms, share};

pub(super) fn router(portal: Portal) -> Router {
    Router::new().fallback(call).with_state(portal)
}

/// One call, taken apart.
pub(super) struct Call<'c> {
    pub(super) portal: &'c Portal,
    pub(super) method: &'c str,
    pub(super) path: &'c [&'c str],
    pub(super) query: BTreeMap<String, String>,
    pub(super) body: &'c Value,
    /// Whose key it is; `None` for anonymous callers.
    pub(super) who: Option<Person>,
}

impl Call<'_> {
    /// A number of the query within bounds; `Err` is the validation answer.
    pub(super) fn number(
        &self,
        name: &str,
        default: usize,
        least: usize,
        most: usize,
    ) -> Result<usize, Answer> {
        match self.query.get(name) {
            None => Ok(default),
            Some(text) => text
                .parse()
                .ok()
                .filter(|n| (least..=most).contains(n))
                .ok_or_else(|| Answer::invalid(name, "The field must be between the bounds.")),
        }
    }

    pub(super) fn person(&self) -> Result<&Person, Fail> {
        self.who.as_ref().ok_or(Fail::Anonymous)
    }
}

/// Counts a call as under way until it is answered or dropped.
struct UnderWay(Portal);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.state().under_way -= 1;
    }
}

async fn call(
    Shared(portal): Shared<Portal>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = decode(uri.path().trim_start_matches("/api/2.0/"), false);
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let key = key(&headers);
    let (number, fault) = {
        let mut state = portal.state();
        state.under_way += 1;
        let fault = fault::due(&mut state.faults, method.as_str(), &path);
        let user = key
            .as_ref()
            .and_then(|key| state.keys.get(key))
            .map(|key| key.owner.clone());
        let at_once = state.under_way;
        state.requests.push(Request {
            user,
            method: method.to_string(),
            path: path.clone(),
            query: uri.query().unwrap_or_default().to_owned(),
            body: body.clone(),
            status: 0,
            known: true,
            at_once,
        });
        (state.requests.len() - 1, fault)
    };
    let _under_way = UnderWay(portal.clone());
    if method == Method::POST && path == "settings/webhook" {
        let answer = hooks::create(&portal, key.as_deref(), &body).await;
        if let Some(request) = portal.state().requests.get_mut(number) {
            request.status = answer.status;
        }
        return answer.response();
    }
    if !portal.inner.options.latency.is_zero() {
        tokio::time::sleep(portal.inner.options.latency).await;
    }
    let segments: Vec<&str> = path.split('/').collect();
    let go = |portal: &Portal| -> Answer {
        let answer = handle(
            portal,
            method.as_str(),
            &segments,
            uri.query().unwrap_or_default(),
            &body,
            key.as_deref(),
        );
        if let Some(request) = portal.state().requests.get_mut(number) {
            request.status = answer.status;
            request.known = answer.known;
        }
        answer
    };
    match fault {
        None => done(&portal, &segments, &go(&portal)),
        Some(Kind::Delay(pause)) => {
            tokio::time::sleep(pause).await;
            done(&portal, &segments, &go(&portal))
        }
        Some(Kind::Status(status, after)) => {
            let mut response = Answer::empty(status).response();
            if let Some(after) = after {
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, header::HeaderValue::from(after));
            }
            response
        }
        Some(Kind::Html(status)) => {
            let mut response =
                Response::new(Body::from("<html><body><h1>proxy</h1></body></html>"));
            *response.status_mut() =
                StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            response
        }
        Some(Kind::Truncated) => {
            let text = go(&portal)
                .body
                .map(|body| body.to_string())
                .unwrap_or_default();
            let half = text
                .char_indices()
                .nth(text.chars().count() / 2)
                .map_or(0, |(at, _)| at);
            Response::new(Body::from(text.get(..half).unwrap_or_default().to_owned()))
        }
        Some(Kind::CloseBefore) => hang_up(),
        Some(Kind::DoAndDrop) => {
            drop(go(&portal));
            hang_up()
        }
        Some(Kind::DoLater) => {
            let work = (
                method.to_string(),
                key.unwrap_or_default(),
                segments
                    .iter()
                    .map(|segment| (*segment).to_owned())
                    .collect(),
                body.clone(),
            );
            portal.state().later.push(work);
            hang_up()
        }
    }
}

/// What was dropped earlier is done after the next look at a room or its folders.
fn done(portal: &Portal, path: &[&str], answer: &Answer) -> Response {
    if matches!(path, ["files", "rooms", _] | ["files", _]) {
        let later = std::mem::take(&mut portal.state().later);
        for (method, key, path, body) in later {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            handle(portal, &method, &path, "", &body, Some(&key));
        }
    }
    answer.response()
}

/// Closes the connection: an unwinding handler is all that the server needs for that.
fn hang_up() -> Response {
    std::panic::resume_unwind(Box::new("the connection is closed on purpose"))
}

fn key(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    Some(text.strip_prefix("Bearer ").unwrap_or(text).to_owned())
}

fn decode(text: &str, plus_is_blank: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let digits = String::from_utf8(digits).unwrap_or_default();
                bytes.push(u8::from_str_radix(&digits, 16).unwrap_or(b'%'));
            }
            b'+' if plus_is_blank => bytes.push(b' '),
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn query(text: &str) -> BTreeMap<String, String> {
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decode(name, true), decode(value, true)))
        .collect()
}

/// Routes that take anonymous callers answer a dead key with 403, the others with 401; both with nothing else.
fn takes_anonymous(method: &str, path: &[&str]) -> bool {
    method == "GET"
        && match path {
            ["files", "rooms", id] => *id != "fromTemplate",
            ["files", "folder", _] => true,
            ["files", id] => !matches!(*id, "rooms" | "tags" | "fileops"),
            _ => false,
        }
}

/// The scopes of which a call needs one.
fn scopes(method: &str, path: &[&str]) -> Vec<&'static str> {
    let read = method == "GET";
    match path.first() {
        _ if matches!(path, ["keys", "@self"]) => vec![],
        Some(&"files") if path.get(1) == Some(&"rooms") && read => {
            vec!["rooms:read", "rooms:write", "*:read", "*:write"]
        }
        Some(&"files") if path.get(1) == Some(&"rooms") => vec!["rooms:write", "*:write"],
        Some(&"files") if read => vec!["files:read", "files:write", "*:read", "*:write"],
        Some(&"files") => vec!["files:write", "*:write"],
        Some(&"people") if matches!(path, ["people", id] if *id != "email" && *id != "filter") => {
            vec![]
        }
        Some(&"people") if read => vec!["accounts:read", "accounts:write", "*:read", "*:write"],
        Some(&"group") if read => vec!["accounts:read", "*:read", "*:write"],
        _ if read => vec!["*:read", "*:write"],
        _ => vec!["*:write"],
    }
}

fn handle(
    portal: &Portal,
    method: &str,
    path: &[&str],
    raw: &str,
    body: &Value,
    key: Option<&str>,
) -> Answer {
    let anonymous = takes_anonymous(method, path);
    let who = {
        let state = portal.state();
        match key {
            None if anonymous => None,
            None => return Answer::empty(401),
            Some(key) => match alive(&state, key) {
                None => return Answer::empty(if anonymous { 403 } else { 401 }),
                Some((person, granted)) => {
                    let wanted = scopes(method, path);
                    let full = granted.is_empty() || granted.iter().any(|scope| scope == "*");
                    if !full
                        && !wanted.is_empty()
                        && !wanted
                            .iter()
                            .any(|scope| granted.iter().any(|own| own == scope))
                    {
                        return Answer::empty(403);
                    }
                    Some(person)
                }
            },
        }
    };
    let call = Call {
        portal,
        method,
        path,
        query: query(raw),
        body,
        who,
    };
    route(&call).unwrap_or_else(Answer::from)
}

pub(super) fn alive(state: &State, key: &str) -> Option<(Person, Vec<String>)> {
    let key = state.keys.get(key).filter(|key| key.active)?;
    let person = state
        .people
        .get(&key.owner)
        .filter(|person| person.status == Status::Active)?;
    Some((person.clone(), key.scopes.clone()))
}

fn route(call: &Call<'_>) -> Outcome {
    match (call.method, call.path) {
        ("GET", ["keys", "@self"]) => people::key(call),
        ("GET", ["people", "@self"]) => people::person(call, &call.person()?.id.clone()),
        ("GET", ["people", "email"]) => people::by_email(call),
        ("GET", ["people", id]) => people::person(call, id),
        ("GET", ["group"]) => people::groups(call),
        ("GET", ["group", id]) => people::group(call, id),
        ("GET", ["files", "rooms"]) => rooms::list(call),
        ("POST", ["files", "rooms"]) => rooms::create(call),
        ("GET", ["files", "rooms", "fromTemplate", "status"]) => rooms::copy_status(call),
        ("GET", ["files", "rooms", id]) => rooms::room(call, id),
        ("PUT", ["files", "rooms", id]) => rooms::update(call, id),
        ("GET", ["files", "rooms", id, "share"]) => share::list(call, id),
        ("PUT", ["files", "rooms", id, "share"]) => share::grant(call, id),
        ("PUT" | "DELETE", ["files", "rooms", id, "tags"]) => rooms::tags(call, id),
        ("POST", ["files", "owner"]) => rooms::owner(call),
        ("GET", ["files", "folder", id]) => rooms::room(call, id),
        ("POST", ["files", "folder", id]) => rooms::create_folder(call, id),
        ("PUT", ["files", "folder", id]) => rooms::rename(call, id),
        ("GET", ["files", id, "subfolders"]) => rooms::subfolders(call, id),
        ("GET", ["files", id]) => rooms::listing(call, id),
        ("GET", ["settings", "webhook"]) => hooks::list(call),
        ("GET", ["settings", "webhooks", "log"]) => hooks::log(call),
        _ => Ok(Answer::unknown()),
    }
}
