//! Reads rooms: their properties and their folders.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;

use super::error::Error;
use super::reader::{PAGE, Reader, TemplateCopy, read};
use super::wire;
use crate::room::{Folder, FolderId, Room, RoomId, RoomType, Skip, Standing, UserId, fold_title};

/// Pages are sorted by keys that are not unique, so entries may slip between them: then all pages are read again.
pub(super) const RELISTS: usize = 8;
/// How long the state of a template copy is cached.
const COPY_CACHE: Duration = Duration::from_secs(5);

/// The first page of a room's folders.
#[derive(Debug, Clone)]
pub struct FolderPage {
    folders: Vec<Folder>,
    is_whole: bool,
}

/// Which folders to look for in a room that has many.
#[derive(Debug, Clone, Default)]
pub struct WantedFolders {
    /// Paths of folded titles.
    pub paths: Vec<Vec<String>>,
    /// Folders that were created at such a path, and may have been renamed or moved since.
    pub made: BTreeMap<Vec<String>, FolderId>,
}

impl WantedFolders {
    /// The wanted path that a folder below another path corresponds to.
    fn path(&self, folder: &Folder, above: &[String]) -> Vec<String> {
        let made = self.made.iter().find(|(_, id)| **id == folder.id);
        match made {
            Some((path, _)) => path.clone(),
            None => below(above, folder),
        }
    }

    fn lie_below(&self, here: &[String]) -> bool {
        let mut paths = self.paths.iter();
        paths.any(|path| path.len() > here.len() && path.starts_with(here))
    }
}

/// The path of a folder by its title.
fn below(above: &[String], folder: &Folder) -> Vec<String> {
    [above, &[fold_title(&folder.title)]].concat()
}

impl Reader {
    /// The room itself; `None` if the portal does not have it. The portal returns any folder like a room
    /// (docs/docspace.md, states of a room); the standing distinguishes them.
    ///
    /// # Errors
    /// Any failure except 404.
    pub async fn room(&self, id: &RoomId) -> Result<Option<Room>, Error> {
        let room: wire::Room = match self.client.get(&["files", "rooms", id.as_str()], &[]).await {
            Err(Error::NotFound { .. }) => return Ok(None),
            answer => read(answer?, "GET files/rooms/{id}")?,
        };
        let bad = |what: &str| Error::Unreachable {
            call: format!("GET files/rooms/{id}"),
            reason: format!("the response has no {what}"),
        };
        if room
            .id
            .as_ref()
            .is_some_and(|found| found.text() != id.as_str())
        {
            return Err(Error::Unreachable {
                call: format!("GET files/rooms/{id}"),
                reason: "the response is about another room".to_owned(),
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
            // The calendar date as written, in any time zone.
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
    /// Any failure, or a page that does not contain as many folders as the portal counts.
    pub async fn folder_page(&self, room: &RoomId) -> Result<FolderPage, Error> {
        let mut counted = (0, 0);
        for _ in 0..RELISTS {
            // Without `sortBy` the account's own order applies, and one of those orders returns nothing.
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

    /// All folders of a room, given the first page. Larger trees are walked level by level, below the folders that lead
    /// to what is `wanted`: entries get lost between the pages of a recursive listing (docs/docspace.md, listing).
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
            return Ok(page.folders);
        }
        self.walk(room, Some(wanted)).await
    }

    /// Every folder of a room.
    ///
    /// # Errors
    /// Any failure.
    pub async fn every_folder(&self, room: &RoomId) -> Result<Vec<Folder>, Error> {
        let page = self.folder_page(room).await?;
        if page.is_whole {
            return Ok(page.folders);
        }
        self.walk(room, None).await
    }

    /// The folders of a large room at the wanted paths, and their siblings; or all of them.
    async fn walk(
        &self,
        room: &RoomId,
        wanted: Option<&WantedFolders>,
    ) -> Result<Vec<Folder>, Error> {
        let mut seen = Vec::new();
        let mut level = vec![(room.as_str().to_owned(), Vec::new())];
        while !level.is_empty() {
            let listings = level.iter().map(|(id, _)| self.subfolders(id));
            let listings = futures::future::try_join_all(listings).await?;
            let mut below = Vec::new();
            for ((_, path), children) in level.iter().zip(listings) {
                for folder in children {
                    let here = wanted.map_or_else(
                        || self::below(path, &folder),
                        |wanted| wanted.path(&folder, path),
                    );
                    let leads_on = wanted.is_none_or(|wanted| wanted.lie_below(&here));
                    if !folder.system && leads_on {
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

    /// The template copy in progress, if any, which is cached for five seconds. Its absence is not cached: the next
    /// room may come from a template.
    ///
    /// # Errors
    /// The request to the portal failed.
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
