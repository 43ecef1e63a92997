//! Invitations by e-mail: finds the account with the address or creates a guest (rooms-api.md E.7).

use crate::simulator::state::people::{EmployeeStatus, EmployeeType, Person};
use crate::simulator::state::world::World;

/// `activationStatus` of an invited person whose account is not active yet.
const PENDING: i64 = 2;
const NO_ADDRESS: &str = "The specified string is not in the form required for an e-mail address.";

/// The account that an address belongs to.
pub(super) struct Invited {
    pub(super) id: String,
    pub(super) is_new: bool,
    /// Whether an invitation mail goes out.
    pub(super) is_mailed: bool,
}

/// Whether the person was invited and the account is not active yet.
pub(crate) fn is_pending(person: &Person) -> bool {
    person.activation == PENDING || person.status == EmployeeStatus::Pending
}

impl World {
    /// Finds or creates the account and makes it known to `who`; returns an error if the text is not an e-mail address.
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
