//! Observing one room: what it is, what is in it, what the policies ask for, and what is missing. Writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::{try_join, try_join_all, try_join3};
use jiff::Timestamp;
use tokio::time::Instant;

use super::facts::{Shown, facts};
use super::{Planner, RunError};
use crate::bind::{Bound, PersonEntry, Snapshot, bind};
use crate::decide::Refusal;
use crate::docspace::{self, Directory, Reader, WantedFolders};
use crate::plan::{self, Plan};
use crate::policy::PolicySet;
use crate::report::{Report, Wait};
use crate::resolve::{Desired, Resolution, SubjectName, resolve};
use crate::room::{
    Access, Creator, Facts, FolderId, Observed, Room, RoomId, RoomType, Skip, Standing, Subject,
    Unresolved, UserId,
};

/// A room that is older is not asked about a template that is being copied into it.
const RECENT: Duration = Duration::from_secs(60 * 60);
/// A copy that takes longer than this is not waited for.
const MAX_COPY: Duration = Duration::from_secs(30 * 60);
/// How often a room is read before it is believed to be gone.
const READS_OF_THE_GONE: usize = 3;

/// What was seen of a room, and what follows from it.
#[derive(Debug, Clone)]
pub(super) struct Observation {
    pub(super) seen: Observed,
    pub(super) bound: Bound,
    pub(super) directory: Snapshot,
    pub(super) plan: Plan,
    /// When the answer that showed the owner came.
    pub(super) owner_seen: Instant,
    /// Where folders are looked for.
    wanted: WantedFolders,
}

impl Observation {
    /// Whether this is whose the room was, or is to be.
    fn may_be_owner(&self, owner: &UserId) -> bool {
        let wanted = self.bound.owner.as_ref();
        *owner == self.seen.room.owner || wanted.is_some_and(|wanted| wanted.person.id == *owner)
    }
}

/// Looks at one room.
#[derive(Debug)]
pub(super) struct Observer<'e> {
    pub(super) planner: &'e Planner,
    pub(super) policies: &'e PolicySet,
    pub(super) room: &'e RoomId,
    pub(super) reader: Reader,
}

impl Observer<'_> {
    /// The first look. What it finds out about the room goes into the report, however it ends.
    /// `made` are the folders that earlier runs made in it.
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
        // Asked before the folders are listed: a copy that ends in between must not go unseen.
        self.template_copy(room.created_at).await?;
        let (page, (owner, shares)) = try_join(
            self.reader.folder_page(&room.id),
            self.reader.shares(&room.id),
        )
        .await?;
        let owner_seen = Instant::now();
        // The room and its members are read in two calls: both must know the same owner.
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

    /// A look at a room that was observed before in this run: it must still be what was decided on.
    pub(super) async fn again(&self, before: &Observation) -> Result<Observation, RunError> {
        let all = futures::future::join3(
            self.reader.room(self.room),
            self.reader.folder_page(self.room),
            self.reader.shares(self.room),
        );
        let (room, page, shares) = all.await;
        let Some(room) = room? else {
            // Whether it is gone, the new start finds out.
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

    /// The members anew, in a room that was observed in this run.
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

    /// The folders anew, in a room that was observed in this run; only if any are asked for.
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

    /// The room itself. That it is gone is believed after three reads with pauses, and its absence from the list.
    async fn read(&self, report: &mut Report) -> Result<Room, RunError> {
        for read in 1..=READS_OF_THE_GONE {
            if let Some(room) = self.reader.room(self.room).await? {
                report.title.clone_from(&room.title);
                report.owner.clone_from(&room.owner_name);
                return Ok(room);
            }
            if read < READS_OF_THE_GONE {
                tokio::time::sleep(self.planner.settings.pause).await;
            }
        }
        if !report.title.is_empty() && self.reader.is_listed(self.room, &report.title).await? {
            return Err(RunError::Failed(
                "the portal lists the room and does not show it".to_owned(),
            ));
        }
        Err(RunError::Skipped(Skip::Gone))
    }

    /// A room whose owner is our account is never a basis for a verdict: it may be in the middle of an adoption.
    async fn ours(&self, report: &mut Report) -> Result<(), RunError> {
        tokio::time::sleep(self.planner.settings.pause).await;
        let me = self.reader.whoami().await?;
        let room = self.read(report).await?;
        governed(room.standing)?;
        if room.owner != me {
            return Err(RunError::Moved);
        }
        let managers = self.reader.room_managers(self.room).await?;
        Err(RunError::Refused(vec![Refusal::Ours { managers }]))
    }

    /// Where it depends on who made the room, that is found out before all else is read: most rooms of a portal may be
    /// somebody else's.
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

    /// A room into which a template is being copied is left alone until that has ended.
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

/// Asks the directory for every name that the desired state needs. Whoever has or gets less by a grant of her own than a
/// group has or gets might lose something: her groups are read anew.
pub(super) async fn snapshot(
    directory: &Directory,
    reader: &Reader,
    desired: &Desired,
    seen: &Observed,
) -> Result<Snapshot, docspace::Error> {
    let highest = highest_of_groups(desired, seen);
    let (mut groups, mut people, mut lower) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for claim in &desired.claims {
        match &claim.to {
            SubjectName::Group(name) => groups.insert(name.as_str()),
            SubjectName::User(name) if claim.role.access() < highest => lower.insert(name.as_str()),
            SubjectName::User(name) => people.insert(name.as_str()),
        };
    }
    for protected in &desired.protected {
        match &protected.value {
            SubjectName::Group(name) => groups.insert(name.as_str()),
            SubjectName::User(name) => people.insert(name.as_str()),
        };
    }
    for owner in &desired.owners {
        people.insert(owner.value.text());
    }
    for share in &seen.shares {
        if let Subject::User(id) = &share.subject
            && share.access.is_some()
            && share.access < highest
            && *id != seen.me
        {
            lower.insert(id.as_str());
        }
    }
    people.retain(|name| !lower.contains(name));
    let groups = groups.into_iter().map(async |name| {
        let found = directory.groups_written(reader, name).await?;
        Ok::<_, docspace::Error>((name, found))
    });
    let people = people.into_iter().map(async |name| {
        let found = directory.person_written(reader, name).await?;
        Ok::<_, docspace::Error>((name, found))
    });
    let lower = lower.into_iter().map(async |name| {
        let found = directory.person_read_anew(reader, name).await?;
        Ok::<_, docspace::Error>((name, found))
    });
    let (groups, people, lower) = try_join3(
        try_join_all(groups),
        try_join_all(people),
        try_join_all(lower),
    )
    .await?;
    let mut snapshot = Snapshot::default();
    for (name, found) in groups {
        snapshot.add_group(name, found);
    }
    for (name, found) in people.into_iter().chain(lower) {
        snapshot.add_person(name, found);
    }
    Ok(snapshot)
}

/// The highest role that a group has in the room, or is to get.
fn highest_of_groups(desired: &Desired, seen: &Observed) -> Option<Access> {
    let there = seen.shares.iter().filter_map(|share| match share.subject {
        Subject::Group(_) => share.access,
        Subject::User(_) => None,
    });
    let wanted = desired.claims.iter().filter_map(|claim| match claim.to {
        SubjectName::Group(_) => claim.role.access(),
        SubjectName::User(_) => None,
    });
    there.chain(wanted).max()
}
