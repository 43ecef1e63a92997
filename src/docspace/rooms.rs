//! Reading rooms: what they are, what is in them, and who has what.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;

use super::error::Error;
use super::reader::{MAX_PAGES, PAGE, Reader, TemplateCopy, next_page, read};
use super::wire;
use crate::bind::PersonEntry;
use crate::room::{
    Access, Folder, FolderId, GroupId, Room, RoomId, RoomType, Share, Skip, Standing, Subject,
    UserId, fold_title,
};

/// Pages are sorted by keys that are not unique, so entries may slip between them: then all are read anew.
pub(super) const RELISTS: usize = 8;
/// How long the state of a template copy is believed.
const COPY_CACHE: Duration = Duration::from_secs(5);

/// The first page of a room's folders.
#[derive(Debug, Clone)]
pub struct FolderPage {
    folders: Vec<Folder>,
    is_whole: bool,
}

/// Where folders are looked for in a room that has many.
#[derive(Debug, Clone, Default)]
pub struct WantedFolders {
    /// By their titles as they compare.
    pub paths: Vec<Vec<String>>,
    /// Those that were made under such a path, and may have another title or place now.
    pub made: BTreeMap<Vec<String>, FolderId>,
}

impl WantedFolders {
    /// The path that a folder below another path stands for.
    fn path(&self, folder: &Folder, above: &[String]) -> Vec<String> {
        let made = self.made.iter().find(|(_, id)| **id == folder.id);
        match made {
            Some((path, _)) => path.clone(),
            None => [above, &[fold_title(&folder.title)]].concat(),
        }
    }
}

#[derive(Debug, Default)]
struct Shares {
    owner: Option<PersonEntry>,
    seen: BTreeMap<Subject, Share>,
}

impl Shares {
    /// How many entries were seen, the owner included.
    fn count(&self) -> u64 {
        let owner = usize::from(self.owner.is_some());
        u64::try_from(self.seen.len() + owner).unwrap_or(u64::MAX)
    }
}

impl Reader {
    /// The room itself; `None` when the portal has no such thing. Any folder is answered like a room
    /// (docs/docspace.md, states of a room), which the standing tells.
    ///
    /// # Errors
    /// Any failure but 404.
    pub async fn room(&self, id: &RoomId) -> Result<Option<Room>, Error> {
        let room: wire::Room = match self.client.get(&["files", "rooms", id.as_str()], &[]).await {
            Err(Error::NotFound { .. }) => return Ok(None),
            answer => read(answer?, "GET files/rooms/{id}")?,
        };
        let bad = |what: &str| Error::Unreachable {
            call: format!("GET files/rooms/{id}"),
            reason: format!("the answer has no {what}"),
        };
        if room
            .id
            .as_ref()
            .is_some_and(|found| found.text() != id.as_str())
        {
            return Err(Error::Unreachable {
                call: format!("GET files/rooms/{id}"),
                reason: "the answer is about something else".to_owned(),
            });
        }
        self.client.budget().saw_tags(&room.tags);
        let standing = standing(id, &room);
        let settings = room.settings();
        let author = room.created_by.ok_or_else(|| bad("`createdBy`"))?;
        let created = room.created.ok_or_else(|| bad("`created`"))?;
        Ok(Some(Room {
            id: id.clone(),
            title: room.title.ok_or_else(|| bad("`title`"))?,
            standing,
            owner: UserId::new(&author.id),
            owner_name: author.display_name,
            // The calendar date as written, whatever the time zone.
            created: created
                .get(..10)
                .and_then(|date| date.parse().ok())
                .ok_or_else(|| bad("date in `created`"))?,
            created_at: created.parse().map_err(|_| bad("time in `created`"))?,
            tags: room.tags,
            settings,
            rights: room.security.rights(),
        }))
    }

