//! How a portal is set up.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::addresses::AddressRange;

/// How the portal is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// The portal owner's name, first and last.
    pub owner_name: String,
    /// The portal owner's e-mail address.
    pub owner_email: String,
    /// The time at which the portal's clock stands still, moved by [`Portal::advance`](crate::simulator::Portal::advance) only. `None`: the real time.
    pub now: Option<Timestamp>,
    /// The offset of the dates in answers, in minutes.
    pub utc_offset_minutes: i32,
    /// Stretches the waits of the webhooks' sender: 1 is the server's five seconds between two looks at its queue, and
    /// 1, 2, 4, 8 and 16 seconds between the attempts of a delivery.
    pub retry_scale: f64,
    /// How long an attempt to deliver may take, the answer's body included.
    pub delivery_limit: Duration,
    /// What no webhook may lead to; DocSpace's own list is [`AddressRange::PRIVATE`].
    pub refused_addresses: Vec<AddressRange>,
    /// Whether entries of a listing that sort equal come in another order at each request, as a database may have it.
    pub unstable_ties: bool,
    /// Makes other GUIDs and API keys.
    pub seed: u64,
    /// The language of messages.
    pub culture: Culture,
    /// What passwords, and secrets of webhooks, must be like.
    pub password_policy: PasswordPolicy,
    /// Whether only DocSpace admins may have webhooks.
    pub developer_tools_for_admins_only: bool,
    /// Whether people may be invited by e-mail.
    pub guests_may_be_invited: bool,
    /// Whether the portal has quotas of rooms switched on.
    pub room_quotas: bool,
    /// Whether the portal's tariff has statistics.
    pub statistics: bool,
    /// Bytes for rooms without a quota of their own; -1 is unlimited.
    pub default_room_quota: i64,
    /// The largest quota a room may get, in bytes.
    pub largest_room_quota: Option<i64>,
    /// Whether AI agents take folders into "Knowledge".
    pub vectorisation: bool,
    /// How long an answer takes; no time at all if absent.
    pub latency: Option<Latency>,
    /// How likely folder creations that overlap answer 500.
    pub contention: Contention,
    /// Stretches the waits of listings of members that overlap (rooms-api.md F): 1 is as measured. No waits if absent.
    pub listing_deadlocks: Option<f64>,
    /// How long a job that copies a template takes for each folder, and before the first.
    pub copy_pace: Duration,
}

/// How likely folder creations that overlap in time fail (rooms-api.md B.2), and first grants to one subject (N), and how
/// likely a tag asked for by calls that overlap is made twice (H.2). Never, if not told otherwise.
///
/// The first of them to be done wins; each of the others fails with this probability.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Contention {
    /// Below the first level, in any rooms: when one other of these was done meanwhile.
    pub nested: f64,
    /// Directly in a room: when 80 others of any level were done meanwhile; in proportion when fewer were.
    pub first_level: f64,
    /// That a call overlooks a tag which another one made meanwhile, and makes it again.
    pub tags: f64,
    /// That a first grant to somebody fails because another call has made one meanwhile, which stands (N).
    pub grants: f64,
}

impl Contention {
    /// As it was measured: of n at once below the first level 3 of 8 (n = 2), 32 of 40 (10) and 18 of 20 (20) failed,
    /// which is 0.9 for all but one of n; directly in rooms 6 of 166, with 80 rooms at once.
    pub fn measured() -> Self {
        Self::of(0.9)
    }

    /// This likely below the first level, 25 times less directly in rooms, and 20 times less for each other call that
    /// asks for the same new tag: of nine rounds of twenty, five left it twice. A first grant that is overtaken fails
    /// nine times less: with six at a time to one subject 3 of 36 and 5 of 150 did.
    pub fn of(nested: f64) -> Self {
        Self {
            nested,
            first_level: nested / 25.0,
            tags: nested / 20.0,
            grants: nested / 9.0,
        }
    }
}

/// What passwords must be like, besides that they are printable ASCII without blanks and not longer than 30.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// How long they must be at least.
    pub shortest: usize,
    /// Whether they need a capital letter.
    pub needs_capital: bool,
    /// Whether they need a digit.
    pub needs_digit: bool,
    /// Whether they need a character that is neither letter nor digit.
    pub needs_symbol: bool,
}

impl PasswordPolicy {
    /// How long they may be, whatever the portal wants.
    const LENGTHS: RangeInclusive<usize> = 8..=30;

    /// Whether this will do. One line feed at its end passes, and is a part of it.
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

/// Times between which answers take.
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
            largest_room_quota: None,
            vectorisation: false,
            latency: None,
            contention: Contention::default(),
            listing_deadlocks: None,
            copy_pace: Duration::from_millis(10),
        }
    }
}

/// The language of the portal's messages. Clients must not read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Culture {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

impl Culture {
    /// As the portal names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::English => "en-US",
            Self::German => "de-DE",
        }
    }
}
