//! The list of members: `GET files/rooms/{id}/share`, `GET files/folder/{id}/share` (rooms-api.md F).

use serde_json::Value;

use crate::simulator::api::addresses::is_pending;
use crate::simulator::rights::Right;
use crate::simulator::rights::access;
use crate::simulator::state::collation::{self, Key};
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::links::{Link, SubjectType};
use crate::simulator::state::people::{EVERYONE, EmployeeType, Person};
use crate::simulator::state::rooms::{Ace, FolderType};
use crate::simulator::state::world::{Shuffler, World};
use crate::simulator::wire::call::{Answer, Call, Outcome, Page};
use crate::simulator::wire::refusal::Refusal;

const FILTER_TYPES: [(&str, i64); 8] = [
    ("UserOrGroup", USER_OR_GROUP),
    ("InvitationLink", INVITATION_LINK),
    ("ExternalLink", EXTERNAL_LINK),
    ("AdditionalExternalLink", 4),
    ("PrimaryExternalLink", PRIMARY_EXTERNAL_LINK),
    ("Link", LINK),
    ("User", USER),
    ("Group", GROUP),
];
const USER_OR_GROUP: i64 = 0;
pub(crate) const INVITATION_LINK: i64 = 1;
pub(crate) const EXTERNAL_LINK: i64 = 2;
pub(crate) const PRIMARY_EXTERNAL_LINK: i64 = 8;
pub(crate) const LINK: i64 = 15;
const USER: i64 = 16;
const GROUP: i64 = 32;
/// `activationStatus` of an invited person whose account is not active yet.
const PENDING: i64 = 2;

/// `GET files/rooms/{id}/share`. Past the end the count goes below 0.
pub(crate) fn list(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?, call.entry_id());
    let filter = call
        .query_flags("filterType", &FILTER_TYPES)?
        .unwrap_or(USER_OR_GROUP);
    let (start, count) = call.window()?;
    let text = call.query("filterValue").unwrap_or_default();
    let (shown, total) = page(world, who, &id, filter, text, Page::from(start, count))?;
    Ok(Answer {
        count: Some((total - start).min(count)),
        total: Some(total),
        ..Answer::of(shown.into())
    })
}

/// `GET files/folder/{id}/share`: people and groups; guests are refused.
pub(crate) fn list_folder(world: &mut World, call: &Call) -> Outcome {
    let (who, id) = (call.person()?, call.entry_id());
    let (start, count) = call.window()?;
    let caller = world.person(who);
    if caller.is_some_and(|person| person.kind == EmployeeType::Guest) {
        return Err(Refusal::Right);
    }
    let rows = Page::from(start, count);
    let (shown, total) = page(world, who, &id, USER_OR_GROUP, "", rows)?;
    Ok(Answer {
        total: Some(total),
        ..Answer::of(shown.into())
    })
}

/// The rows of a page and their total; empty and 0 for callers who may not see them.
fn page(
    world: &mut World,
    who: &str,
    id: &EntryId,
    filter: i64,
    text: &str,
    page: Page,
) -> Result<(Vec<Value>, i64), Refusal> {
    world.existing(id)?;
    if !world.may_count(who, id, filter) {
        return Ok((Vec::new(), 0));
    }
    let all = world.share_items(who, id, filter, text);
    let total = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let is_shown = world.may_list(who, id, filter);
    let shown = if is_shown { page.of(all) } else { Vec::new() };
    Ok((shown, total))
}

