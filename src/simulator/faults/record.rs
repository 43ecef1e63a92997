//! The record of all requests that the portal received.

use serde::Serialize;
use serde_json::Value;

/// A received request and its response.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recorded {
    /// Its number, from 1.
    pub seq: u64,
    /// The id of the API key, if the key is known.
    pub key: Option<String>,
    /// The account that the key or session belongs to.
    pub user: Option<String>,
    /// The method, in upper case.
    pub method: String,
    /// The path, not decoded.
    pub path: String,
    /// The query, not decoded, without the question mark; empty if there is none.
    pub query: String,
    /// The endpoint below `/api/2.0/`, such as `files/rooms/{id}/share`; `None` if the server has no such endpoint.
    pub route: Option<&'static str>,
    /// The body, if it is JSON.
    pub body: Option<Value>,
    /// The response's status; 0 while there is none, or if none was sent.
    pub status: u16,
    /// False if the server has no such endpoint.
    pub known: bool,
    /// Whether it could change something: any method but GET and HEAD.
    pub write: bool,
}

/// The maximum numbers of concurrent requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct AtOnce {
    /// GET and HEAD requests.
    pub reads: usize,
    /// All other requests.
    pub writes: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) requests: Vec<Recorded>,
    last: u64,
    pub(crate) now: AtOnce,
    pub(crate) max: AtOnce,
}

impl Journal {
    /// Records a request and returns its number.
    pub(crate) fn begin(&mut self, mut request: Recorded) -> u64 {
        self.last += 1;
        request.seq = self.last;
        let (now, max) = if request.write {
            (&mut self.now.writes, &mut self.max.writes)
        } else {
            (&mut self.now.reads, &mut self.max.reads)
        };
        *now += 1;
        *max = (*max).max(*now);
        self.requests.push(request);
        self.last
    }

    pub(crate) fn answered(&mut self, seq: u64, status: u16) {
        let same = |request: &&mut Recorded| request.seq == seq;
        if let Some(request) = self.requests.iter_mut().rev().find(same) {
            request.status = status;
        }
    }

    /// Marks a request as finished.
    pub(crate) fn end(&mut self, write: bool) {
        let now = if write {
            &mut self.now.writes
        } else {
            &mut self.now.reads
        };
        *now = now.saturating_sub(1);
    }
}
