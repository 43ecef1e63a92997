//! Whom to invite. A member with that address is already in the room.

use super::{Action, Change, Note, Plan};
use crate::bind::BoundInvitation;
use crate::room::{Observed, guest_key};

pub(super) fn plan(wanted: &[BoundInvitation], seen: &Observed, plan: &mut Plan) {
    for invitation in wanted {
        let key = guest_key(&invitation.email);
        let name = invitation.email.clone();
        if guest_key(&seen.owner.email) == key {
            plan.notes.push(Note::IsOwner { name });
            continue;
        }
        let share = seen
            .shares
            .iter()
            .find(|share| !share.email.is_empty() && guest_key(&share.email) == key);
        let by = invitation.by.clone();
        match share {
            None => plan.actions.push(Action::Invite {
                email: name,
                access: invitation.access,
                by,
            }),
            Some(share) => match share.access {
                None => plan.notes.push(Note::UnknownRole { name }),
                Some(has) if has > invitation.access => plan.notes.push(Note::HasMore {
                    name,
                    has,
                    through: None,
                }),
                Some(has) if has == invitation.access => {}
                Some(has) => plan.actions.push(Action::Grant {
                    subject: share.subject.clone(),
                    name,
                    role: Change {
                        from: Some(has),
                        to: Some(invitation.access),
                    },
                    notify: false,
                    by,
                }),
            },
        }
    }
}
