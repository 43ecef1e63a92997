//! Observes one room: its state, what the policies want, and what is missing. Writes nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::try_join;
use jiff::Timestamp;
use tokio::time::Instant;

use super::facts::{Shown, facts};
use super::names::snapshot;
use super::{Planner, RunError};
use crate::bind::{Bound, PersonEntry, Snapshot, bind};
use crate::decide::Refusal;
use crate::docspace::{self, Reader, WantedFolders};
use crate::plan::{self, Plan};
use crate::policy::PolicySet;
use crate::report::{Report, Wait};
use crate::resolve::{Desired, Resolution, resolve};
use crate::room::{
    Creator, Facts, FolderId, Observed, Room, RoomId, RoomType, Skip, Standing, Unresolved, UserId,
};

/// Older rooms are not checked for a template copy in progress.
const RECENT: Duration = Duration::from_secs(60 * 60);
/// A longer copy is not waited for.
const MAX_COPY: Duration = Duration::from_secs(30 * 60);
/// How often a room is read before it counts as gone.
const READS_BEFORE_GONE: usize = 3;

/// The observed state of a room, and what follows from it.
#[derive(Debug, Clone)]
pub(super) struct Observation {
    pub(super) seen: Observed,
    pub(super) bound: Bound,
    pub(super) directory: Snapshot,
    pub(super) plan: Plan,
    /// When the owner was read.
    pub(super) owner_seen: Instant,
    /// Which folders to look for.
    wanted: WantedFolders,
}

impl Observation {
    /// Whether this is the observed or the wanted owner.
    fn may_be_owner(&self, owner: &UserId) -> bool {
        let wanted = self.bound.owner.as_ref();
        *owner == self.seen.room.owner || wanted.is_some_and(|wanted| wanted.person.id == *owner)
    }
}

/// Observes one room.
#[derive(Debug)]
pub(super) struct Observer<'e> {
    pub(super) planner: &'e Planner,
    pub(super) policies: &'e PolicySet,
    pub(super) room: &'e RoomId,
    pub(super) reader: Reader,
}

