//! From the HTTP request to the controller and back.

mod late;
mod under_way;

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::Response;

use crate::simulator::api;
use crate::simulator::api::routes::{self, Handler, Route};
use crate::simulator::faults::FaultKind;
use crate::simulator::faults::limits::Permit;
use crate::simulator::faults::listener::Wire;
use crate::simulator::faults::record::Recorded;
use crate::simulator::portal::Portal;
use crate::simulator::state::people::EmployeeStatus;
use crate::simulator::state::world::World;
use crate::simulator::wire::call::{Call, Members, Outcome};
use crate::simulator::wire::envelope::{self, Reply};
use crate::simulator::wire::refusal::Refusal;
use under_way::UnderWay;

const LARGEST_BODY: usize = 8 << 20;
/// The bytes of an answer that comes slowly arrive so many at a time.
const PIECE: usize = 64;

pub(crate) fn router(portal: Portal) -> Router {
    Router::new().fallback(receive).with_state(portal)
}

async fn receive(
    State(portal): State<Portal>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else {
        return respond(Reply::empty(413));
    };
    // In a task of its own: the server goes on with its work when the client hangs up.
    let work = tokio::spawn(async move { portal.serve(&head, body, &wire).await });
    work.await.unwrap_or_else(|_| respond(Reply::empty(500)))
}

/// Who sent the request.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Sender {
    Nobody,
    Key {
        id: String,
        person: String,
    },
    BadKey,
    /// Somebody who signed in: every right of the account.
    Session(String),
    /// Some other kind of token.
    BadToken,
}

/// What goes back to the client.
enum Back {
    Whole(Reply),
    /// Piece by piece.
    Slowly(Reply, Duration),
    /// The connection ends.
    Nothing,
}

impl Portal {
    async fn serve(&self, head: &Parts, body: Bytes, wire: &Wire) -> Response {
        let sender = self.world().sender(head);
        let found = routes::find(head.method.as_str(), head.uri.path());
        let (key, user) = match &sender {
            Sender::Key { id, person } => (Some(id.clone()), Some(person.clone())),
            Sender::Session(person) => (None, Some(person.clone())),
            Sender::Nobody | Sender::BadKey | Sender::BadToken => (None, None),
        };
        let write = !matches!(head.method.as_str(), "GET" | "HEAD");
        let seq = self.journal().begin(Recorded {
            seq: 0,
            key: key.clone(),
            user: user.clone(),
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            route: found.as_ref().map(|(route, _)| route.template),
            body: serde_json::from_slice(&body).ok(),
            status: 0,
            known: found.is_some(),
            write,
        });
        let (route, captures) = found.map_or((None, Vec::new()), |(route, captures)| {
            (Some(route), captures)
        });
        let call = call(head, body, captures, key, user);
        let mut place = UnderWay {
            portal: self.clone(),
            write,
            permit: Permit::default(),
        };
        let back = match self.permit(route, &call, head.uri.path()) {
            Ok(permit) => {
                place.permit = permit;
                self.with_faults(route, sender, call).await
            }
            Err(reply) => Back::Whole(reply),
        };
        let status = match &back {
            Back::Whole(reply) | Back::Slowly(reply, _) => reply.status,
            Back::Nothing => 0,
        };
        self.journal().answered(seq, status);
        match back {
            Back::Whole(reply) => respond(reply),
            Back::Slowly(reply, pause) => trickle(reply, pause, place),
            Back::Nothing => {
                wire.cut();
                respond(Reply::empty(500))
            }
        }
    }

    /// How long this answer takes by itself.
    fn latency(&self) -> Duration {
        let Some(latency) = self.world().options.latency else {
            return Duration::ZERO;
        };
        let share = self.faults().chance();
        latency.from + latency.to.saturating_sub(latency.from).mul_f64(share)
    }

