//! Applies a plan, one write at a time per room: indexing, folders with parents first, other settings, grants, tags.
//! Refusals of single items go into the ledger; everything else continues.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::RunError;
use super::ledger::Ledger;
use super::observe::Observation;
use crate::docspace::{self, Client, Writer};
use crate::plan::{Action, GRANTS_PER_CALL, Plan, Tree};
use crate::resolve::{FolderPath, Wanted};
use crate::room::{Access, FolderId, Item, RoomId, Setting, Subject, fold_title, tag_key};
use crate::store::Store;

/// How a pass over a plan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passed {
    /// Everything was sent and got a response.
    Whole,
    /// The rest waits for another read, which must show the effect of a write.
    ReadAgain,
    /// The response to a write was lost.
    Lost {
        /// When it was sent.
        left: Instant,
    },
}

/// The folders created since the last read, by paths of folded titles.
pub(super) type Made = BTreeMap<Vec<String>, FolderId>;

/// One pass over a plan.
pub(super) struct Pass<'e> {
    pub(super) store: &'e Store,
    pub(super) clock: fn() -> Timestamp,
    pub(super) client: &'e Client,
    pub(super) room: &'e RoomId,
    pub(super) ledger: &'e mut Ledger,
    pub(super) made: &'e mut Made,
    pub(super) stop: &'e CancellationToken,
    /// Whether to send grants and tags one by one, since several in one call failed before.
    pub(super) singly: &'e mut bool,
}

/// One grant of a plan.
#[derive(Debug, Clone)]
struct ToGrant {
    subject: Subject,
    name: String,
    access: Access,
    /// Whether they have a higher role so far.
    lowers: bool,
}

impl ToGrant {
    fn of(action: &Action, notified: bool) -> Option<Self> {
        match action {
            Action::Grant {
                subject,
                name,
                role,
                notify,
                ..
            } if *notify == notified => Some(Self {
                subject: subject.clone(),
                name: name.clone(),
                access: role.to?,
                lowers: action.takes_away(),
            }),
            _ => None,
        }
    }
}

/// What an error means for the pass; `None` if it concerns only the item.
fn stops(error: docspace::Error) -> Result<Option<Passed>, RunError> {
    match error {
        docspace::Error::LostAnswer { left, .. } => Ok(Some(Passed::Lost { left })),
        // The write waited too long, or the server failed and has stopped: the room is read again at once.
        docspace::Error::Stale { .. } | docspace::Error::Failed { .. } => {
            Ok(Some(Passed::ReadAgain))
        }
        error if error.is_about_item() => Ok(None),
        error => Err(error.into()),
    }
}

