//! Writes about single people: invitations, removals, the owner. Only a read confirms the first two.

use super::RunError;
use super::apply::{Pass, Passed};
use crate::docspace::{self, Writer};
use crate::room::{Access, Item, Person, Subject, guest_key};

impl Pass<'_> {
    /// Invites someone once: the invitation is recorded first, and never repeated, whatever the response, since an
    /// e-mail may have been sent.
    pub(super) async fn invite(
        &mut self,
        writer: &Writer,
        email: &str,
        access: Access,
    ) -> Result<Passed, RunError> {
        let key = guest_key(email);
        let item = Item::Guest(key.clone());
        self.store
            .note_invited(self.room, &key, (self.clock)())
            .await?;
        match writer.invite(self.room, email, access).await {
            Ok(()) => self.ledger.applied(&item),
            Err(docspace::Error::LostAnswer { left, .. }) => {
                self.ledger.applied(&item);
                return Ok(Passed::Lost { left });
            }
            Err(error) => {
                let text = error.to_string();
                match self.stopped(error)? {
                    // The server may have failed after sending the e-mail.
                    Some(passed) => {
                        self.ledger.applied(&item);
                        return Ok(passed);
                    }
                    None => {
                        let reason = format!("the portal refuses to invite `{email}`: {text}");
                        self.ledger.refuse(&item, reason);
                    }
                }
            }
        }
        Ok(Passed::Whole)
    }

    /// Removes a member from the room.
    pub(super) async fn revoke(
        &mut self,
        writer: &Writer,
        subject: &Subject,
        name: &str,
    ) -> Result<Passed, RunError> {
        let item = Item::grant(subject);
        match writer.revoke(self.room, subject).await {
            Ok(()) => self.ledger.applied(&item),
            Err(error) => {
                let text = error.to_string();
                if let Some(passed) = self.stopped(error)? {
                    return Ok(passed);
                }
                let reason = format!("`{name}` could not be removed: {text}");
                self.ledger.refuse(&item, reason);
            }
        }
        Ok(Passed::Whole)
    }

    /// Gives the room to another account. A read confirms it, like every other write.
    pub(super) async fn owner(&mut self, writer: &Writer, to: &Person) -> Result<Passed, RunError> {
        match writer.change_owner(self.room, &to.id).await {
            Ok(Some(change)) if change.owner == to.id => self.ledger.applied(&Item::Owner),
            Ok(_) => {
                let reason = format!("the portal did not give the room to `{}`", to.name);
                self.ledger.refuse(&Item::Owner, reason);
            }
            Err(error) => {
                let text = error.to_string();
                if let Some(passed) = self.stopped(error)? {
                    return Ok(passed);
                }
                let reason = format!("the room could not be given to `{}`: {text}", to.name);
                self.ledger.refuse(&Item::Owner, reason);
            }
        }
        Ok(Passed::Whole)
    }
}
