//! Giving people and groups access: `PUT files/rooms/{id}/share` and `PUT files/folder/{id}/share`, in the server's
//! order of checks (rooms-api.md E.1 to E.10).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::simulator::api::wanted::Wanted;
use crate::simulator::rights::access;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::links::SubjectType;
use crate::simulator::state::people::EmployeeType;
use crate::simulator::state::rooms::{FolderType, RoomType};
use crate::simulator::state::world::World;
use crate::simulator::wire::body::{Body, Faults};
use crate::simulator::wire::call::{Answer, Call, Outcome};
use crate::simulator::wire::refusal::{Phrase, Refusal};

/// The id of an entry that names nobody.
const NOBODY: &str = "00000000-0000-0000-0000-000000000000";
const MAX_EMAIL: usize = 255;
const MAX_MESSAGE: usize = 255;

#[derive(Debug, Clone)]
struct Invitation {
    id: String,
    email: Option<String>,
    access: i32,
}

impl Invitation {
    /// The list in this member of the body; each entry names its subject by `id_name`.
    fn list(
        body: &Body,
        (name, named): (&str, &str),
        id_name: &str,
        faults: &mut Faults,
    ) -> Result<Vec<Self>, Refusal> {
        let items = body.objects(name, named, "RoomInvitation")?;
        let read = |item: &Option<Body>| match item {
            Some(item) => Self::read(item, id_name, faults),
            None => Err(Refusal::Unforeseen(
                "Object reference not set to an instance of an object.",
            )),
        };
        items.iter().map(read).collect()
    }

    fn read(item: &Body, id_name: &str, faults: &mut Faults) -> Result<Self, Refusal> {
        let id = item.guid(id_name)?;
        let email = item.text("email")?;
        if email.as_deref().is_some_and(|email| !is_address(email)) {
            let message = "The Email field is not a valid e-mail address.";
            faults.add(item, "Email", message);
        }
        faults.length(item, "Email", email.as_ref(), MAX_EMAIL);
        Ok(Self {
            id: id.unwrap_or_else(|| NOBODY.to_owned()),
            email,
            access: access::from_json(item.value("access"))
                .ok_or_else(|| item.wrong_type("access", "FileShare"))?,
        })
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            id: self.id.clone(),
            email: self.email.clone(),
            access: self.access,
            kind: SubjectType::User,
            options: None,
        }
    }
}

/// Whether .NET accepts the text as an address: one `@`, neither first nor last.
fn is_address(text: &str) -> bool {
    let around = text.split_once('@');
    !text.contains(['\r', '\n'])
        && around
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
}

struct Request {
    invitations: Vec<Invitation>,
    notify: bool,
    force: bool,
}

impl Request {
    fn read(call: &Call) -> Result<Self, Refusal> {
        let body = call.bound("RoomInvitation")?;
        let mut faults = Faults::default();
        let list = ("invitations", "Invitations");
        let invitations = Invitation::list(&body, list, "id", &mut faults)?;
        let (notify, force) = (body.plain_flag("notify")?, body.plain_flag("force")?);
        body.text("message")?;
        body.text("culture")?;
        faults.into_result()?;
        Ok(Self {
            invitations,
            notify,
            force,
        })
    }
}

/// `PUT files/rooms/{id}/share`.
pub(crate) fn write(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let request = Request::read(call)?;
    if request.invitations.is_empty() {
        return Ok(Answer::of(json!({ "error": 0 })));
    }
    let gives = |item: &&Invitation| item.access != access::NONE;
    let mut given = request.invitations.iter().filter(gives);
    if !world.options.guests_may_be_invited && given.any(|item| item.email.is_some()) {
        return Err(Refusal::Right);
    }
    let id = call.entry_id();
    world.existing(&id)?;
    if !world.may_read(Some(&who), &id) {
        return Err(Refusal::Rule(Phrase::NoView));
    }
    let is_template = world.is_below(&id, FolderType::RoomTemplates);
    if is_template
        && !request
            .invitations
            .iter()
            .all(|item| fits_template(world, item))
    {
        return Err(Refusal::Rule(Phrase::RoleImpossible));
    }
    if !request.force && takes_form_role_away(world, &id, &request) {
        return Ok(Answer::of(json!({ "error": 1 })));
    }
    let kept = request
        .invitations
        .iter()
        .filter(|item| is_kept(world, &who, &id, item))
        .map(Invitation::wanted)
        .collect();
    let notify = request.notify && !is_template;
    let done = world.set_aces(&who, &id, kept, notify, call.made_before)?;
    let members = world.members_named(&who, &id, &request.invitations);
    Ok(Answer::of(
        json!({ "members": members, "warning": done.warning, "error": 0 }),
    ))
}

