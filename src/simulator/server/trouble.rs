//! A request under faults: what happens instead of the work, and to the answer after it.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use serde_json::Value;

use super::under_way::UnderWay;
use super::{Sender, response};
use crate::simulator::api::routes::{self, Route};
use crate::simulator::faults::{FaultKind, Later};
use crate::simulator::portal::Portal;
use crate::simulator::state::options::Contention;
use crate::simulator::wire::call::Call;
use crate::simulator::wire::envelope::{self, Reply};
use crate::simulator::wire::refusal::Refusal;

/// The bytes of an answer that comes slowly arrive so many at a time.
const PIECE: usize = 64;
/// What may be in the way of its like.
const CONTENDED: [(&str, &str); 5] = [
    ("POST", "files/folder/{id}"),
    ("PUT", "files/rooms/{id}/tags"),
    ("PUT", "files/rooms/{id}"),
    ("PUT", "files/rooms/{id}/share"),
    ("PUT", "files/folder/{id}/share"),
];
/// What making a folder takes where creations contend.
const FOLDER_TIME: Duration = Duration::from_millis(20);
/// What a creation takes that lost (rooms-api.md B.2).
const LOST_TIME: Duration = Duration::from_millis(1100);
/// Those of an answer without an end.
const LARGE_PIECE: usize = 16 * 1024;

/// What goes back to the client.
pub(super) enum Back {
    Whole(Reply),
    /// Piece by piece.
    Slowly(Reply, Duration),
    /// The answer but for its end, and blanks for as long as anybody reads.
    Endlessly(Reply),
    /// The connection ends.
    Nothing,
}

impl Portal {
    pub(super) async fn with_faults(
        &self,
        route: Option<&'static Route>,
        sender: Sender,
        call: Call,
        path: &str,
    ) -> Back {
        let endpoint = route.map_or("", |route| route.template);
        let trouble = self.faults().strike(&call.method, endpoint, path);
        let time = trouble.delay + self.latency() + self.work_time(&call.method, endpoint);
        if !time.is_zero() {
            tokio::time::sleep(time).await;
        }
        let kind = trouble.kind;
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
            None => Back::Whole(reply),
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

    /// What making a folder, a tag or a grant takes on top, so that creations overlap where answers take no time.
    fn work_time(&self, method: &str, endpoint: &str) -> Duration {
        let is_creation = CONTENDED.contains(&(method, endpoint));
        if is_creation && self.world().options.contention != Contention::default() {
            FOLDER_TIME
        } else {
            Duration::ZERO
        }
    }

    /// The time of a creation that lost; the tenth part of it where answers take no time.
    pub(super) async fn wait_in_vain(&self) {
        let is_real = self.world().options.latency.is_some();
        let time = if is_real { LOST_TIME } else { LOST_TIME / 10 };
        tokio::time::sleep(time).await;
    }

    /// The answer of a fault that lets nothing be done now.
    async fn instead(
        &self,
        kind: &FaultKind,
        route: Option<&'static Route>,
        sender: &Sender,
        call: &Call,
    ) -> Option<Back> {
        match kind {
            FaultKind::Status {
                status,
                retry_after,
                body,
            } => Some(Back::Whole(refused(*status, *retry_after, body))),
            FaultKind::Html(status) => {
                let page = page(*status);
                Some(Back::Whole(Reply::with(*status, "text/html", page)))
            }
            FaultKind::Contended => {
                self.wait_in_vain().await;
                let culture = self.world().options.culture;
                let reply = envelope::wrap(Err(Refusal::Contended), call, culture);
                Some(Back::Whole(reply))
            }
            FaultKind::CloseBefore => Some(Back::Nothing),
            FaultKind::Pause => {
                self.hold().await;
                None
            }
            FaultKind::HoldBefore => {
                self.hold().await;
                Some(Back::Nothing)
            }
            FaultKind::DropAndDoLater(later) => {
                self.put_off_if_admitted(*later, route, sender, call);
                Some(Back::Nothing)
            }
            FaultKind::AnswerAndDoLater { status, later } => {
                self.put_off_if_admitted(*later, route, sender, call);
                Some(Back::Whole(Reply::empty(*status)))
            }
            _ => None,
        }
    }

    fn put_off_if_admitted(
        &self,
        later: Later,
        route: Option<&'static Route>,
        sender: &Sender,
        call: &Call,
    ) {
        if let Some(route) = route.filter(|route| self.admit(route, sender).is_ok()) {
            self.put_off(later, route, call.clone());
        }
    }

    /// What becomes of the answer when the work is done.
    async fn afterwards(&self, kind: FaultKind, reply: Reply) -> Back {
        match kind {
            FaultKind::TruncatedJson => Back::Whole(Reply {
                body: first_half(reply.body),
                ..reply
            }),
            FaultKind::Replace { member, value } => Back::Whole(Reply {
                body: replaced(reply.body, &member, value),
                ..reply
            }),
            FaultKind::DoAndDrop => Back::Nothing,
            FaultKind::HoldAfter => {
                self.hold().await;
                Back::Nothing
            }
            FaultKind::DoThenStatus(status) => Back::Whole(Reply::empty(status)),
            FaultKind::Trickle(pause) => Back::Slowly(reply, pause),
            FaultKind::Endless => Back::Endlessly(reply),
            _ => Back::Whole(reply),
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

/// The answer with another value where the JSON pointer points; as it was if that is nowhere.
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

/// The whole answer, in small pieces; the place is given back with the last, or when nobody takes them any more.
pub(super) fn trickle(reply: Reply, pause: Duration, place: UnderWay) -> Response {
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

/// The answer but for its last byte, and then blanks until nobody takes them any more: JSON that never closes.
pub(super) fn endless(mut reply: Reply, place: UnderWay) -> Response {
    reply.body.pop();
    let begun = (Bytes::from(reply.body.clone()), place);
    let pieces = futures::stream::unfold(begun, |(piece, place)| async move {
        // A pause, so that whoever reads on does not take the whole machine.
        tokio::time::sleep(Duration::from_millis(1)).await;
        let next = Bytes::from_static(&[b' '; LARGE_PIECE]);
        Some((Ok::<_, std::io::Error>(piece), (next, place)))
    });
    response(reply, Body::from_stream(pieces))
}
