//! Single accounts: `GET people/@self`, `people/email`, `people/{id}` (rooms-api.md M).

use serde_json::json;

use crate::simulator::dto::merged;
use crate::simulator::state::people::{EmployeeType, Person};
use crate::simulator::state::world::World;
use crate::simulator::state::{collation, ids};
use crate::simulator::wire::call::{Answer, Call, Outcome};
use crate::simulator::wire::refusal::{Exception, Phrase, Refusal};

/// `GET people/@self`: with some members that only the account itself sees.
pub(crate) fn oneself(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?;
    let person = world
        .person(who)
        .ok_or(Refusal::NotFound(Phrase::PersonMissing))?;
    let own = json!({
        "theme": "System", "loginEventId": 0,
        "hasPersonalFolder": person.kind != EmployeeType::Guest,
    });
    Ok(Answer::of(merged(world.employee_full(who, person), own)))
}

/// `GET people/{id}`, by id or user name.
pub(crate) fn person(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?;
    let wanted = call.capture();
    let is_named =
        |person: &&Person| !person.is_removed && collation::same(&person.user_name, wanted);
    let by_id = || world.person(&ids::any_guid(wanted)?);
    let person = world.people.values().find(is_named).or_else(by_id);
    visible(world, who, person)
}

/// `GET people/email`: finds terminated people too.
pub(crate) fn by_email(world: &mut World, call: &Call) -> Outcome {
    let who = call.person()?;
    let Some(email) = call.query("email") else {
        return Err(Refusal::Thrown(
            Exception::ArgumentNull,
            "Value cannot be null. (Parameter 'email')",
        ));
    };
    if !is_address(email) {
        let message = "The Email field is not a valid e-mail address.";
        return Err(Refusal::validation("email", message));
    }
    visible(world, who, world.person_by_email(email.trim()))
}

/// Whether the server's validation accepts the text as an address: one `@` with text on either side.
fn is_address(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && !text.contains(['\r', '\n'])
    })
}

/// The person, if they exist and the caller may see them.
fn visible(world: &World, who: &str, person: Option<&Person>) -> Outcome {
    let person = person.ok_or(Refusal::NotFound(Phrase::PersonMissing))?;
    if !world.can_view(who, &person.id) {
        return Err(Refusal::Right);
    }
    Ok(Answer::of(world.employee_full(who, person)))
}

impl World {
    /// Whether `who` may see the subject. For a room admin, every subject that is not a guest's account passes, such as
    /// a group.
    pub(crate) fn can_view(&self, who: &str, subject: &str) -> bool {
        let is_guest = self
            .person(subject)
            .is_some_and(|person| person.kind == EmployeeType::Guest);
        who == subject
            || match self.person(who).map(|person| person.kind) {
                Some(EmployeeType::DocSpaceAdmin) => true,
                Some(EmployeeType::RoomAdmin) => {
                    !is_guest
                        || self
                            .relations
                            .contains(&(who.to_owned(), subject.to_owned()))
                }
                Some(EmployeeType::User | EmployeeType::Guest) | None => false,
            }
    }
}
