//! A request under faults: what happens instead of the work, and what happens to the response.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use serde_json::Value;

use super::in_flight::InFlight;
use super::{Sender, response};
use crate::simulator::api::routes::{self, Route};
use crate::simulator::faults::{FaultKind, Later};
use crate::simulator::portal::Portal;
use crate::simulator::state::options::Contention;
use crate::simulator::wire::call::Call;
use crate::simulator::wire::envelope::{self, Reply};
use crate::simulator::wire::refusal::Refusal;

/// The size of the pieces of a slow response.
const PIECE: usize = 64;
/// The endpoints whose concurrent calls contend with each other.
const CONTENDED: [(&str, &str); 5] = [
    ("POST", "files/folder/{id}"),
    ("PUT", "files/rooms/{id}/tags"),
    ("PUT", "files/rooms/{id}"),
    ("PUT", "files/rooms/{id}/share"),
    ("PUT", "files/folder/{id}/share"),
];
/// The duration of a folder creation where creations contend.
const FOLDER_TIME: Duration = Duration::from_millis(20);
/// The duration of a creation that lost (rooms-api.md B.2).
const LOST_TIME: Duration = Duration::from_millis(1100);
/// The size of the pieces of an endless response.
const LARGE_PIECE: usize = 16 * 1024;

/// What goes back to the client.
pub(super) enum Outgoing {
    Whole(Reply),
    /// In pieces, with pauses.
    Slowly(Reply, Duration),
    /// The response without its last byte, followed by spaces for as long as the client reads.
    Endlessly(Reply),
    /// The connection closes.
    Nothing,
}

impl Portal {
    pub(super) async fn with_faults(
        &self,
        route: Option<&'static Route>,
        sender: Sender,
        call: Call,
        path: &str,
    ) -> Outgoing {
        let endpoint = route.map_or("", |route| route.template);
        let faults = self.faults().strike(&call.method, endpoint, path);
        let time = faults.delay + self.latency() + self.work_time(&call.method, endpoint);
        if !time.is_zero() {
            tokio::time::sleep(time).await;
        }
        let kind = faults.kind;
        if let Some(kind) = &kind
            && let Some(back) = self.instead(kind, route, &sender, &call).await
        {
            return back;
        }
        let _listing = self.wait_for_listings(&call.method, endpoint).await;
        let reply = match route {
            None => routes::unserved(path),
            Some(route) => self.answer(route, &sender, &call).await,
        };
        if let Some(route) = route {
            let due = self.due(route);
            self.catch_up(due).await;
        }
        match kind {
            Some(kind) => self.afterwards(kind, reply).await,
            None => Outgoing::Whole(reply),
        }
    }

    /// A random delay from the portal's latency.
    fn latency(&self) -> Duration {
        let Some(latency) = self.world().options.latency else {
            return Duration::ZERO;
        };
        let share = self.faults().chance();
        latency.from + latency.to.saturating_sub(latency.from).mul_f64(share)
    }

    /// The extra duration of creating a folder, a tag or a grant, so that creations overlap even without latency.
    fn work_time(&self, method: &str, endpoint: &str) -> Duration {
        let is_creation = CONTENDED.contains(&(method, endpoint));
        if is_creation && self.world().options.contention != Contention::default() {
            FOLDER_TIME
        } else {
            Duration::ZERO
        }
    }

    /// Waits as long as a losing creation takes; a tenth of it without latency.
    pub(super) async fn wait_out_contention(&self) {
        let is_real = self.world().options.latency.is_some();
        let time = if is_real { LOST_TIME } else { LOST_TIME / 10 };
        tokio::time::sleep(time).await;
    }