/// A row of the list.
enum Row<'world> {
    Grant(&'world Ace),
    Link(&'world Link),
}

impl World {
    /// Whether the caller gets the total.
    pub(crate) fn may_count(&self, who: &str, entry: &EntryId, filter: i64) -> bool {
        let is_open = match filter {
            USER_OR_GROUP | USER | GROUP => true,
            PRIMARY_EXTERNAL_LINK => self.is_below(entry, FolderType::VirtualRooms),
            _ => false,
        };
        self.may_read(Some(who), entry) && (is_open || self.may_read_links(who, entry))
    }

    /// Whether the caller sees the rows: of folders in rooms, only callers who may give access.
    pub(crate) fn may_list(&self, who: &str, entry: &EntryId, filter: i64) -> bool {
        if self.room(entry).is_some() {
            self.may_count(who, entry, filter)
        } else {
            self.may(Some(who), Right::EditAccess, entry)
        }
    }

    /// All rows that the filter lets through, in order.
    pub(crate) fn share_items(
        &mut self,
        who: &str,
        entry: &EntryId,
        filter: i64,
        text: &str,
    ) -> Vec<Value> {
        let ties = self.shuffler();
        let editing = self.editing(who, entry);
        let owner = self
            .owner_listed(entry, filter, text)
            .map(|owner| self.owner_item(who, owner));
        let rows = self.share_rows(entry, filter, text.trim(), ties);
        let shown = rows.into_iter().map(|row| match row {
            Row::Grant(ace) => self.grant_item(who, entry, ace, editing),
            Row::Link(link) => self.link_item(entry, link, editing),
        });
        owner.into_iter().chain(shown).collect()
    }

    /// The owner of the room, who is listed without a grant.
    fn owner_listed(&self, entry: &EntryId, filter: i64, text: &str) -> Option<&Person> {
        let place = self.room_of(entry).or_else(|| self.entries.get(entry))?;
        let owner = self.people.get(&place.created_by)?;
        let text = text.trim().to_lowercase();
        let has_text = [&owner.first_name, &owner.last_name, &owner.email]
            .iter()
            .any(|name| name.to_lowercase().contains(&text));
        (matches!(filter, USER_OR_GROUP | USER) && has_text).then_some(owner)
    }

    fn share_rows(&self, entry: &EntryId, filter: i64, text: &str, ties: Shuffler) -> Vec<Row<'_>> {
        let order = Order {
            world: self,
            filter,
            text,
            is_room: self.room(entry).is_some(),
            root: self
                .root_of(entry)
                .map_or(FolderType::Default, |root| root.kind),
        };
        let is_of_people = matches!(filter, USER_OR_GROUP | USER | GROUP);
        let grants = if is_of_people {
            self.grants_around(entry)
        } else {
            self.aces.get(entry).into_iter().flatten().collect()
        };
        let links = self.links_of(entry).iter().filter(|_| !is_of_people);
        let mut rows: Vec<(Place, &str, Row<'_>)> = Vec::new();
        for ace in grants {
            let place = order.of_grant(ace);
            rows.extend(place.map(|place| (place, ace.subject.as_str(), Row::Grant(ace))));
        }
        for link in links {
            let place = order.of_link(link);
            rows.extend(place.map(|place| (place, link.id.as_str(), Row::Link(link))));
        }
        // The database returns the rows by subject.
        rows.sort_by_key(|(_, subject, _)| *subject);
        ties.shuffle(&mut rows);
        rows.sort_by(|(one, _, _), (other, _, _)| one.cmp(other));
        rows.into_iter().map(|(_, _, row)| row).collect()
    }

    /// The entry's own grants and those of its ancestors; for each subject the nearest.
    fn grants_around(&self, entry: &EntryId) -> Vec<&Ace> {
        let mut found: Vec<&Ace> = Vec::new();
        for above in self.lineage(entry) {
            for ace in self.aces.get(&above.id).into_iter().flatten() {
                if !found.iter().any(|known| known.subject == ace.subject) {
                    found.push(ace);
                }
            }
        }
        found
    }
}

/// Rank, role, name.
type Place = (i64, usize, Option<Key>);

struct Order<'world> {
    world: &'world World,
    filter: i64,
    text: &'world str,
    is_room: bool,
    root: FolderType,
}

impl Order<'_> {
    fn of_grant(&self, ace: &Ace) -> Option<Place> {
        let role = access::place_in_listing(ace.access, self.root);
        match self.filter {
            USER_OR_GROUP => self
                .of_person(ace)
                .or_else(|| Some((1, role, Some(self.group_name(ace)?)))),
            USER if ace.is_group => None,
            USER => self.of_person_among_people(ace),
            GROUP if ace.is_group => Some((0, role, Some(self.group_name(ace)?))),
            GROUP => None,
            // Any other filter shows everything, or links.
            filter if is_of_links(filter) => None,
            _ => Some((0, role, None)),
        }
    }

    /// Managers, then users, guests, pending people; within these by role and name.
    fn of_person(&self, ace: &Ace) -> Option<Place> {
        let person = self.person(ace)?;
        let is_pending = is_pending(person);
        let rank = match (ace.access, person.kind) {
            _ if is_pending => 4,
            (_, EmployeeType::Guest) => 3,
            (access::ROOM_MANAGER, _) => 0,
            _ => 2,
        };
        let name = if is_pending {
            &person.email
        } else {
            &person.first_name
        };
        let role = access::place_in_listing(ace.access, self.root);
        Some((rank, role, Some(collation::key(name))))
    }

    /// In a list without groups, activation comes first; below rooms, only the role counts.
    fn of_person_among_people(&self, ace: &Ace) -> Option<Place> {
        let role = access::place_in_listing(ace.access, self.root);
        if !self.is_room {
            return Some((0, role, None));
        }
        let person = self.person(ace).filter(|person| !person.is_removed)?;
        let activation = if is_pending(person) {
            PENDING
        } else {
            person.activation
        };
        Some((activation, role, Some(collation::key(&person.first_name))))
    }

    /// The person, if the text is in their name or address.
    fn person(&self, ace: &Ace) -> Option<&Person> {
        let person = self.world.people.get(&ace.subject)?;
        let mut names = [&person.first_name, &person.last_name, &person.email].into_iter();
        names
            .any(|name| collation::contains(name, self.text))
            .then_some(person)
    }

    /// The group's name, if the text is in it. Of the system groups the database has only Everyone.
    fn group_name(&self, ace: &Ace) -> Option<Key> {
        let group = self.world.groups.get(&ace.subject)?;
        let is_known = !group.is_removed && (!group.is_system || group.id == EVERYONE);
        (is_known && collation::contains(&group.name, self.text))
            .then(|| collation::key(&group.name))
    }

    fn of_link(&self, link: &Link) -> Option<Place> {
        let is_wanted = match self.filter {
            INVITATION_LINK => link.kind == SubjectType::InvitationLink,
            EXTERNAL_LINK => link.kind.is_external(),
            PRIMARY_EXTERNAL_LINK => link.kind == SubjectType::PrimaryExternalLink,
            4 => link.kind == SubjectType::ExternalLink,
            _ => true,
        };
        let is_later =
            self.filter == EXTERNAL_LINK && link.kind != SubjectType::PrimaryExternalLink;
        let role = access::place_in_listing(link.access, self.root);
        is_wanted.then_some((is_later.into(), role, None))
    }
}

fn is_of_links(filter: i64) -> bool {
    matches!(
        filter,
        INVITATION_LINK | EXTERNAL_LINK | 4 | PRIMARY_EXTERNAL_LINK | LINK
    )
}
