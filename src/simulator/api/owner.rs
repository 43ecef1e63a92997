//! `POST files/owner`: changes the owner of rooms (rooms-api.md H.4).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::simulator::dto::folder::Shown;
use crate::simulator::rights::{Right, access};
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::people::{EmployeeStatus, EmployeeType, Person};
use crate::simulator::state::rooms::FolderType;
use crate::simulator::state::webhooks::Trigger;
use crate::simulator::state::world::World;
use crate::simulator::wire::call::{Answer, Call, Outcome};
use crate::simulator::wire::refusal::{Exception, Phrase, Refusal};

/// Processes the entries one after the other, by number. What was done before a refusal stays done.
pub(crate) fn change(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?.to_owned();
    let body = call.bound("")?;
    let requested = body.list("folderIds")?.unwrap_or_default();
    body.list("fileIds")?;
    let new_owner = body.guid("userId")?;
    body.demand(&["userId"])?;
    let new_owner = new_owner.unwrap_or_default();
    let ids: BTreeSet<EntryId> = entry_ids(&requested)?.into_iter().collect();
    if !world.person(&new_owner).is_some_and(may_own) {
        return Err(Refusal::Rule(Phrase::CannotSelectUser));
    }
    let mut folders = Vec::new();
    for id in ids {
        if !world.entries.contains_key(&id) {
            continue;
        }
        world.hand_over(&who, &id, &new_owner)?;
        let shown = world.entries.get(&id);
        let shown = shown.map(|entry| world.folder(Some(&who), entry, Shown::Changed));
        folders.extend(shown);
    }
    Ok(Answer::streamed(folders))
}

/// The numbers and texts among these values, in order; other values are left out.
pub(crate) fn entry_ids(values: &[Value]) -> Result<Vec<EntryId>, Refusal> {
    let no_number = || {
        let message = "One of the identified items was in an invalid format.";
        Refusal::Thrown(Exception::Format, message)
    };
    let mut ids = Vec::new();
    for value in values {
        match value {
            Value::Number(number) => {
                let number = number
                    .as_i64()
                    .and_then(|number| i32::try_from(number).ok());
                ids.push(EntryId::Number(number.ok_or_else(no_number)?.into()));
            }
            Value::String(text) => {
                ids.push(EntryId::from_route(text.trim()));
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {}
        }
    }
    Ok(ids)
}

fn may_own(person: &Person) -> bool {
    person.status == EmployeeStatus::Active && person.kind.may_own_rooms()
}

impl World {
    /// Makes `new_owner` the entry's owner, on behalf of `who`. The old owner becomes room manager, unless the account
    /// is gone; where that role does not exist, the new owner has lost their grant and nothing replaces it.
    pub(crate) fn hand_over(
        &mut self,
        who: &str,
        id: &EntryId,
        new_owner: &str,
    ) -> Result<(), Refusal> {
        let missing = Refusal::NotFound(Phrase::FolderMissing);
        let entry = self.entries.get(id).ok_or(missing)?;
        let (old_owner, kind) = (
            entry.created_by.clone(),
            entry.room.as_ref().map(|room| room.kind),
        );
        if self.is_below(id, FolderType::Archive) || !self.may(Some(who), Right::ChangeOwner, id) {
            return Err(Refusal::Rule(Phrase::AccessDenied));
        }
        if !self.person(new_owner).is_some_and(may_own) {
            return Err(Refusal::Rule(Phrase::CannotSelectUser));
        }
        if old_owner == new_owner {
            return Ok(());
        }
        self.set_access(id, new_owner, false, access::NONE);
        let old = self.people.get(&old_owner);
        if old.is_none_or(|person| !person.is_gone()) {
            let employee = old.map_or(EmployeeType::Guest, |person| person.kind);
            let is_template = self.is_below(id, FolderType::RoomTemplates);
            let may = kind
                .is_some_and(|kind| access::exists_for_type(employee, kind, access::ROOM_MANAGER));
            if is_template || !may {
                return Err(Refusal::Rule(Phrase::RoleImpossible));
            }
            self.set_access(id, &old_owner, false, access::ROOM_MANAGER);
        }
        let now = self.now();
        if let Some(entry) = self.entries.get_mut(id) {
            new_owner.clone_into(&mut entry.created_by);
            who.clone_into(&mut entry.updated_by);
            entry.updated = now;
        }
        self.publish(Trigger::FolderUpdated, id, who);
        Ok(())
    }
}
