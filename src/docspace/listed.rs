//! The list of rooms, and what it shows about each.

use std::collections::BTreeMap;

use super::error::Error;
use super::reader::{PAGE, Reader, next_page, read};
use super::rooms::RELISTS;
use super::wire;
use crate::room::{RoomId, RoomType, UserId};

/// The maximum number of pages that are read.
const MAX_PAGES: u64 = 1_000;

/// A room as the list of rooms shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRoom {
    /// Which room.
    pub id: RoomId,
    /// Its title.
    pub title: String,
    /// Its type, if it is a known one.
    pub kind: Option<RoomType>,
    /// Its owner.
    pub owner: UserId,
    /// The calendar date as written in `created`, in the portal's time zone.
    pub created: jiff::civil::Date,
    /// When it was created.
    pub created_at: jiff::Timestamp,
    /// Its tags.
    pub tags: Vec<String>,
}

impl ListedRoom {
    /// `None` if it has no creation time.
    fn of(entry: wire::Entry) -> Option<Self> {
        let owner = entry.created_by.map(|author| author.id).unwrap_or_default();
        let created = entry.created?;
        Some(Self {
            id: RoomId::new(entry.id.text()),
            title: entry.title,
            kind: entry.room_type.and_then(RoomType::from_code),
            owner: UserId::new(owner),
            created: created.get(..10)?.parse().ok()?,
            created_at: created.parse().ok()?,
            tags: entry.tags,
        })
    }
}

struct RoomPage {
    rooms: Vec<ListedRoom>,
    total: u64,
}

impl Reader {
    /// Whether the list of rooms, active and archived, has this one under this title.
    ///
    /// # Errors
    /// The request to the portal failed.
    pub async fn is_listed(&self, room: &RoomId, title: &str) -> Result<bool, Error> {
        let query = [
            ("filterValue", title),
            ("searchArea", "2"),
            ("sortBy", "DateAndTimeCreation"),
            ("sortOrder", "descending"),
            ("count", "100"),
        ];
        let page: wire::Listing = read(
            self.client.get(&["files", "rooms"], &query).await?,
            "GET files/rooms",
        )?;
        Ok(page
            .folders
            .iter()
            .any(|found| found.id.text() == room.as_str()))
    }

    /// All active rooms that the service account can see, by id. Rooms may move between pages while they are read: the
    /// list is read again until as many rooms were seen as the portal counts.
    ///
    /// # Errors
    /// The request to the portal failed, or the portal counts rooms that it does not list.
    pub async fn rooms(&self) -> Result<Vec<ListedRoom>, Error> {
        let mut seen = BTreeMap::new();
        let mut total = 0;
        for _ in 0..RELISTS {
            let mut start = 0;
            loop {
                let page = self.room_page("ascending", start).await?;
                total = page.total;
                let got = page.rooms.len();
                seen.extend(page.rooms.into_iter().map(|room| (room.id.clone(), room)));
                if got == 0 || start + PAGE >= total {
                    break;
                }
                start = next_page(start, MAX_PAGES, "GET files/rooms")?;
            }
            if u64::try_from(seen.len()).unwrap_or_default() >= total {
                return Ok(seen.into_values().collect());
            }
        }
        Err(Error::Inconsistent {
            call: "GET files/rooms".to_owned(),
            reason: format!("the portal counts {total} rooms and lists {}", seen.len()),
        })
    }

    /// A page of the active rooms that the service account can see, newest first; and where the next page starts, if
    /// any.
    ///
    /// # Errors
    /// The request to the portal failed, or the list does not end.
    pub async fn newest_rooms(&self, start: u64) -> Result<(Vec<ListedRoom>, Option<u64>), Error> {
        let page = self.room_page("descending", start).await?;
        let next = if page.rooms.is_empty() || start + PAGE >= page.total {
            None
        } else {
            Some(next_page(start, MAX_PAGES, "GET files/rooms")?)
        };
        Ok((page.rooms, next))
    }

    async fn room_page(&self, order: &str, start: u64) -> Result<RoomPage, Error> {
        let first = start.to_string();
        let query = [
            ("sortBy", "DateAndTimeCreation"),
            ("sortOrder", order),
            ("count", "100"),
            ("startIndex", first.as_str()),
        ];
        let page: wire::Listing = read(
            self.client.get(&["files", "rooms"], &query).await?,
            "GET files/rooms",
        )?;
        Ok(RoomPage {
            rooms: page
                .folders
                .into_iter()
                .filter_map(ListedRoom::of)
                .collect(),
            total: page.total,
        })
    }
}
