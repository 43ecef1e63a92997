//! The order of listings: the requested one, and how the database sorts folders (rooms-api.md C.1).

use crate::simulator::state::collation;
use crate::simulator::state::rooms::Entry;
use crate::simulator::state::sorting::{SortBy, SortOrder};
use crate::simulator::state::world::{Shuffler, World};
use crate::simulator::wire::call::Call;
use crate::simulator::wire::refusal::Refusal;

const DIRECTIONS: [(&str, i64); 2] = [("Ascending", 0), ("Descending", 1)];

/// The requested `sortBy` and `sortOrder`. `sortOrder` alone and an unknown `sortBy` request nothing.
pub(crate) fn requested(call: &Call) -> Result<Option<SortOrder>, Refusal> {
    let direction = call.query_enum_or("sortOrder", &DIRECTIONS, 0)?;
    Ok(call
        .query("sortBy")
        .and_then(SortBy::from_text)
        .map(|by| SortOrder {
            by,
            is_descending: direction == 1,
        }))
}

impl World {
    /// The requested order, which becomes the account's default; without a request, the account's default.
    pub(crate) fn order_of(
        &mut self,
        who: Option<&str>,
        requested: Option<SortOrder>,
    ) -> SortOrder {
        let who = who.unwrap_or_default();
        if let Some(order) = requested {
            self.sort_orders.insert(who.to_owned(), order);
        }
        self.sort_orders.get(who).copied().unwrap_or_default()
    }
}

/// Sorts folders as the database does. Equal ones stay in the order of their ids, unless ties are unstable. Without an
/// index there is no custom order, and nothing is found by it.
pub(crate) fn sort(found: &mut Vec<&Entry>, order: SortOrder, ties: Shuffler) {
    found.sort_by(|one, other| one.id.cmp(&other.id));
    ties.shuffle(found);
    let by_title = |one: &&Entry, other: &&Entry| {
        collation::key(&one.title).cmp(&collation::key(&other.title))
    };
    let compare: fn(&&Entry, &&Entry) -> std::cmp::Ordering = match order.by {
        SortBy::Az => by_title,
        SortBy::DateAndTime => |one, other| one.updated.cmp(&other.updated),
        SortBy::DateAndTimeCreation => |one, other| one.created.cmp(&other.created),
        SortBy::Author => |one, other| one.created_by.cmp(&other.created_by),
        SortBy::CustomOrder => {
            found.retain(|entry| entry.order != 0);
            return found.sort_by_key(|entry| entry.order);
        }
        SortBy::Size
        | SortBy::Type
        | SortBy::New
        | SortBy::RoomType
        | SortBy::Tags
        | SortBy::Room
        | SortBy::LastOpened
        | SortBy::UsedSpace
        | SortBy::Undefined => return found.sort_by(by_title),
    };
    if order.is_descending {
        found.sort_by(|one, other| compare(other, one));
    } else {
        found.sort_by(compare);
    }
}