    /// The first page of all folders at every depth.
    ///
    /// # Errors
    /// Any failure, and a page that does not hold what the portal counts.
    pub async fn folder_page(&self, room: &RoomId) -> Result<FolderPage, Error> {
        let mut counted = (0, 0);
        for _ in 0..RELISTS {
            // Without `sortBy` the account's own order counts, and one of them comes back empty.
            let query = [
                ("filterType", "2"),
                ("withSubFolders", "true"),
                ("sortBy", "AZ"),
                ("sortOrder", "ascending"),
                ("count", "100"),
                ("startIndex", "0"),
            ];
            let page: wire::Listing = read(
                self.client.get(&["files", room.as_str()], &query).await?,
                "GET files/{id}",
            )?;
            let seen: BTreeMap<_, Folder> = page
                .folders
                .into_iter()
                .map(wire::Entry::folder)
                .map(|folder| (folder.id.clone(), folder))
                .collect();
            counted = (page.total, seen.len());
            let is_whole = u64::try_from(seen.len()).unwrap_or_default() >= page.total;
            if is_whole || page.total > PAGE {
                return Ok(FolderPage {
                    folders: seen.into_values().collect(),
                    is_whole,
                });
            }
        }
        Err(Error::Inconsistent {
            call: format!("GET files/{room}"),
            reason: format!(
                "the portal counts {} folders and lists {}",
                counted.0, counted.1
            ),
        })
    }

    /// All folders of a room of which the first page was read. Larger trees are walked level by level, below the
    /// folders that lead to what is `wanted`: entries get lost between the pages of a recursive listing
    /// (docs/docspace.md, listing).
    ///
    /// # Errors
    /// Any failure.
    pub async fn all_folders(
        &self,
        room: &RoomId,
        page: FolderPage,
        wanted: &WantedFolders,
    ) -> Result<Vec<Folder>, Error> {
        if page.is_whole {
            Ok(page.folders)
        } else {
            self.walk(room, wanted).await
        }
    }

    /// The folders of a large room that stand where something is wanted, and their neighbours.
    async fn walk(&self, room: &RoomId, wanted: &WantedFolders) -> Result<Vec<Folder>, Error> {
        let mut seen = Vec::new();
        let mut level = vec![(room.as_str().to_owned(), Vec::new())];
        while !level.is_empty() {
            let listings = level.iter().map(|(id, _)| self.subfolders(id));
            let listings = futures::future::try_join_all(listings).await?;
            let mut below = Vec::new();
            for ((_, path), children) in level.iter().zip(listings) {
                for folder in children {
                    let here = wanted.path(&folder, path);
                    let leads_on =
                        |path: &Vec<String>| path.len() > here.len() && path.starts_with(&here);
                    if !folder.system && wanted.paths.iter().any(leads_on) {
                        below.push((folder.id.to_string(), here));
                    }
                    seen.push(folder);
                }
            }
            level = below;
        }
        Ok(seen)
    }

    async fn subfolders(&self, id: &str) -> Result<Vec<Folder>, Error> {
        let answer = self.client.get(&["files", id, "subfolders"], &[]).await?;
        let entries: Vec<wire::Entry> = read(answer, "GET files/{id}/subfolders")?;
        Ok(entries.into_iter().map(wire::Entry::folder).collect())
    }

    /// All grants; the owner apart, who is always the first item. Members may slip between pages while they are read,
    /// and one that was missed could lose a right: more than one page is read until as many were seen as the portal
    /// counts, or at last until a reading finds nobody new, since the portal counts some that it does not list.
    ///
    /// # Errors
    /// Also when the grants cannot be seen: an empty list means that, never "nobody".
    pub async fn shares(&self, room: &RoomId) -> Result<(PersonEntry, Vec<Share>), Error> {
        let call = || format!("GET files/rooms/{room}/share");
        let mut found = Shares::default();
        for round in 1..=RELISTS {
            let known = found.seen.len();
            let (pages, total) = self.share_pages(room, &mut found).await?;
            let all = total.is_some_and(|total| found.count() >= total);
            let nobody_new = found.seen.len() == known && round == RELISTS;
            if pages > 1 && !all && !nobody_new {
                continue;
            }
            let owner = found.owner.ok_or_else(|| Error::Inconsistent {
                call: call(),
                reason: "the list of members has no owner, so our account cannot see it".to_owned(),
            })?;
            // A row of the owner beside the made-up one says nothing.
            found.seen.remove(&Subject::User(owner.person.id.clone()));
            return Ok((owner, found.seen.into_values().collect()));
        }
        Err(Error::Inconsistent {
            call: call(),
            reason: "the members change faster than they can be read".to_owned(),
        })
    }

