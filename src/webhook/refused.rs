//! Rejected deliveries: all are counted, and a few per minute are logged with their sender.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use tokio::time::Instant;

use crate::room::escape_control;

/// How many lines are logged per minute: strangers must not fill the disk.
const LINES: u32 = 5;
const MINUTE: Duration = Duration::from_secs(60);
/// How many characters of a stranger's text are shown.
const MAX_SHOWN: usize = 80;

#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    began: Option<Instant>,
    lines: u32,
    unlogged: u64,
}

/// What is logged about a rejected delivery.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// A line, and how many before it were not logged.
    Logged {
        unlogged: u64,
    },
    /// The last line for now.
    LastForNow,
    Nothing,
}

impl Refusals {
    /// Logs a rejected delivery.
    pub(super) fn add(&self, peer: Option<IpAddr>, headers: &HeaderMap, reason: &str) {
        let line = self.line(Instant::now());
        if line == Line::Nothing {
            return;
        }
        let from = sender(peer, headers);
        match line {
            Line::LastForNow => tracing::warn!(
                "rejected a delivery from {from}: {reason}; no more are logged within this minute"
            ),
            Line::Logged { unlogged } if unlogged > 0 => tracing::warn!(
                "rejected a delivery from {from}: {reason}; {unlogged} more were rejected before it"
            ),
            _ => tracing::warn!("rejected a delivery from {from}: {reason}"),
        }
    }

    fn line(&self, now: Instant) -> Line {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = state
            .began
            .is_none_or(|began| now.duration_since(began) >= MINUTE);
        if is_over {
            let unlogged = std::mem::take(&mut state.unlogged);
            state.began = Some(now);
            state.lines = 1;
            return Line::Logged { unlogged };
        }
        if state.lines == LINES {
            state.unlogged += 1;
            return Line::Nothing;
        }
        state.lines += 1;
        if state.lines == LINES {
            Line::LastForNow
        } else {
            Line::Logged { unlogged: 0 }
        }
    }
}

/// The sender: the address of the connection, and the client that the last proxy names.
fn sender(peer: Option<IpAddr>, headers: &HeaderMap) -> String {
    let peer = peer.map_or_else(|| "an unknown address".to_owned(), |peer| peer.to_string());
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back();
    let last = forwarded
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.rsplit(',').next())
        .map(str::trim)
        .filter(|last| !last.is_empty());
    match last {
        Some(last) => {
            let last: String = last.chars().take(MAX_SHOWN).collect();
            format!("{peer} (for {}, as it claims)", escape_control(&last))
        }
        None => peer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_logs_five_lines_per_minute_and_a_count() {
        let refusals = Refusals::default();
        let start = Instant::now();
        let lines: Vec<Line> = (0..1_000).map(|_| refusals.line(start)).collect();
        let logged = lines.iter().filter(|line| **line != Line::Nothing).count();
        assert_eq!((logged, &lines[4]), (5, &Line::LastForNow));
        assert_eq!(
            refusals.line(start + MINUTE),
            Line::Logged { unlogged: 995 }
        );
        assert_eq!(refusals.line(start + MINUTE), Line::Logged { unlogged: 0 });
    }

    #[test]
    fn a_proxy_is_logged_with_its_client_and_without_control_characters() {
        let peer = Some("127.0.0.1".parse().unwrap());
        let mut headers = HeaderMap::new();
        assert_eq!(sender(peer, &headers), "127.0.0.1");
        headers.insert("x-forwarded-for", "1.2.3.4, 203.0.113.9".parse().unwrap());
        assert_eq!(
            sender(peer, &headers),
            "127.0.0.1 (for 203.0.113.9, as it claims)"
        );
        let long = format!("{}\u{1b}", "x".repeat(500));
        assert!(
            long.parse::<axum::http::HeaderValue>().is_err(),
            "a header cannot contain this"
        );
        headers.insert("x-forwarded-for", "x".repeat(500).parse().unwrap());
        assert!(sender(peer, &headers).len() < 150);
    }
}
