//! The record of every request the portal received.

use std::sync::PoisonError;

use serde_json::Value;

use super::Portal;
use super::limits::Permit;

/// A request, as it was received, and how it was answered.
#[derive(Debug, Clone, PartialEq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AtOnce {
    /// GET and HEAD requests.
    pub reads: usize,
    /// All others.
    pub writes: usize,
}

/// A request under way: it counts, and has its place among those at once, until its answer has gone out.
#[derive(Debug)]
pub(super) struct UnderWay {
    pub(super) portal: Portal,
    pub(super) write: bool,
    pub(super) permit: Permit,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.portal.give_back(std::mem::take(&mut self.permit));
        self.portal.journal().end(self.write);
    }
}

#[derive(Debug, Default)]
pub(super) struct Journal {
    requests: Vec<Recorded>,
    last: u64,
    now: AtOnce,
    most: AtOnce,
}

impl Journal {
    /// Records a request and gives its number.
    pub(super) fn begin(&mut self, mut request: Recorded) -> u64 {
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

    pub(super) fn answered(&mut self, seq: u64, status: u16) {
        let same = |request: &&mut Recorded| request.seq == seq;
        if let Some(request) = self.requests.iter_mut().rev().find(same) {
            request.status = status;
        }
    }

    /// A request is under way no more.
    pub(super) fn end(&mut self, write: bool) {
        let now = if write {
            &mut self.now.writes
        } else {
            &mut self.now.reads
        };
        *now = now.saturating_sub(1);
    }
}

impl Portal {
    pub(super) fn journal(&self) -> std::sync::MutexGuard<'_, Journal> {
        self.inner
            .journal
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// All requests since the last clearing, in order of arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        self.journal().requests.clone()
    }

    /// The requests that could change something.
    pub fn writes(&self) -> Vec<Recorded> {
        self.journal()
            .requests
            .iter()
            .filter(|request| request.write)
            .cloned()
            .collect()
    }

    /// The requests for something the server does not have.
    pub fn unknown_requests(&self) -> Vec<Recorded> {
        self.journal()
            .requests
            .iter()
            .filter(|request| !request.known)
            .cloned()
            .collect()
    }

    /// The greatest numbers of requests under way at once since the last clearing.
    pub fn most_at_once(&self) -> AtOnce {
        self.journal().most
    }

    /// Forgets the requests recorded so far; numbering goes on.
    pub fn clear_requests(&self) {
        let mut journal = self.journal();
        journal.requests.clear();
        journal.most = journal.now;
    }
}
