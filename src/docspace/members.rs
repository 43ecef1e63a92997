//! Who has access to a room: people, groups, and links.

use std::collections::BTreeMap;

use super::error::Error;
use super::reader::{MAX_PAGES, PAGE, Reader, next_page, read};
use super::rooms::RELISTS;
use super::wire;
use crate::bind::PersonEntry;
use crate::room::{Access, GroupId, RoomId, Share, Subject, UserId};

/// Who has access to a room.
#[derive(Debug, Clone)]
pub struct Members {
    /// The owner.
    pub owner: PersonEntry,
    /// All grants, without that of the owner.
    pub shares: Vec<Share>,
    /// The people with a grant.
    pub people: Vec<PersonEntry>,
}

/// A link to a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its title.
    pub title: String,
    /// Whether it makes everyone who follows it a member.
    pub is_invitation: bool,
    /// The role that it grants.
    pub access: Option<Access>,
}

#[derive(Debug, Default)]
struct Shares {
    owner: Option<PersonEntry>,
    seen: BTreeMap<Subject, Share>,
    people: BTreeMap<UserId, PersonEntry>,
}

impl Shares {
    /// How many entries were seen, including the owner.
    fn count(&self) -> u64 {
        let owner = usize::from(self.owner.is_some());
        u64::try_from(self.seen.len() + owner).unwrap_or(u64::MAX)
    }
}

impl Reader {
    /// The owner, who is always the first item, and all grants. Members may slip between pages while they are read, and
    /// a missed one could lose access: several pages are read again until as many members were seen as the portal
    /// counts. The last attempt also ends when it finds no new member, since the portal counts some that it does not
    /// list.
    ///
    /// # Errors
    /// Any failure, and an empty list: it means that the service account cannot see the members.
    pub async fn shares(&self, room: &RoomId) -> Result<(PersonEntry, Vec<Share>), Error> {
        let members = self.members(room).await?;
        Ok((members.owner, members.shares))
    }

    /// The same, with the people in the list.
    ///
    /// # Errors
    /// As [`Reader::shares`].
    pub async fn members(&self, room: &RoomId) -> Result<Members, Error> {
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
                reason: "the list of members has no owner: the service account cannot see it"
                    .to_owned(),
            })?;
            // A second row of the owner says nothing.
            found.seen.remove(&Subject::User(owner.person.id.clone()));
            return Ok(Members {
                owner,
                shares: found.seen.into_values().collect(),
                people: found.people.into_values().collect(),
            });
        }
        Err(Error::Inconsistent {
            call: call(),
            reason: "the members change faster than they can be read".to_owned(),
        })
    }

    /// Reads all pages. Returns how many there were, and how many entries the portal counts.
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
                        if let Some(account) = &item.shared_to_user {
                            let entry = account.entry();
                            found.people.insert(entry.person.id.clone(), entry);
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

    /// What the links of a room are called, those of invitations included. Only the owner and Room managers are shown
    /// any.
    ///
    /// # Errors
    /// A request to the portal failed.
    pub async fn links(&self, room: &RoomId) -> Result<Vec<Link>, Error> {
        let query = [("filterType", "15"), ("count", "100"), ("startIndex", "0")];
        let path = ["files", "rooms", room.as_str(), "share"];
        let (answer, _) = self.client.shares(&path, &query).await?;
        let items: Vec<wire::Share> = read(answer, &format!("GET files/rooms/{room}/share"))?;
        let links = items.into_iter().filter_map(|item| {
            let link = item.shared_link?;
            Some(Link {
                title: link.title,
                is_invitation: link.link_type == Some(0),
                access: item.access.and_then(Access::from_code),
            })
        });
        Ok(links.collect())
    }

    /// The names of the Room managers: of a room that the service account owns, the likely owners.
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

/// Who has what; links are not subjects.
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
