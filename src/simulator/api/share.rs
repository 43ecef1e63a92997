//! `PUT files/rooms/{id}/share`: grants, in the server's order of checks (docs/docspace.md, sharing a room).

use serde_json::{Value, json};

use crate::simulator::rights::access;
use crate::simulator::rights::{Right, Standing};
use crate::simulator::state::ids::{self, EntryId};
use crate::simulator::state::notices::{Notice, NoticeKind};
use crate::simulator::state::people::{EmployeeStatus, EmployeeType};
use crate::simulator::state::rooms::{FolderType, RoomType};
use crate::simulator::state::world::World;
use crate::simulator::wire::call::{Answer, Call, Members, Outcome};
use crate::simulator::wire::refusal::{Phrase, Refusal};

/// Whom the answer names in place of a subject nobody knows.
const UNKNOWN_PERSON: &str = "4a515a15-d4d6-4b8e-828e-e0586f18f3a3";
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

#[derive(Debug, Clone)]
struct Invitation {
    id: String,
    email: Option<String>,
    access: i32,
}

struct Request {
    invitations: Vec<Invitation>,
    notify: bool,
    force: bool,
}

impl Request {
    fn read(call: &Call) -> Result<Self, Refusal> {
        let body = call.body()?;
        let mut invitations = Vec::new();
        for item in body.list("invitations")?.unwrap_or_default() {
            invitations.push(Invitation::read(item)?);
        }
        let (notify, force) = (
            body.flag("notify")?.unwrap_or(false),
            body.flag("force")?.unwrap_or(false),
        );
        Ok(Self {
            invitations,
            notify,
            force,
        })
    }
}

impl Invitation {
    fn read(item: Value) -> Result<Self, Refusal> {
        if !item.is_object() {
            return Err(Refusal::not_convertible(
                "$.invitations[0]",
                "RoomInvitation",
            ));
        }
        let item = Members(item);
        let id = match item.text("id")? {
            None => NOBODY.to_owned(),
            Some(text) => ids::parse_guid(&text)
                .ok_or_else(|| Refusal::not_convertible("$.invitations[0].id", "Guid"))?,
        };
        let email = item.text("email")?.filter(|email| !email.trim().is_empty());
        Ok(Self {
            id,
            email,
            access: access::from_json(item.present("access"))
                .ok_or_else(|| Refusal::not_convertible("$.invitations[0].access", "FileShare"))?,
        })
    }
}

/// What a subject is to the server: what is neither a group nor a known person counts as a guest.
enum Subject {
    Group { is_removed: bool },
    Person { kind: EmployeeType, is_gone: bool },
}

struct Place {
    id: EntryId,
    kind: RoomType,
    is_template: bool,
}

pub(crate) fn write(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let request = Request::read(call)?;
    if request.invitations.is_empty() {
        return Ok(Answer::of(json!({ "error": 0 })));
    }
    let invites_by_mail = |item: &Invitation| item.email.is_some() && item.access != access::NONE;
    if !world.options.guests_may_be_invited && request.invitations.iter().any(invites_by_mail) {
        return Err(Refusal::Right);
    }
    let id = call.entry_id();
    if !world.entries.contains_key(&id) {
        return Err(Refusal::NotFound(Phrase::FolderMissing));
    }
    if !world.may_read(Some(&who), &id) {
        return Err(Refusal::Rule(Phrase::NoView));
    }
    let Some((_, room)) = world.room(&id) else {
        return Err(Refusal::Rule(Phrase::LinksOnly));
    };
    let place = Place {
        kind: room.kind,
        is_template: world.is_below(&id, FolderType::RoomTemplates),
        id,
    };
    if place.is_template
        && request
            .invitations
            .iter()
            .any(|item| !fits_template(world, item))
    {
        return Err(Refusal::Rule(Phrase::RoleImpossible));
    }
    if !request.force
        && place.kind == RoomType::VirtualData
        && takes_form_role_away(world, &place.id, &request)
    {
        return Ok(Answer::of(json!({ "error": 1 })));
    }
    let kept: Vec<Invitation> = request
        .invitations
        .iter()
        .filter(|item| stays(world, &who, &place.id, item))
        .cloned()
        .collect();
    let mut warning = None;
    if !kept.is_empty() {
        let leaves = kept
            .iter()
            .all(|item| item.id == who && item.access == access::NONE);
        if !leaves && !world.may(Some(&who), Right::EditAccess, &place.id) {
            return Err(Refusal::Right);
        }
        let notify = request.notify && !place.is_template;
        warning = world.apply(&who, &place, &kept, notify)?;
    }
    let members: Vec<Value> = kept
        .iter()
        .filter_map(|item| world.member(&who, &place.id, item))
        .collect();
    Ok(Answer::of(
        json!({ "members": members, "warning": warning, "error": 0 }),
    ))
}

/// Templates know viewers only, and no users or guests.
fn fits_template(world: &World, item: &Invitation) -> bool {
    let low = world
        .person(&item.id)
        .is_some_and(|person| !person.kind.may_own_rooms());
    matches!(item.access, access::READ | access::NONE)
        && (!low || item.access == access::NONE)
        && item.email.is_none()
}

fn takes_form_role_away(world: &World, id: &EntryId, request: &Request) -> bool {
    let has_role = |subject: &str| {
        world
            .room(id)
            .is_some_and(|(_, room)| room.form_roles.contains(subject))
    };
    request
        .invitations
        .iter()
        .any(|item| item.access == access::NONE && has_role(&item.id))
}