impl Observer<'_> {
    /// The first read. Its findings go into the report in any case. `made` are the folders that earlier runs created in
    /// the room.
    pub(super) async fn first(
        &self,
        made: &BTreeMap<Vec<String>, FolderId>,
        report: &mut Report,
    ) -> Result<Observation, RunError> {
        let room = self.read(report).await?;
        let kind = governed(room.standing)?;
        report.kind = Some(kind);
        let me = self.reader.whoami().await?;
        if room.owner == me {
            self.ours(report).await?;
        }
        if !self.policies.may_match(&room.title, kind) {
            return Err(RunError::Skipped(Skip::NoPolicy));
        }
        self.may_apply(&room, kind, report).await?;
        // Requested before the folders are listed: a copy that ends in between must not be missed.
        self.template_copy(room.created_at).await?;
        let (page, (owner, shares)) = try_join(
            self.reader.folder_page(&room.id),
            self.reader.shares(&room.id),
        )
        .await?;
        let owner_seen = Instant::now();
        // The room and its members are read in two calls: both must show the same owner.
        if owner.person.id != room.owner {
            return Err(RunError::Moved);
        }
        report.owner.clone_from(&owner.person.name);
        let facts = self.facts(&room, kind, &owner).await?;
        let owner = owner.person;
        let resolution = resolve(self.policies, &facts);
        report.matched.clone_from(&resolution.matched);
        if !resolution.undecided.is_empty() {
            let refusals = resolution.undecided.into_iter().map(Refusal::Undecided);
            return Err(RunError::Refused(refusals.collect()));
        }
        if resolution.matched.is_empty() {
            return Err(RunError::Skipped(Skip::NoPolicy));
        }
        let Resolution {
            desired, would_be, ..
        } = resolution;
        let wanted = WantedFolders {
            paths: paths([Some(&desired), would_be.as_ref()]),
            made: made.clone(),
        };
        let folders = self.reader.all_folders(&room.id, page, &wanted).await?;
        let seen = Observed {
            room,
            owner,
            folders,
            shares,
            me,
        };
        if let Some(would_be) = would_be {
            let (.., plan) = self.bound_plan(&would_be, kind, &seen, made).await?;
            report.would_be = Some(plan);
        }
        let (bound, directory, plan) = self.bound_plan(&desired, kind, &seen, made).await?;
        report.left_out.clone_from(&bound.left_out);
        Ok(Observation {
            seen,
            bound,
            directory,
            plan,
            owner_seen,
            wanted,
        })
    }

    /// Reads a room again in the same run: fails if it is no longer the room of the decision.
    pub(super) async fn again(&self, before: &Observation) -> Result<Observation, RunError> {
        let all = futures::future::join3(
            self.reader.room(self.room),
            self.reader.folder_page(self.room),
            self.reader.shares(self.room),
        );
        let (room, page, shares) = all.await;
        let Some(room) = room? else {
            // The next start finds out whether it is gone.
            return Err(RunError::Moved);
        };
        let owner_seen = Instant::now();
        let (page, (owner, shares)) = (page?, shares?);
        let was = &before.seen.room;
        let is_same = room.title == was.title
            && room.standing == was.standing
            && before.may_be_owner(&room.owner)
            && owner.person.id == room.owner;
        if !is_same {
            return Err(RunError::Moved);
        }
        let owner = owner.person;
        let folders = self
            .reader
            .all_folders(self.room, page, &before.wanted)
            .await?;
        let seen = Observed {
            room,
            owner,
            folders,
            shares,
            me: before.seen.me.clone(),
        };
        let plan = plan::plan(&before.bound, &seen, &before.directory);
        Ok(Observation {
            seen,
            plan,
            owner_seen,
            ..before.clone()
        })
    }

    /// Reads the members again in the same run.
    pub(super) async fn members_again(
        &self,
        before: &Observation,
    ) -> Result<Observation, RunError> {
        let (owner, shares) = self.reader.shares(self.room).await?;
        if !before.may_be_owner(&owner.person.id) {
            return Err(RunError::Moved);
        }
        let mut now = before.clone();
        now.seen.shares = shares;
        now.plan = plan::plan(&now.bound, &now.seen, &now.directory);
        Ok(now)
    }

    /// Reads the folders again in the same run, if any are wanted.
    pub(super) async fn folders_again(
        &self,
        before: &Observation,
    ) -> Result<Observation, RunError> {
        if before.wanted.paths.is_empty() {
            return Ok(before.clone());
        }
        let page = self.reader.folder_page(self.room).await?;
        let mut now = before.clone();
        now.seen.folders = self
            .reader
            .all_folders(self.room, page, &before.wanted)
            .await?;
        now.plan = plan::plan(&now.bound, &now.seen, &now.directory);
        Ok(now)
    }

    /// Reads the room itself. It counts as gone after three reads with pauses, and if the list does not show it.
    async fn read(&self, report: &mut Report) -> Result<Room, RunError> {
        for read in 1..=READS_BEFORE_GONE {
            if let Some(room) = self.reader.room(self.room).await? {
                report.title.clone_from(&room.title);
                report.owner.clone_from(&room.owner_name);
                return Ok(room);
            }
            if read < READS_BEFORE_GONE {
                tokio::time::sleep(self.planner.settings.pause).await;
            }
        }
        if !report.title.is_empty() && self.reader.is_listed(self.room, &report.title).await? {
            return Err(RunError::Failed(
                "the portal lists the room but does not return it".to_owned(),
            ));
        }
        Err(RunError::Skipped(Skip::Gone))
    }

    /// A room that the service account owns may be in the middle of an adoption: it is read again before anything is
    /// decided.
    async fn ours(&self, report: &mut Report) -> Result<(), RunError> {
        tokio::time::sleep(self.planner.settings.pause).await;
        let me = self.reader.whoami().await?;
        let room = self.read(report).await?;
        governed(room.standing)?;
        if room.owner != me {
            return Err(RunError::Moved);
        }
        let managers = self.reader.room_managers(self.room).await?;
        Err(RunError::Refused(vec![Refusal::Ours {
            room: self.room.clone(),
            managers,
        }]))
    }

    /// If the policies depend on the creator, the creator is read first: most rooms of a portal may belong to other
    /// people.
    async fn may_apply(
        &self,
        room: &Room,
        kind: RoomType,
        report: &mut Report,
    ) -> Result<(), RunError> {
        let nobody = Facts {
            title: room.title.clone(),
            kind,
            creator: Creator::default(),
            created: room.created,
            tags: room.tags.clone(),
            unresolved: Unresolved::default(),
        };
        if !self.policies.depends_on_who_made_it(&nobody) {
            return Ok(());
        }
        let directory = &self.planner.directory;
        let id = room.owner.as_str();
        let Some(owner) = directory.person_written(&self.reader, id).await? else {
            return Ok(());
        };
        let resolution = resolve(self.policies, &self.facts(room, kind, &owner).await?);
        if resolution.matched.is_empty() && resolution.undecided.is_empty() {
            report.owner.clone_from(&owner.person.name);
            return Err(RunError::Skipped(Skip::NoPolicy));
        }
        Ok(())
    }

    pub(super) async fn facts(
        &self,
        room: &Room,
        kind: RoomType,
        owner: &PersonEntry,
    ) -> Result<Facts, docspace::Error> {
        let shown = Shown {
            title: &room.title,
            kind,
            owner,
            created: room.created,
            tags: &room.tags,
        };
        facts(self.policies, &self.planner.directory, &self.reader, shown).await
    }

    async fn bound_plan(
        &self,
        desired: &Desired,
        kind: RoomType,
        seen: &Observed,
        made: &BTreeMap<Vec<String>, FolderId>,
    ) -> Result<(Bound, Snapshot, Plan), RunError> {
        let directory = snapshot(&self.planner.directory, &self.reader, desired, seen).await?;
        let bound = bind(desired, kind, &directory).with_made(made);
        let plan = plan::plan(&bound, seen, &directory);
        Ok((bound, directory, plan))
    }

    /// A room is not touched while a template is being copied into it.
    async fn template_copy(&self, created_at: Timestamp) -> Result<(), RunError> {
        let age = (self.planner.clock)().duration_since(created_at);
        let age = Duration::try_from(age).unwrap_or_default();
        if age > RECENT {
            return Ok(());
        }
        let copying = self.reader.template_copy().await?;
        let is_ours =
            |copy: docspace::TemplateCopy| copy.room.is_none_or(|room| room == *self.room);
        if age <= MAX_COPY && copying.is_some_and(is_ours) {
            return Err(RunError::Waiting(Wait::TemplateCopy));
        }
        Ok(())
    }
}

/// Whether policies govern a room at all.
pub(super) fn governed(standing: Standing) -> Result<RoomType, RunError> {
    match standing {
        Standing::Active(kind) => Ok(kind),
        Standing::Not(skip) => Err(RunError::Skipped(skip)),
    }
}

fn paths(desired: [Option<&Desired>; 2]) -> Vec<Vec<String>> {
    desired
        .into_iter()
        .flatten()
        .flat_map(|desired| &desired.folders)
        .map(|folder| folder.value.folded())
        .collect()
}