/// Whether the entry is possible for a template: the role viewer only, and no users, guests or addresses.
fn fits_template(world: &World, item: &Invitation) -> bool {
    let is_low = world
        .person(&item.id)
        .is_some_and(|person| !person.kind.may_own_rooms());
    item.access == access::NONE || (item.access == access::READ && !is_low && item.email.is_none())
}

fn takes_form_role_away(world: &World, id: &EntryId, request: &Request) -> bool {
    let Some((_, room)) = world.room(id) else {
        return false;
    };
    let takes =
        |item: &Invitation| item.access == access::NONE && room.form_roles.contains(&item.id);
    room.kind == RoomType::VirtualData && request.invitations.iter().any(takes)
}

/// The silent filter: false for an entry that the server drops without an error.
fn is_kept(world: &World, who: &str, id: &EntryId, item: &Invitation) -> bool {
    let is_owner = world
        .entries
        .get(id)
        .is_some_and(|room| room.created_by == who);
    let is_inside = world.has_record(id, &item.id);
    (is_owner && (item.access == access::NONE || is_inside)) || world.can_view(who, &item.id)
}

/// `PUT files/folder/{id}/share`: also for rooms, with a filter of its own; a missing entry is not an error.
pub(crate) fn write_folder(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let body = call.bound("SecurityInfoSimple")?;
    let mut faults = Faults::default();
    let shares = Invitation::list(&body, ("share", "Share"), "shareTo", &mut faults)?;
    let notify = body.plain_flag("notify")?;
    let message = body.text("sharingMessage")?;
    faults.length(&body, "SharingMessage", message.as_ref(), MAX_MESSAGE);
    faults.into_result()?;
    let id = call.entry_id();
    if shares.is_empty() || !world.entries.contains_key(&id) {
        return Ok(Answer::streamed(Vec::new()));
    }
    let mut kept: Vec<Wanted> = shares
        .iter()
        .filter(|item| world.can_share_with(&who, &item.id))
        .map(Invitation::wanted)
        .collect();
    // Groups and unknown subjects come first.
    kept.sort_by_key(|item| item.email.is_some() || world.person(&item.id).is_some());
    let done = world.set_aces(&who, &id, kept, notify, call.made_before)?;
    // The response repeats the list of all named subjects once for each written one.
    let named = world.members_named(&who, &id, &shares);
    let shown = done.processed.iter().flat_map(|_| named.clone());
    Ok(Answer::streamed(shown.collect()))
}

impl World {
    fn has_record(&self, entry: &EntryId, subject: &str) -> bool {
        let aces = self.aces.get(entry).map(Vec::as_slice).unwrap_or_default();
        aces.iter().any(|ace| ace.subject == subject) || self.link(entry, subject).is_some()
    }

    /// The current access of the named subjects, by their ids. Subjects given by address are not looked up.
    fn members_named(&self, who: &str, entry: &EntryId, named: &[Invitation]) -> Vec<Value> {
        if !self.may_read(Some(who), entry) {
            return Vec::new();
        }
        let ids: BTreeSet<&str> = named.iter().map(|item| item.id.as_str()).collect();
        let editing = self.editing(who, entry);
        let aces = self.aces.get(entry).map(Vec::as_slice).unwrap_or_default();
        let shown = |id: &str| {
            let grant = aces.iter().find(|ace| ace.subject == id);
            grant
                .map(|ace| self.grant_item(who, entry, ace, editing))
                .or_else(|| Some(self.link_item(entry, self.link(entry, id)?, editing)))
        };
        ids.into_iter().filter_map(shown).collect()
    }

    /// Whether `who` may give the subject access through the older endpoint, which Users may use too.
    fn can_share_with(&self, who: &str, subject: &str) -> bool {
        let is_guest = |id: &str| {
            self.person(id)
                .is_some_and(|person| person.kind == EmployeeType::Guest)
        };
        let is_user = self
            .person(who)
            .is_some_and(|person| person.kind == EmployeeType::User);
        let is_related = || {
            self.relations
                .contains(&(who.to_owned(), subject.to_owned()))
        };
        self.can_view(who, subject) || (is_user && (!is_guest(subject) || is_related()))
    }
}
