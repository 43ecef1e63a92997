//! The options of a portal.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::addresses::AddressRange;

/// The options of a portal.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address to listen on; port 0 picks a free port.
    pub address: SocketAddr,
    /// The portal owner's name, first and last.
    pub owner_name: String,
    /// The portal owner's e-mail address.
    pub owner_email: String,
    /// The fixed time of the portal's clock, which only [`Portal::advance`](crate::simulator::Portal::advance) moves.
    /// `None` means real time.
    pub now: Option<Timestamp>,
    /// The offset of the dates in responses, in minutes.
    pub utc_offset_minutes: i32,
    /// A factor for the waits of the webhook sender: 1 means the server's five seconds between two polls of its queue,
    /// and 1, 2, 4, 8 and 16 seconds between the attempts of a delivery.
    pub retry_scale: f64,
    /// The time limit of a delivery attempt, including the response's body.
    pub delivery_limit: Duration,
    /// The addresses that webhooks may not lead to; DocSpace's own list is [`AddressRange::PRIVATE`].
    pub refused_addresses: Vec<AddressRange>,
    /// Whether equally sorted entries of a listing come in another order at each request, as a database may return
    /// them.
    pub unstable_ties: bool,
    /// The seed of GUIDs, API keys and random choices.
    pub seed: u64,
    /// The language of messages.
    pub culture: Culture,
    /// The requirements for passwords and webhook secrets.
    pub password_policy: PasswordPolicy,
    /// Whether only DocSpace admins may have webhooks.
    pub developer_tools_for_admins_only: bool,
    /// Whether people may be invited by e-mail.
    pub guests_may_be_invited: bool,
    /// Whether the portal's quotas of rooms are on.
    pub room_quotas: bool,
    /// Whether the portal's tariff includes statistics.
    pub statistics: bool,
    /// The quota of rooms without their own, in bytes; -1 means unlimited.
    pub default_room_quota: i64,
    /// The largest quota that a room can have, in bytes.
    pub max_room_quota: Option<i64>,
    /// Whether AI agents accept folders in "Knowledge".
    pub vectorisation: bool,
    /// How long a response takes; no time if absent.
    pub latency: Option<Latency>,
    /// How likely overlapping folder creations get a 500.
    pub contention: Contention,
    /// A factor for the waits of overlapping listings of members (rooms-api.md F): 1 as measured. No waits if absent.
    pub listing_deadlocks: Option<f64>,
    /// How long a copying job takes for each folder, and before the first.
    pub copy_pace: Duration,
}

/// How likely concurrent folder creations fail (rooms-api.md B.2), concurrent first grants to one subject fail (N), and
/// a tag that concurrent calls request is created twice (H.2). Zero by default.
///
/// The first of the concurrent calls wins; each of the others fails with this probability.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Contention {
    /// For folders below the first level, in any rooms: when at least one other was created in the meantime.
    pub nested: f64,
    /// For folders directly in a room: when 80 others of any level were created in the meantime; proportionally less
    /// when fewer were.
    pub first_level: f64,
    /// For a call that misses a tag that another call has created in the meantime, and creates it again.
    pub tags: f64,
    /// For a first grant that fails because another call has made one in the meantime, which stays (N).
    pub grants: f64,
}

impl Contention {
    /// The measured probabilities. Of n concurrent creations below the first level 3 of 8 (n = 2), 32 of 40 (10) and 18
    /// of 20 (20) failed, which is 0.9 for all but one of n; directly in rooms 6 of 166 failed, with 80 rooms at once.
    pub fn measured() -> Self {
        Self::of(0.9)
    }

    /// This probability below the first level, a 25th of it directly in rooms, and a 20th of it for each other call
    /// that requests the same new tag: of nine rounds of twenty, five created it twice. An overtaken first grant fails
    /// with a ninth of it: with six at a time to one subject, 3 of 36 and 5 of 150 failed.
    pub fn of(nested: f64) -> Self {
        Self {
            nested,
            first_level: nested / 25.0,
            tags: nested / 20.0,
            grants: nested / 9.0,
        }
    }
}

/// The requirements for passwords, which are always printable ASCII without spaces and at most 30 characters long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// The minimum length.
    pub shortest: usize,
    /// Whether a capital letter is required.
    pub needs_capital: bool,
    /// Whether a digit is required.
    pub needs_digit: bool,
    /// Whether a character that is neither letter nor digit is required.
    pub needs_symbol: bool,
}

impl PasswordPolicy {
    /// The lengths that the server allows, whatever the portal requires.
    const LENGTHS: RangeInclusive<usize> = 8..=30;

    /// Whether a password meets the requirements. One trailing line feed is accepted, and is part of the password.
    pub(crate) fn admits(self, password: &str) -> bool {
        let line = password.strip_suffix('\n').unwrap_or(password);
        let has = |wanted: fn(&u8) -> bool| line.bytes().any(|byte| wanted(&byte));
        line.bytes().all(|byte| byte.is_ascii_graphic())
            && (self.shortest..=*Self::LENGTHS.end()).contains(&line.len())
            && Self::LENGTHS.contains(&password.len())
            && (!self.needs_digit || has(u8::is_ascii_digit))
            && (!self.needs_capital || has(u8::is_ascii_uppercase))
            && (!self.needs_symbol || has(u8::is_ascii_punctuation))
    }
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self {
            shortest: 8,
            needs_capital: false,
            needs_digit: false,
            needs_symbol: false,
        }
    }
}

/// The range of durations of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latency {
    /// The shortest.
    pub from: Duration,
    /// The longest.
    pub to: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            owner_name: "Olivia Owner".to_owned(),
            owner_email: "owner@example.org".to_owned(),
            now: None,
            utc_offset_minutes: 0,
            retry_scale: 1.0,
            delivery_limit: Duration::from_secs(100),
            refused_addresses: Vec::new(),
            unstable_ties: false,
            seed: 0,
            culture: Culture::English,
            password_policy: PasswordPolicy::default(),
            developer_tools_for_admins_only: false,
            guests_may_be_invited: true,
            room_quotas: true,
            statistics: true,
            default_room_quota: -1,
            max_room_quota: None,
            vectorisation: false,
            latency: None,
            contention: Contention::default(),
            listing_deadlocks: None,
            copy_pace: Duration::from_millis(10),
        }
    }
}

/// The language of the portal's messages. Clients must not depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Culture {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

impl Culture {
    /// The portal's name of the language.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::English => "en-US",
            Self::German => "de-DE",
        }
    }
}