    /// How many pages there were, and how many entries the portal counts.
    async fn share_pages(
        &self,
        room: &RoomId,
        found: &mut Shares,
    ) -> Result<(usize, Option<u64>), Error> {
        let call = format!("GET files/rooms/{room}/share");
        let (mut start, mut pages) = (0, 0);
        loop {
            let first = start.to_string();
            let query = [("count", "100"), ("startIndex", first.as_str())];
            let (answer, total) = self
                .client
                .shares(&["files", "rooms", room.as_str(), "share"], &query)
                .await?;
            let page: Vec<wire::Share> = read(answer, &call)?;
            let got = u64::try_from(page.len()).unwrap_or_default();
            pages += usize::from(got > 0);
            for item in page {
                match (item.is_owner, &item.shared_to_user) {
                    (true, Some(account)) => found.owner = Some(account.entry()),
                    _ => {
                        if let Some(share) = share(&item) {
                            found.seen.insert(share.subject.clone(), share);
                        }
                    }
                }
            }
            if got < PAGE {
                return Ok((pages, total));
            }
            start = next_page(start, MAX_PAGES, &call)?;
        }
    }

    /// The template copy that is under way, if any; then believed for five seconds. That none is under way is asked
    /// each time, since the next room may come from a template.
    ///
    /// # Errors
    /// The portal cannot be asked.
    pub async fn template_copy(&self) -> Result<Option<TemplateCopy>, Error> {
        let shared = || {
            self.shared
                .copy
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        let cached = shared().clone();
        if let Some((at, copy)) = cached
            && at.elapsed() < COPY_CACHE
        {
            return Ok(Some(copy));
        }
        let call = "GET files/rooms/fromTemplate/status";
        let answer = self
            .client
            .get(&["files", "rooms", "fromTemplate", "status"], &[])
            .await?;
        let copying: Option<wire::Copying> = read(answer, call)?;
        let running = copying
            .filter(|copying| !copying.has_ended())
            .map(|copying| TemplateCopy {
                room: copying
                    .room_id
                    .map(|id| id.text())
                    .filter(|id| id != "-1")
                    .map(RoomId::new),
            });
        *shared() = running.clone().map(|copy| (Instant::now(), copy));
        Ok(running)
    }

    /// The names of those who are Room managers: of a room that our account owns, the likely owners.
    ///
    /// # Errors
    /// As [`Reader::shares`].
    pub async fn room_managers(&self, room: &RoomId) -> Result<Vec<String>, Error> {
        let (_, shares) = self.shares(room).await?;
        let managers = shares
            .into_iter()
            .filter(|share| share.access == Some(Access::RoomManager));
        Ok(managers.map(|share| share.name).collect())
    }
}

/// Who has what; links are no subjects.
pub(super) fn share(item: &wire::Share) -> Option<Share> {
    let access = item.access.and_then(Access::from_code);
    let (subject, name, email) = match (&item.shared_to_user, &item.shared_to_group) {
        (Some(user), _) => (
            Subject::User(UserId::new(&user.id)),
            user.display_name.clone(),
            user.email.clone(),
        ),
        (None, Some(group)) => (
            Subject::Group(GroupId::new(&group.id)),
            group.name.clone(),
            String::new(),
        ),
        (None, None) => return None,
    };
    Some(Share {
        subject,
        name,
        email,
        access,
    })
}

/// docs/docspace.md, states of a room.
fn standing(id: &RoomId, room: &wire::Room) -> Standing {
    let Some(kind) = room.room_type else {
        return Standing::Not(Skip::NotARoom);
    };
    match (room.root_folder_type, RoomType::from_code(kind)) {
        (Some(34), _) => Standing::Not(Skip::AiAgent),
        _ if kind == 9 => Standing::Not(Skip::AiAgent),
        (Some(30), _) => Standing::Not(Skip::Template),
        (Some(20), _) => Standing::Not(Skip::Archived),
        (Some(3), _) => Standing::Not(Skip::Gone),
        _ if room.provider_item || id.is_third_party() => Standing::Not(Skip::ThirdParty),
        _ if room.private => Standing::Not(Skip::Private),
        (Some(14), Some(kind)) => Standing::Active(kind),
        _ => Standing::Not(Skip::NotARoom),
    }
}
