//! From the HTTP request to the controller and back.

mod faults;
mod in_flight;
mod jobs;
mod late;
mod limited;
mod listings;
mod sender;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::Response;

use crate::simulator::api;
use crate::simulator::api::routes::{self, Handler, Route};
use crate::simulator::faults::limits::Permit;
use crate::simulator::faults::listener::Wire;
use crate::simulator::faults::record::Recorded;
use crate::simulator::portal::Portal;
use crate::simulator::state::world::Made;
use crate::simulator::wire::call::{Call, Outcome};
use crate::simulator::wire::envelope::{self, Reply};
use crate::simulator::wire::refusal::Refusal;
use faults::Outgoing;
use in_flight::InFlight;
use sender::Sender;

const MAX_BODY: usize = 8 << 20;

pub(crate) fn router(portal: Portal) -> Router {
    Router::new().fallback(receive).with_state(portal)
}

async fn receive(
    State(portal): State<Portal>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        return respond(Reply::empty(413));
    };
    // A task of its own: the server continues its work when the client hangs up.
    let work = tokio::spawn(async move { portal.serve(&head, body, &wire).await });
    work.await.unwrap_or_else(|_| respond(Reply::empty(500)))
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
        let call = Call {
            made_before: self.world().made,
            ..call(head, body, captures, key, user)
        };
        let mut place = InFlight {
            portal: self.clone(),
            write,
            permit: Permit::default(),
        };
        let back = match self.permit(route, &call, head.uri.path()) {
            Ok(permit) => {
                place.permit = permit;
                self.with_faults(route, sender, call, head.uri.path()).await
            }
            Err(reply) => Outgoing::Whole(reply),
        };
        let status = match &back {
            Outgoing::Whole(reply) | Outgoing::Slowly(reply, _) | Outgoing::Endlessly(reply) => {
                reply.status
            }
            Outgoing::Nothing => 0,
        };
        self.journal().answered(seq, status);
        match back {
            Outgoing::Whole(reply) => respond(reply),
            Outgoing::Slowly(reply, pause) => faults::trickle(reply, pause, place),
            Outgoing::Endlessly(reply) => faults::endless(reply, place),
            Outgoing::Nothing => {
                wire.cut();
                respond(Reply::empty(500))
            }
        }
    }

    /// Admits the sender, does the work, wraps the response.
    async fn answer(&self, route: &'static Route, sender: &Sender, call: &Call) -> Reply {
        let culture = self.world().options.culture;
        let outcome = match self.admit(route, sender) {
            Err(refusal) => Err(refusal),
            Ok(()) => self.work(route, call).await,
        };
        if outcome == Err(Refusal::Contended) {
            self.wait_out_contention().await;
        }
        envelope::wrap(outcome, call, culture)
    }

    pub(crate) async fn work(&self, route: &'static Route, call: &Call) -> Outcome {
        match route.handler {
            Handler::Now(controller) => {
                let outcome = self.change(|world| {
                    api::selectors::check_blank(route, call)?;
                    controller(world, call)
                        .map_err(|refusal| api::selectors::refused(world, route, call, refusal))
                });
                self.start_jobs();
                outcome
            }
            Handler::AfterProbe(controller) => {
                let probe = api::webhooks::to_probe(&self.world(), call, route.template)?;
                if let Some(probe) = probe {
                    self.probe(&probe).await?;
                }
                self.change(|world| controller(world, call))
            }
        }
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
    let content_type = head.headers.get(header::CONTENT_TYPE);
    Call {
        is_json: content_type.is_some_and(|value| is_json(value.to_str().unwrap_or_default())),
        method: head.method.to_string(),
        href: format!("http://{host}{}", head.uri),
        query,
        body,
        captures,
        caller,
        key,
        made_before: Made::default(),
    }
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let (kind, subtype) = essence.split_once('/').unwrap_or_default();
    let is_text = kind.eq_ignore_ascii_case("text");
    let subtype = subtype.to_ascii_lowercase();
    let is_application = kind.eq_ignore_ascii_case("application");
    (is_text || is_application) && subtype == "json" || is_application && subtype.ends_with("+json")
}

fn respond(reply: Reply) -> Response {
    let body = Body::from(reply.body.clone());
    response(reply, body)
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