    fn permit(
        &self,
        route: Option<&'static Route>,
        call: &Call,
        path: &str,
    ) -> Result<Permit, Reply> {
        self.admit_within_limits(&crate::simulator::faults::limits::Asked {
            who: call.caller.as_deref().unwrap_or("127.0.0.1"),
            method: &call.method,
            path,
            is_sensitive: route.is_some_and(|route| route.template.ends_with("/retry")),
            mails: mails(route, call),
        })
    }

    async fn with_faults(&self, route: Option<&'static Route>, sender: Sender, call: Call) -> Back {
        let trouble = self
            .faults()
            .strike(&call.method, route.map_or("", |route| route.template));
        let latency = self.latency();
        if !(trouble.delay + latency).is_zero() {
            tokio::time::sleep(trouble.delay + latency).await;
        }
        match trouble.kind {
            Some(FaultKind::Status {
                status,
                retry_after,
                body,
            }) => {
                let headers = retry_after
                    .map(|seconds| ("Retry-After", seconds.to_string()))
                    .into_iter()
                    .collect();
                return Back::Whole(Reply {
                    headers,
                    ..Reply::with(status, "text/plain; charset=utf-8", body)
                });
            }
            Some(FaultKind::Html(status)) => {
                return Back::Whole(Reply::with(status, "text/html", page(status)));
            }
            Some(FaultKind::CloseBefore) => return Back::Nothing,
            Some(FaultKind::Pause) => self.hold().await,
            Some(FaultKind::HoldBefore) => {
                self.hold().await;
                return Back::Nothing;
            }
            Some(FaultKind::DropAndDoLater(later)) => {
                if let (Some(route), Ok(())) = (
                    route,
                    route.map_or(Ok(()), |route| self.admit(route, &sender)),
                ) {
                    self.put_off(later, route, call);
                }
                return Back::Nothing;
            }
            _ => {}
        }
        let reply = match route {
            None => Reply::empty(404),
            Some(route) => self.answer(route, &sender, &call).await,
        };
        if let Some(route) = route {
            let due = self.due(route);
            self.catch_up(due).await;
        }
        match trouble.kind {
            Some(FaultKind::TruncatedJson) => Back::Whole(Reply {
                body: first_half(reply.body),
                ..reply
            }),
            Some(FaultKind::DoAndDrop) => Back::Nothing,
            Some(FaultKind::HoldAfter) => {
                self.hold().await;
                Back::Nothing
            }
            Some(FaultKind::DoThenStatus(status)) => Back::Whole(Reply::empty(status)),
            Some(FaultKind::Trickle(pause)) => Back::Slowly(reply, pause),
            _ => Back::Whole(reply),
        }
    }

    /// Admits the sender, does what is asked, wraps the answer.
    async fn answer(&self, route: &'static Route, sender: &Sender, call: &Call) -> Reply {
        let culture = self.world().options.culture;
        let outcome = match self.admit(route, sender) {
            Err(refusal) => Err(refusal),
            Ok(()) => self.work(route, call).await,
        };
        envelope::wrap(outcome, call, culture)
    }

    pub(crate) async fn work(&self, route: &'static Route, call: &Call) -> Outcome {
        match route.handler {
            Handler::Now(controller) => self.change(|world| controller(world, call)),
            Handler::AfterProbe(controller) => {
                let url = api::webhooks::url_to_probe(&self.world(), call, route.template)?;
                if let Some(url) = url {
                    let answer = self.probe(&url).await;
                    api::webhooks::admit_probed(answer)?;
                }
                self.change(|world| controller(world, call))
            }
        }
    }