    /// The response of a fault that prevents the work.
    async fn instead(
        &self,
        kind: &FaultKind,
        route: Option<&'static Route>,
        sender: &Sender,
        call: &Call,
    ) -> Option<Outgoing> {
        match kind {
            FaultKind::Status {
                status,
                retry_after,
                body,
            } => Some(Outgoing::Whole(refused(*status, *retry_after, body))),
            FaultKind::Html(status) => {
                let page = page(*status);
                Some(Outgoing::Whole(Reply::with(*status, "text/html", page)))
            }
            FaultKind::Contended => {
                self.wait_out_contention().await;
                let culture = self.world().options.culture;
                let reply = envelope::wrap(Err(Refusal::Contended), call, culture);
                Some(Outgoing::Whole(reply))
            }
            FaultKind::CloseBefore => Some(Outgoing::Nothing),
            FaultKind::Pause => {
                self.hold().await;
                None
            }
            FaultKind::HoldBefore => {
                self.hold().await;
                Some(Outgoing::Nothing)
            }
            FaultKind::DropAndDoLater(later) => {
                self.defer_if_admitted(*later, route, sender, call);
                Some(Outgoing::Nothing)
            }
            FaultKind::AnswerAndDoLater { status, later } => {
                self.defer_if_admitted(*later, route, sender, call);
                Some(Outgoing::Whole(Reply::empty(*status)))
            }
            _ => None,
        }
    }

    fn defer_if_admitted(
        &self,
        later: Later,
        route: Option<&'static Route>,
        sender: &Sender,
        call: &Call,
    ) {
        if let Some(route) = route.filter(|route| self.admit(route, sender).is_ok()) {
            self.defer(later, route, call.clone());
        }
    }

    /// What a fault makes of the response after the work.
    async fn afterwards(&self, kind: FaultKind, reply: Reply) -> Outgoing {
        match kind {
            FaultKind::TruncatedJson => Outgoing::Whole(Reply {
                body: first_half(reply.body),
                ..reply
            }),
            FaultKind::Replace { member, value } => Outgoing::Whole(Reply {
                body: replaced(reply.body, &member, value),
                ..reply
            }),
            FaultKind::DoAndDrop => Outgoing::Nothing,
            FaultKind::HoldAfter => {
                self.hold().await;
                Outgoing::Nothing
            }
            FaultKind::DoThenStatus(status) => Outgoing::Whole(Reply::empty(status)),
            FaultKind::Trickle(pause) => Outgoing::Slowly(reply, pause),
            FaultKind::Endless => Outgoing::Endlessly(reply),
            _ => Outgoing::Whole(reply),
        }
    }
}

fn refused(status: u16, retry_after: Option<u64>, body: &str) -> Reply {
    let headers = retry_after
        .map(|seconds| ("Retry-After", seconds.to_string()))
        .into_iter()
        .collect();
    let reply = if body.is_empty() {
        Reply::empty(status)
    } else {
        Reply::with(status, "text/plain; charset=utf-8", body)
    };
    Reply { headers, ..reply }
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

/// The response with another value at the JSON pointer; unchanged if the pointer leads nowhere.
fn replaced(body: Vec<u8>, member: &str, value: Value) -> Vec<u8> {
    let Ok(mut answer) = serde_json::from_slice::<Value>(&body) else {
        return body;
    };
    let Some(place) = answer.pointer_mut(member) else {
        return body;
    };
    *place = value;
    serde_json::to_vec(&answer).unwrap_or(body)
}

/// The whole response, in small pieces. Gives the place back with the last piece, or when the client stops reading.
pub(super) fn trickle(reply: Reply, pause: Duration, place: InFlight) -> Response {
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

/// The response without its last byte, then spaces until the client stops reading: JSON that never closes.
pub(super) fn endless(mut reply: Reply, place: InFlight) -> Response {
    reply.body.pop();
    let begun = (Bytes::from(reply.body.clone()), place);
    let pieces = futures::stream::unfold(begun, |(piece, place)| async move {
        // A pause, so that a client that keeps reading does not take the whole machine.
        tokio::time::sleep(Duration::from_millis(1)).await;
        let next = Bytes::from_static(&[b' '; LARGE_PIECE]);
        Some((Ok::<_, std::io::Error>(piece), (next, place)))
    });
    response(reply, Body::from_stream(pieces))
}