/// The silent filter: what does not stay is dropped without a word.
fn stays(world: &World, who: &str, id: &EntryId, item: &Invitation) -> bool {
    let is_owner = world
        .entries
        .get(id)
        .is_some_and(|room| room.created_by == who);
    let has_ace = world
        .aces
        .get(id)
        .is_some_and(|aces| aces.iter().any(|ace| ace.subject == item.id));
    (is_owner && (item.access == access::NONE || has_ace)) || world.can_view(who, &item.id)
}

impl World {
    /// Works through the invitations one by one. The first impossible one ends it, and what came before stays.
    fn apply(
        &mut self,
        who: &str,
        place: &Place,
        items: &[Invitation],
        notify: bool,
    ) -> Result<Option<String>, Refusal> {
        let before = self.aces.get(&place.id).cloned().unwrap_or_default();
        let (mut warning, mut told) = (None, Vec::new());
        for item in items {
            let present = before.iter().find(|ace| ace.subject == item.id);
            let subject = self.subject(&item.id);
            let skipped = match subject {
                Subject::Group { is_removed } => is_removed,
                Subject::Person { is_gone, .. } => {
                    is_gone && !(item.access == access::NONE && present.is_some())
                }
            };
            if skipped || (item.email.is_some() && item.access == access::NONE) {
                continue;
            }
            check_role(place, &subject, item.access, present.is_some())?;
            let is_group = matches!(subject, Subject::Group { .. });
            let target = match &item.email {
                None => item.id.clone(),
                Some(email) => match self.invited(who, email, &place.id) {
                    Some(person) => person,
                    None => {
                        warning = Some(format!("The address {email} is not valid"));
                        continue;
                    }
                },
            };
            if present.is_none_or(|ace| ace.access != item.access) {
                self.set_access(&place.id, &target, is_group, item.access);
                told.push(target);
            }
        }
        if notify {
            let notice = |person: String| Notice {
                person,
                kind: NoticeKind::Invited,
                entry: place.id.clone(),
            };
            self.notices.extend(told.into_iter().map(notice));
        }
        Ok(warning)
    }

    fn subject(&self, id: &str) -> Subject {
        if let Some(group) = self.groups.get(id) {
            return Subject::Group {
                is_removed: group.is_removed,
            };
        }
        let unknown = Subject::Person {
            kind: EmployeeType::Guest,
            is_gone: false,
        };
        self.people
            .get(id)
            .map_or(unknown, |person| Subject::Person {
                kind: person.kind,
                is_gone: person.is_gone(),
            })
    }

    /// The account of this address; a new guest's if there is none.
    fn invited(&mut self, who: &str, email: &str, room: &EntryId) -> Option<String> {
        let email = email.trim();
        let id = match self.person_by_email(email) {
            Some(person) => person.id.clone(),
            None => {
                let name = email
                    .split_once('@')
                    .filter(|(name, host)| !name.is_empty() && host.contains('.'))?
                    .0;
                let mut guest = self.new_person(name, email, EmployeeType::Guest);
                guest.status = EmployeeStatus::Pending;
                guest.activation = 2;
                let id = guest.id.clone();
                self.people.insert(id.clone(), guest);
                id
            }
        };
        self.relations.insert((who.to_owned(), id.clone()));
        if self
            .person(&id)
            .is_some_and(|person| person.status == EmployeeStatus::Pending)
        {
            self.notices.push(Notice {
                person: id.clone(),
                kind: NoticeKind::InvitationMail,
                entry: room.clone(),
            });
        }
        Some(id)
    }

    /// The grant the subject has now, for the answer. People invited by mail are not looked up.
    fn member(&self, who: &str, room: &EntryId, item: &Invitation) -> Option<Value> {
        let ace = self
            .aces
            .get(room)?
            .iter()
            .find(|ace| ace.subject == item.id)?;
        Some(self.share_item(who, room, ace).unwrap_or_else(|| {
            json!({
                "access": ace.access, "subjectType": 0, "isLocked": false, "isOwner": false, "canEditAccess": true,
                "sharedToUser": { "id": UNKNOWN_PERSON, "displayName": "Unknown" },
                "sharedTo": { "id": UNKNOWN_PERSON, "displayName": "Unknown" },
            })
        }))
    }

    /// Whether the caller is the owner or a manager, who see links.
    pub(crate) fn reads_links(&self, who: &str, id: &EntryId) -> bool {
        let Some((person, room)) = self.person(who).zip(self.entries.get(id)) else {
            return false;
        };
        matches!(
            self.standing(person, room),
            Standing::Owner | Standing::Member(access::ROOM_MANAGER)
        )
    }
}

/// The matrices: what the room's type has, and what the kind of account may have. Templates have a row of their own.
fn check_role(
    place: &Place,
    subject: &Subject,
    code: i32,
    is_present: bool,
) -> Result<(), Refusal> {
    let is_templates = matches!(code, access::READ | access::NONE);
    let possible = match subject {
        Subject::Group { .. } if place.is_template => is_templates,
        Subject::Person { kind, .. } if place.is_template => {
            code == access::NONE || (is_templates && kind.may_own_rooms())
        }
        Subject::Group { .. } => {
            // A new group is taken for an unknown guest here, who creates nothing in an agent.
            let passes =
                is_present || place.kind != RoomType::Ai || code != access::CONTENT_CREATOR;
            access::exists_for_groups(place.kind, code) && passes
        }
        Subject::Person { kind, .. } => {
            let by_type =
                place.id.is_third_party() || access::exists_for_type(*kind, place.kind, code);
            access::exists_for_people(place.kind, code) && by_type
        }
    };
    if possible {
        Ok(())
    } else {
        Err(Refusal::Rule(Phrase::RoleImpossible))
    }
}
