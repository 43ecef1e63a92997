//! Deliveries that are turned away: all are counted, and some a minute are logged with who sent them.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use tokio::time::Instant;

use crate::room::escape_control;

/// So many lines are logged in a minute: whoever knocks must not fill the disk.
const LINES: u32 = 5;
const MINUTE: Duration = Duration::from_secs(60);
/// So much of what a stranger wrote is shown.
const MAX_SHOWN: usize = 80;

#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    began: Option<Instant>,
    lines: u32,
    unlogged: u64,
}

/// What is logged of one.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// How many were not, before it.
    Logged {
        unlogged: u64,
    },
    /// It is the last one for a while.
    LastForNow,
    Nothing,
}

impl Refusals {
    /// A delivery was turned away.
    pub(super) fn add(&self, peer: Option<IpAddr>, headers: &HeaderMap, reason: &str) {
        let line = self.line(Instant::now());
        if line == Line::Nothing {
            return;
        }
        let from = sender(peer, headers);
        match line {
            Line::LastForNow => tracing::warn!(
                "a delivery from {from} was turned away: {reason}; no further ones are logged within this minute"
            ),
            Line::Logged { unlogged } if unlogged > 0 => tracing::warn!(
                "a delivery from {from} was turned away: {reason}; {unlogged} more were in the time before"
            ),
            _ => tracing::warn!("a delivery from {from} was turned away: {reason}"),
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

/// Who sent it: the address that is connected, and what the last proxy says of whom it serves.
fn sender(peer: Option<IpAddr>, headers: &HeaderMap) -> String {
    let peer = peer.map_or_else(|| "somewhere".to_owned(), |peer| peer.to_string());
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back();
    let last = forwarded
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.rsplit(',').next())
        .map(str::trim)
        .filter(|last| !last.is_empty());
    match last {
        Some(last) => {
            let last: String = last.chars().take(MAX_SHOWN).collect();
            format!("{peer} (for {}, by its own word)", escape_control(&last))
        }
        None => peer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_five_lines_a_minute_and_a_number() {
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
    fn a_proxy_is_named_with_whom_it_serves_and_nothing_of_it_commands_a_terminal() {
        let peer = Some("127.0.0.1".parse().unwrap());
        let mut headers = HeaderMap::new();
        assert_eq!(sender(peer, &headers), "127.0.0.1");
        headers.insert("x-forwarded-for", "1.2.3.4, 203.0.113.9".parse().unwrap());
        assert_eq!(
            sender(peer, &headers),
            "127.0.0.1 (for 203.0.113.9, by its own word)"
        );
        let long = format!("{}\u{1b}", "x".repeat(500));
        assert!(
            long.parse::<axum::http::HeaderValue>().is_err(),
            "no header carries this"
        );
        headers.insert("x-forwarded-for", "x".repeat(500).parse().unwrap());
        assert!(sender(peer, &headers).len() < 150);
    }
}