impl Pass<'_> {
    pub(super) async fn over(
        &mut self,
        plan: &Plan,
        seen: &Observation,
    ) -> Result<Passed, RunError> {
        let writer = Writer::new(self.client);
        for action in &plan.actions {
            let passed = match action {
                Action::UpdateSettings(changes) => {
                    self.check_stop()?;
                    let settings: Vec<Setting> =
                        changes.iter().map(|change| change.to.clone()).collect();
                    self.settings(&writer, &settings).await?
                }
                Action::CreateFolder { path, .. } => {
                    self.check_stop()?;
                    self.folder(&writer, path, seen).await?
                }
                Action::Grant { .. }
                | Action::Invite { .. }
                | Action::Revoke { .. }
                | Action::AddTags(_)
                | Action::ChangeOwner { .. } => Passed::Whole,
            };
            if passed != Passed::Whole {
                return Ok(passed);
            }
        }
        // Grants with and without notification need separate calls.
        for notify in [false, true] {
            let grants: Vec<ToGrant> = plan
                .actions
                .iter()
                .filter_map(|action| ToGrant::of(action, notify))
                .collect();
            let passed = self.grants(&writer, &grants, notify).await?;
            if passed != Passed::Whole {
                return Ok(passed);
            }
        }
        for action in &plan.actions {
            let passed = match action {
                Action::Invite { email, access, .. } => {
                    self.check_stop()?;
                    self.invite(&writer, email, *access).await?
                }
                Action::Revoke { subject, name, .. } => {
                    self.check_stop()?;
                    self.revoke(&writer, subject, name).await?
                }
                Action::AddTags(tags) => self.tags(&writer, tags).await?,
                Action::ChangeOwner { to, .. } => {
                    self.check_stop()?;
                    self.owner(&writer, to).await?
                }
                Action::UpdateSettings(_) | Action::CreateFolder { .. } | Action::Grant { .. } => {
                    Passed::Whole
                }
            };
            if passed != Passed::Whole {
                return Ok(passed);
            }
        }
        Ok(Passed::Whole)
    }

    /// As [`stops`]; also records the error, to explain why the room is not as planned.
    pub(super) fn stopped(&mut self, error: docspace::Error) -> Result<Option<Passed>, RunError> {
        let what = error.to_string();
        let passed = stops(error)?;
        if passed.is_some() {
            self.ledger.went_wrong(what);
        }
        Ok(passed)
    }

    /// When it is asked to stop, a run ends between two writes.
    fn check_stop(&self) -> Result<(), RunError> {
        if self.stop.is_cancelled() {
            Err(RunError::Shutdown)
        } else {
            Ok(())
        }
    }

    async fn settings(
        &mut self,
        writer: &Writer,
        settings: &[Setting],
    ) -> Result<Passed, RunError> {
        match writer.update_settings(self.room, settings).await {
            Ok(()) => {
                for setting in settings {
                    self.ledger.applied(&Item::Setting(setting.key()));
                }
                Ok(Passed::Whole)
            }
            Err(error) => {
                let text = error.to_string();
                if let Some(passed) = self.stopped(error)? {
                    return Ok(passed);
                }
                if let [setting] = settings {
                    let reason = format!("the portal refused `{}`: {text}", setting.key().as_str());
                    self.ledger.refuse(&Item::Setting(setting.key()), reason);
                    return Ok(Passed::Whole);
                }
                // One invalid value makes the portal refuse all: each is sent alone.
                for setting in settings {
                    let passed =
                        Box::pin(self.settings(writer, std::slice::from_ref(setting))).await?;
                    if passed != Passed::Whole {
                        return Ok(passed);
                    }
                }
                Ok(Passed::Whole)
            }
        }
    }

    async fn folder(
        &mut self,
        writer: &Writer,
        path: &FolderPath,
        seen: &Observation,
    ) -> Result<Passed, RunError> {
        let item = Item::Folder(path.folded());
        let Some(parent) = parent(path, seen, self.made) else {
            // Without its parent, a folder cannot be created either.
            let reason =
                format!("the folder {path} cannot be created: its parent folder is missing");
            self.ledger.refuse(&item, reason);
            return Ok(Passed::Whole);
        };
        let title = path.0.last().map_or("", String::as_str);
        match writer.create_folder(&parent, title).await {
            Ok(folder) if fold_title(&folder.title) == fold_title(title) => {
                self.ledger.applied(&item);
                self.made.insert(path.folded(), folder.id);
            }
            // Stored under a different title, it would be created again each time.
            Ok(folder) => self.ledger.refuse(
                &item,
                format!(
                    "the portal stored the folder {path} as `{}`; it is not created again",
                    folder.title
                ),
            ),
            Err(error) => {
                let text = error.to_string();
                if let Some(passed) = self.stopped(error)? {
                    return Ok(passed);
                }
                let reason = format!("the portal refused the folder {path}: {text}");
                self.ledger.refuse(&item, reason);
            }
        }
        Ok(Passed::Whole)
    }

    async fn grants(
        &mut self,
        writer: &Writer,
        grants: &[ToGrant],
        notify: bool,
    ) -> Result<Passed, RunError> {
        let mut passed = Passed::Whole;
        let size = if *self.singly { 1 } else { GRANTS_PER_CALL };
        for batch in grants.chunks(size) {
            self.check_stop()?;
            let wanted: Vec<(Subject, Access)> = batch
                .iter()
                .map(|grant| (grant.subject.clone(), grant.access))
                .collect();
            let members = match writer.share(self.room, &wanted, notify).await {
                Ok(members) => members,
                Err(error) => {
                    let text = error.to_string();
                    if let Some(passed) = self.stopped(error)? {
                        return Ok(passed);
                    }
                    self.grants_refused(batch, &format!("the portal refuses it ({text})"));
                    passed = Passed::ReadAgain;
                    continue;
                }
            };
            // A 200 proves nothing: each one must be among the members with its role.
            for grant in batch {
                let has = members.iter().any(|(subject, access)| {
                    *subject == grant.subject
                        && access.is_some_and(|access| {
                            access == grant.access || (access > grant.access && !grant.lowers)
                        })
                });
                if has {
                    self.ledger.applied(&Item::grant(&grant.subject));
                } else if batch.len() == 1 {
                    self.grants_refused(batch, "the portal reported success but did not do it");
                } else {
                    *self.singly = true;
                    passed = Passed::ReadAgain;
                }
            }
        }
        Ok(passed)
    }

    /// A refusal of several grants does not name one: they are sent one by one after the next read.
    fn grants_refused(&mut self, batch: &[ToGrant], why: &str) {
        let [grant] = batch else {
            *self.singly = true;
            return;
        };
        let reason = format!(
            "`{}` cannot be {} here: {why}",
            grant.name,
            grant.access.name()
        );
        self.ledger.refuse(&Item::grant(&grant.subject), reason);
    }

    async fn tags(&mut self, writer: &Writer, tags: &[Wanted<String>]) -> Result<Passed, RunError> {
        let size = if *self.singly { 1 } else { tags.len().max(1) };
        for batch in tags.chunks(size) {
            self.check_stop()?;
            let names: Vec<String> = batch.iter().map(|tag| tag.value.clone()).collect();
            // Two concurrent calls with the same new tag create two tags (rooms-api.md H.2).
            let _turn = self.client.budget().new_tags(&names).await;
            match writer.add_tags(self.room, &names).await {
                Ok(()) => {
                    for name in &names {
                        self.ledger.applied(&Item::Tag(tag_key(name)));
                    }
                }
                Err(error) => {
                    let text = error.to_string();
                    if let Some(passed) = self.stopped(error)? {
                        return Ok(passed);
                    }
                    let [name] = names.as_slice() else {
                        *self.singly = true;
                        return Ok(Passed::ReadAgain);
                    };
                    let reason = format!("the portal refused the tag `{name}`: {text}");
                    self.ledger.refuse(&Item::Tag(tag_key(name)), reason);
                }
            }
        }
        Ok(Passed::Whole)
    }
}

/// The id of the parent folder, as read or as created in this pass.
fn parent(path: &FolderPath, observed: &Observation, made: &Made) -> Option<FolderId> {
    let above = path.0.get(..path.0.len().checked_sub(1)?)?;
    let seen = &observed.seen;
    let room = FolderId::new(seen.room.id.as_str());
    if above.is_empty() {
        return Some(room);
    }
    match made.get(&FolderPath(above.to_vec()).folded()) {
        Some(made) => Some(made.clone()),
        None => {
            let tree = Tree::new(&seen.folders, &observed.bound.made);
            Some(tree.standing(&room, above).first()?.id.clone())
        }
    }
}
