//! Carrying out a plan: one write at a time in a room. Indexing, folders with parents first, other settings, grants,
//! tags. Refusals of single items go into the ledger; everything else goes on.

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
    /// Everything was sent and answered.
    Whole,
    /// The rest waits for another look: something was answered in a way that only a look explains.
    LookAgain,
    /// The answer to a write that left at this time was lost.
    Lost {
        /// When it left.
        left: Instant,
    },
}

/// The folders made since the last look, by their titles as they compare.
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
    /// Whether several grants or tags in one call went wrong before.
    pub(super) singly: &'e mut bool,
}

/// One grant of a plan.
#[derive(Debug, Clone)]
struct ToGrant {
    subject: Subject,
    name: String,
    access: Access,
    /// Whether she has a higher role so far.
    lowers: bool,
}

impl ToGrant {
    fn of(action: &Action, told: bool) -> Option<Self> {
        match action {
            Action::Grant {
                subject,
                name,
                role,
                notify,
                ..
            } if *notify == told => Some(Self {
                subject: subject.clone(),
                name: name.clone(),
                access: role.to?,
                lowers: action.takes_away(),
            }),
            _ => None,
        }
    }
}

/// What an error means for the pass; `None` when it was about the item alone.
fn stops(error: docspace::Error) -> Result<Option<Passed>, RunError> {
    match error {
        docspace::Error::LostAnswer { left, .. } => Ok(Some(Passed::Lost { left })),
        // It waited too long, or the server failed and has stopped: the room is looked at at once.
        docspace::Error::Stale { .. } | docspace::Error::Failed { .. } => {
            Ok(Some(Passed::LookAgain))
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
                    self.go_on()?;
                    let settings: Vec<Setting> =
                        changes.iter().map(|change| change.to.clone()).collect();
                    self.settings(&writer, &settings).await?
                }
                Action::CreateFolder { path, .. } => {
                    self.go_on()?;
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
        // Those who are told of their roles, and those who are not, go in calls of their own.
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
                    self.go_on()?;
                    self.invite(&writer, email, *access).await?
                }
                Action::Revoke { subject, name, .. } => {
                    self.go_on()?;
                    self.revoke(&writer, subject, name).await?
                }
                Action::AddTags(tags) => self.tags(&writer, tags).await?,
                Action::ChangeOwner { to, .. } => {
                    self.go_on()?;
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

    /// As [`stops`]; what went wrong is remembered for whoever asks why the room is not as planned.
    pub(super) fn stopped(&mut self, error: docspace::Error) -> Result<Option<Passed>, RunError> {
        let what = error.to_string();
        let passed = stops(error)?;
        if passed.is_some() {
            self.ledger.went_wrong(what);
        }
        Ok(passed)
    }

    /// Asked to stop, a run ends where nothing is under way.
    fn go_on(&self) -> Result<(), RunError> {
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
                // One bad value takes the others with it: each is sent alone.
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
            // A folder that cannot be had takes along what is to stand in it.
            let reason = format!("the folder {path} has no place: the one above it is not there");
            self.ledger.refuse(&item, reason);
            return Ok(Passed::Whole);
        };
        let title = path.0.last().map_or("", String::as_str);
        match writer.create_folder(&parent, title).await {
            Ok(folder) if fold_title(&folder.title) == fold_title(title) => {
                self.ledger.applied(&item);
                self.made.insert(path.folded(), folder.id);
            }
            // Stored under a title that we do not know it would be made anew each time.
            Ok(folder) => self.ledger.refuse(
                &item,
                format!(
                    "the portal stored the folder {path} as `{}`; it is not made again",
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
            self.go_on()?;
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
                    passed = Passed::LookAgain;
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
                    self.grants_refused(
                        batch,
                        "the portal answered that all is well and did not do it",
                    );
                } else {
                    *self.singly = true;
                    passed = Passed::LookAgain;
                }
            }
        }
        Ok(passed)
    }

    /// The refusal of several names nobody: they go one by one after the next look.
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
            self.go_on()?;
            let names: Vec<String> = batch.iter().map(|tag| tag.value.clone()).collect();
            // Two calls that bring one new tag make two tags of it (rooms-api.md H.2).
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
                        return Ok(Passed::LookAgain);
                    };
                    let reason = format!("the portal refused the tag `{name}`: {text}");
                    self.ledger.refuse(&Item::Tag(tag_key(name)), reason);
                }
            }
        }
        Ok(Passed::Whole)
    }
}

/// The id of the folder above, from the look or made in this pass.
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