    fn admit(&self, route: &Route, sender: &Sender) -> Result<(), Refusal> {
        match sender {
            Sender::BadKey => Err(Refusal::Empty(if route.allows_anonymous {
                403
            } else {
                401
            })),
            Sender::Nobody | Sender::BadToken if !route.allows_anonymous => {
                Err(Refusal::Empty(401))
            }
            Sender::Nobody | Sender::BadToken | Sender::Session(_) => Ok(()),
            Sender::Key { id, .. } => {
                let mut world = self.world();
                let now = world.now();
                let key = world
                    .keys
                    .iter_mut()
                    .find(|key| key.id == *id)
                    .ok_or(Refusal::Empty(401))?;
                key.last_used = Some(now);
                if routes::scope_opens(&key.scopes, route) {
                    Ok(())
                } else {
                    Err(Refusal::Empty(403))
                }
            }
        }
    }
}

/// Invitations by e-mail, which have a limit of their own.
fn mails(route: Option<&Route>, call: &Call) -> usize {
    let shares =
        route.is_some_and(|route| route.method == "PUT" && route.template.ends_with("/share"));
    let invitations = call
        .body()
        .ok()
        .filter(|_| shares)
        .and_then(|body| body.list("invitations").ok().flatten());
    invitations
        .unwrap_or_default()
        .into_iter()
        .filter(|item| Members(item.clone()).member("email").is_some())
        .count()
}

fn page(status: u16) -> String {
    format!(
        "<html>\r\n<head><title>{status}</title></head>\r\n<body><center><h1>{status}</h1></center><hr><center>nginx</center></body>\r\n</html>\r\n"
    )
}

fn first_half(mut body: Vec<u8>) -> Vec<u8> {
    body.truncate(body.len() / 2);
    body
}

impl World {
    fn sender(&self, head: &Parts) -> Sender {
        let Some(value) = head.headers.get(header::AUTHORIZATION) else {
            return Sender::Nobody;
        };
        let text = value.to_str().unwrap_or_default();
        let token = text.strip_prefix("Bearer ").unwrap_or(text).trim();
        let now = self.now();
        let is_alive = |person: &str| {
            self.person(person)
                .is_some_and(|person| person.status != EmployeeStatus::Terminated)
        };
        if !token.starts_with("sk-") {
            let person = self.sessions.get(token).filter(|person| is_alive(person));
            return person.map_or(Sender::BadToken, |person| Sender::Session(person.clone()));
        }
        self.keys
            .iter()
            .find(|key| key.token == token)
            .filter(|key| {
                key.is_active && key.expires.is_none_or(|at| now < at) && is_alive(&key.person)
            })
            .map_or(Sender::BadKey, |key| Sender::Key {
                id: key.id.clone(),
                person: key.person.clone(),
            })
    }
}

fn call(
    head: &Parts,
    body: Bytes,
    captures: Vec<String>,
    key: Option<String>,
    caller: Option<String>,
) -> Call {
    let host = head
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or("localhost");
    let query = Query::<Vec<(String, String)>>::try_from_uri(&head.uri)
        .map(|Query(pairs)| pairs)
        .unwrap_or_default();
    Call {
        method: head.method.to_string(),
        href: format!("http://{host}{}", head.uri),
        query,
        body,
        captures,
        caller,
        key,
    }
}

fn respond(reply: Reply) -> Response {
    let body = Body::from(reply.body.clone());
    response(reply, body)
}

/// The whole answer, in small pieces; the place is given back with the last, or when nobody takes them any more.
fn trickle(reply: Reply, pause: Duration, place: UnderWay) -> Response {
    let all = (reply.body.clone(), place);
    let pieces = futures::stream::unfold(all, move |(mut piece, place)| async move {
        if piece.is_empty() {
            return None;
        }
        let rest = piece.split_off(piece.len().min(PIECE));
        tokio::time::sleep(pause).await;
        Some((Ok::<_, std::io::Error>(piece), (rest, place)))
    });
    response(reply, Body::from_stream(pieces))
}

fn response(reply: Reply, body: Body) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::builder().status(status);
    if !reply.content_type.is_empty() {
        response = response.header(header::CONTENT_TYPE, reply.content_type);
    }
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(body).unwrap_or_default()
}
