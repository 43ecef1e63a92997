//! People invited by e-mail: those who have the address, else a new guest (rooms-api.md E.7).

use crate::simulator::state::people::{EmployeeStatus, EmployeeType, Person};
use crate::simulator::state::world::World;

/// `activationStatus` of who was invited and has not come yet.
const PENDING: i64 = 2;
const NO_ADDRESS: &str = "The specified string is not in the form required for an e-mail address.";

/// Whom an address belongs to.
pub(super) struct Invited {
    pub(super) id: String,
    pub(super) is_new: bool,
    /// Whether a mail goes to her.
    pub(super) is_mailed: bool,
}

/// Whether somebody was invited and has not come yet.
pub(crate) fn is_pending(person: &Person) -> bool {
    person.activation == PENDING || person.status == EmployeeStatus::Pending
}

impl World {
    /// Finds or makes the account, which `who` knows from now on; what is wrong with the address if it is none.
    pub(super) fn invite(&mut self, who: &str, email: &str) -> Result<Invited, String> {
        let known = self.person_by_email(email).map(|person| {
            let invited = Invited {
                id: person.id.clone(),
                is_new: false,
                is_mailed: is_pending(person),
            };
            (invited, person.is_gone())
        });
        let (invited, is_gone) = match known {
            Some(known) => known,
            None => (self.new_guest(who, email)?, false),
        };
        if !is_gone && invited.id != who {
            let relation = (who.to_owned(), invited.id.clone());
            self.relations.insert(relation);
        }
        Ok(invited)
    }

    fn new_guest(&mut self, who: &str, email: &str) -> Result<Invited, String> {
        let is_odd = |letter: char| letter.is_whitespace() || "(),:;<>[\\]\"".contains(letter);
        let (name, _) = email
            .split_once('@')
            .filter(|_| !email.contains(is_odd))
            .ok_or(NO_ADDRESS)?;
        let mut guest = self.new_person(name, email, EmployeeType::Guest);
        (guest.first_name, guest.last_name) = (String::new(), String::new());
        (guest.status, guest.activation) = (EmployeeStatus::Pending, PENDING);
        guest.created_by = Some(who.to_owned());
        let id = guest.id.clone();
        self.people.insert(id.clone(), guest);
        Ok(Invited {
            id,
            is_new: true,
            is_mailed: true,
        })
    }
}
