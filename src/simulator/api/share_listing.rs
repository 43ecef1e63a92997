//! `GET files/rooms/{id}/share`: who has access (docs/docspace.md, members of a room).

use serde_json::{Value, json};

use crate::simulator::dto::merged;
use crate::simulator::rights::Right;
use crate::simulator::rights::access;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::people::{EVERYONE, EmployeeStatus, EmployeeType};
use crate::simulator::state::rooms::Ace;
use crate::simulator::state::world::{Shuffler, World};
use crate::simulator::wire::call::{Answer, Call, Outcome};
use crate::simulator::wire::refusal::{Phrase, Refusal};

const USER_OR_GROUP: i64 = 0;
const LINKS: [i64; 4] = [2, 4, 8, 15];
const USER: i64 = 16;
const GROUP: i64 = 32;

pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?, call.entry_id());
    let page = call.page()?;
    let filter = call.query_number("filterType")?.unwrap_or(USER_OR_GROUP);
    if !(0..=63).contains(&filter) {
        return Err(Refusal::validation(
            "filterType",
            format!("The value '{filter}' is not valid."),
        ));
    }
    let text = call.query("filterValue").unwrap_or_default().to_lowercase();
    if !world.entries.contains_key(&id) {
        return Err(Refusal::NotFound(Phrase::FolderMissing));
    }
    // Nothing is shown, and nothing said, to those who may not look.
    if !world.may_read(Some(who), &id) {
        return Ok(Answer::page(Vec::new(), 0, page.start, page.most));
    }
    let all = if filter == 1 || LINKS.contains(&filter) {
        world.link_items(who, &id, filter)
    } else {
        let ties = world.shuffler();
        world.member_items(who, &id, filter, &text, ties)
    };
    let total = all.len();
    Ok(Answer::page(page.of(all), total, page.start, page.most))
}

impl World {
    fn member_items(
        &self,
        who: &str,
        id: &EntryId,
        filter: i64,
        text: &str,
        ties: Shuffler,
    ) -> Vec<Value> {
        let owner = self
            .entries
            .get(id)
            .filter(|_| filter != GROUP)
            .and_then(|room| self.people.get(&room.created_by));
        let owner = owner
            .filter(|person| person.display_name().to_lowercase().contains(text))
            .map(|person| {
                let full = self.employee_full(who, person);
                let flags = Flags {
                    is_locked: person.id == who,
                    is_owner: true,
                    can_edit: false,
                };
                merged(
                    flags.item(access::READ_WRITE, 0),
                    json!({ "sharedToUser": full, "sharedTo": full }),
                )
            });
        let mut aces: Vec<(&Ace, _)> = self
            .aces
            .get(id)
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .filter(|ace| {
                filter == USER_OR_GROUP || filter == if ace.is_group { GROUP } else { USER }
            })
            .filter(|ace| self.name(&ace.subject).to_lowercase().contains(text))
            .filter_map(|ace| self.place_in_list(ace).map(|place| (ace, place)))
            .collect();
        ties.shuffle(&mut aces);
        aces.sort_by(|(_, one), (_, other)| one.cmp(other));
        owner
            .into_iter()
            .chain(
                aces.into_iter()
                    .filter_map(|(ace, _)| self.share_item(who, id, ace)),
            )
            .collect()
    }

    /// Managers, groups, users, guests, pending people; then the role, then the first name. Subjects nobody
    /// knows are left out, and so are system groups, but for the one of everybody.
    fn place_in_list(&self, ace: &Ace) -> Option<(u8, i32, String)> {
        if ace.is_group {
            let group = self
                .groups
                .get(&ace.subject)
                .filter(|group| !group.is_removed)?;
            let shown = !group.is_system || group.id == EVERYONE;
            return shown.then(|| (1, ace.access, group.name.to_lowercase()));
        }
        let person = self.person(&ace.subject)?;
        let rank = match (ace.access, person.status, person.kind) {
            (access::ROOM_MANAGER, _, _) => 0,
            (_, EmployeeStatus::Pending, _) => 4,
            (_, EmployeeStatus::Active | EmployeeStatus::Terminated, EmployeeType::Guest) => 3,
            (_, EmployeeStatus::Active | EmployeeStatus::Terminated, _) => 2,
        };
        Some((rank, ace.access, person.first_name.to_lowercase()))
    }

    /// One grant; `None` if the subject is unknown to the portal.
    pub(crate) fn share_item(&self, who: &str, room: &EntryId, ace: &Ace) -> Option<Value> {
        let flags = Flags {
            is_locked: ace.subject == who,
            is_owner: false,
            can_edit: ace.subject != who && self.may(Some(who), Right::EditAccess, room),
        };
        if ace.is_group {
            let group = self.group_summary(self.groups.get(&ace.subject)?);
            return Some(merged(
                flags.item(ace.access, 2),
                json!({ "sharedToGroup": group, "sharedTo": group }),
            ));
        }
        let person = self.employee_full(who, self.person(&ace.subject)?);
        Some(merged(
            flags.item(ace.access, 0),
            json!({ "sharedToUser": person, "sharedTo": person }),
        ))
    }

    fn link_items(&self, who: &str, id: &EntryId, filter: i64) -> Vec<Value> {
        let room = self
            .room(id)
            .map(|(_, room)| room)
            .filter(|_| self.reads_links(who, id));
        let link = room
            .and_then(|room| room.primary_link.as_ref())
            .filter(|_| matches!(filter, 2 | 8 | 15));
        let item = |(link_id, code): &(String, i32)| {
            let link = json!({
                "id": link_id, "title": "Shared link", "shareLink": format!("/rooms/share?key={link_id}"), "linkType": 1,
                "denyDownload": false, "isExpired": false, "primary": true, "internal": false, "requestToken": link_id,
            });
            let flags = Flags {
                is_locked: false,
                is_owner: false,
                can_edit: true,
            };
            merged(
                flags.item(*code, 4),
                json!({ "sharedLink": link, "sharedTo": link }),
            )
        };
        link.map(item).into_iter().collect()
    }
}

struct Flags {
    is_locked: bool,
    is_owner: bool,
    can_edit: bool,
}

impl Flags {
    fn item(&self, code: i32, subject_type: u8) -> Value {
        json!({
            "access": code, "subjectType": subject_type, "isLocked": self.is_locked, "isOwner": self.is_owner,
            "canEditAccess": self.can_edit, "canEditInternal": false, "canEditDenyDownload": false,
            "canEditExpirationDate": false, "canRevoke": false,
        })
    }
}
