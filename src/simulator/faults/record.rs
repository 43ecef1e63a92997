//! The record of every request the portal received.

use serde::Serialize;
use serde_json::Value;

/// A request, as it was received, and how it was answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recorded {
    /// Its number, from 1.
    pub seq: u64,
    /// The id of the API key, if it was a known one.
    pub key: Option<String>,
    /// The person the key acts as.
    pub user: Option<String>,
    /// Upper case.
    pub method: String,
    /// The path, not decoded.
    pub path: String,
    /// The query, not decoded, without the question mark; empty if there is none.
    pub query: String,
    /// The endpoint below `/api/2.0/`, such as `files/rooms/{id}/share`; `None` if the server has no such endpoint.
    pub route: Option<&'static str>,
    /// The body, if it is JSON.
    pub body: Option<Value>,
    /// The answer's status; 0 while there is none, or if none was sent.
    pub status: u16,
    /// False for what is not on the server.
    pub known: bool,
    /// Whether it could change something: any method but GET and HEAD.
    pub write: bool,
}

/// The greatest numbers of requests that were under way at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct AtOnce {
    /// GET and HEAD requests.
    pub reads: usize,
    /// All others.
    pub writes: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) requests: Vec<Recorded>,
    last: u64,
    pub(crate) now: AtOnce,
    pub(crate) most: AtOnce,
}

impl Journal {
    /// Records a request and gives its number.
    pub(crate) fn begin(&mut self, mut request: Recorded) -> u64 {
        self.last += 1;
        request.seq = self.last;
        let (now, most) = if request.write {
            (&mut self.now.writes, &mut self.most.writes)
        } else {
            (&mut self.now.reads, &mut self.most.reads)
        };
        *now += 1;
        *most = (*most).max(*now);
        self.requests.push(request);
        self.last
    }

    pub(crate) fn answered(&mut self, seq: u64, status: u16) {
        let same = |request: &&mut Recorded| request.seq == seq;
        if let Some(request) = self.requests.iter_mut().rev().find(same) {
            request.status = status;
        }
    }

    /// A request is under way no more.
    pub(crate) fn end(&mut self, write: bool) {
        let now = if write {
            &mut self.now.writes
        } else {
            &mut self.now.reads
        };
        *now = now.saturating_sub(1);
    }
}
