//! Looking at one room and thinking about it: its contents, everybody whom the policies name, and what is to be done.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::{try_join, try_join_all};
use jiff::Timestamp;

use super::custody::Held;
use super::{Planner, Stop};
use crate::bind::{Bound, Snapshot, bind};
use crate::docspace::{self, Client, Directory, Reader};
use crate::plan::{self, Plan};
use crate::policy::PolicySet;
use crate::report::{Outcome, Report, Wait};
use crate::resolve::{Desired, Resolution, SubjectName, resolve};
use crate::room::{
    Creator, Facts, Observed, Person, Room, RoomId, RoomType, Skip, Standing, Subject, UserId,
};
use crate::store;

/// A room that is older is not asked about a template that is being copied into it: a copy that takes longer than
/// this is not waited for.
const LONGEST_COPY: Duration = Duration::from_secs(30 * 60);

/// What has been decided about a room.
pub(super) struct Thought {
    pub(super) bound: Bound,
    pub(super) directory: Snapshot,
    pub(super) plan: Plan,
}

/// Looking at one room and thinking about it: everything of a run that writes nothing.
pub(super) struct Look<'e> {
    planner: &'e Planner,
    policies: &'e PolicySet,
    room: &'e RoomId,
    pub(super) reader: Reader,
    pub(super) client: &'e Client,
    pub(super) report: Report,
    /// The room is ours for the moment, and this is whose it is.
    pub(super) held: Option<Held>,
    /// Where folders are wanted, by their titles as they compare: in very large rooms only these ways are read.
    paths: Vec<Vec<String>>,
    /// The room may become ours late, and this account is its owner as far as the record knows.
    pub(super) watched: Option<UserId>,
}

/// A room that was read, with the account that owns it (while we hold the room: that owned it before).
struct Looked {
    room: Room,
    owner: Option<Person>,
}

impl Looked {
    fn created_at(&self) -> Timestamp {
        self.room.created_at
    }
}

impl<'e> Look<'e> {
    pub(super) fn new(
        planner: &'e Planner,
        policies: &'e PolicySet,
        room: &'e RoomId,
        client: &'e Client,
    ) -> Self {
        Self {
            planner,
            policies,
            room,
            reader: planner.reader.over(client),
            client,
            report: Report::new(room.clone(), Outcome::InSync),
            held: None,
            watched: None,
            paths: Vec::new(),
        }
    }

    pub(super) fn finished(mut self, outcome: Outcome) -> Report {
        self.report.outcome = outcome;
        self.report.calls = self.client.calls();
        self.report
    }

    pub(super) fn planned(&self, seen: &Observed, thought: Thought) -> Outcome {
        let Thought { bound, plan, .. } = thought;
        let refusals = plan::refusals(
            &bound.conflicts,
            &plan,
            &seen.owner,
            self.planner.settings.ownership,
        );
        if !refusals.is_empty() {
            Outcome::Refused(refusals)
        } else if !bound.shortfalls.is_empty() {
            Outcome::Partial(bound.shortfalls)
        } else if plan.is_empty() {
            Outcome::InSync
        } else {
            Outcome::Pending
        }
    }

    /// Look and think: what is there, which policies speak, and what has to be done.
    pub(super) async fn think(&mut self) -> Result<(Observed, Thought), Stop> {
        let (looked, facts) = self.look().await?;
        let resolution = resolve(self.policies, &facts);
        self.report.matched.clone_from(&resolution.matched);
        if resolution.matched.is_empty() {
            return Err(Stop::Skipped(Skip::NoPolicy));
        }
        // Asked before the folders are listed: a copy that ends in between must not go unseen.
        self.template_copy(looked.created_at()).await?;
        let Resolution {
            desired, would_be, ..
        } = resolution;
        self.paths = [Some(&desired), would_be.as_ref()]
            .into_iter()
            .flatten()
            .flat_map(|desired| &desired.folders)
            .map(|folder| folder.value.folded())
            .collect();
        let seen = self.contents(looked).await?;
        let thought = self.bound_plan(&desired, &facts, &seen).await?;
        if let Some(would_be) = would_be {
            self.report.would_be = Some(self.bound_plan(&would_be, &facts, &seen).await?.plan);
        }
        self.report.plan = Some(thought.plan.clone());
        self.report.left_out.clone_from(&thought.bound.left_out);
        Ok((seen, thought))
    }

    async fn bound_plan(
        &self,
        desired: &Desired,
        facts: &Facts,
        seen: &Observed,
    ) -> Result<Thought, Stop> {
        let directory = snapshot(&self.planner.directory, &self.reader, desired, seen).await?;
        let bound = bind(desired, facts.kind, &directory);
        let plan = plan::plan(&bound, seen, &directory);
        Ok(Thought {
            bound,
            directory,
            plan,
        })
    }

    /// A room into which a template is being copied is left alone until that has ended.
    async fn template_copy(&self, created_at: Timestamp) -> Result<(), Stop> {
        let age = (self.planner.clock)().duration_since(created_at);
        let age = Duration::try_from(age).unwrap_or_default();
        if age > LONGEST_COPY {
            return Ok(());
        }
        let copying = self.reader.template_copy().await?;
        let is_ours =
            |copy: docspace::TemplateCopy| copy.room.is_none_or(|room| room == *self.room);
        if copying.is_some_and(is_ours) {
            return Err(Stop::Waiting(Wait::TemplateCopy));
        }
        Ok(())
    }

    pub(super) async fn outcome_of(&self, stop: Stop) -> Outcome {
        match stop {
            Stop::Skipped(skip) => Outcome::Skipped(skip),
            Stop::Refused(refusal) => Outcome::Refused(vec![refusal]),
            Stop::Waiting(wait) => Outcome::Waiting(wait),
            Stop::Failed(reason) => Outcome::Failed(reason),
            Stop::OwnerChanged => {
                Outcome::Failed("the owner of the room changed while we were looking".to_owned())
            }
            Stop::Shutdown => Outcome::Waiting(Wait::Shutdown),
            Stop::Store(store::Error::LeaseLost) => Outcome::Waiting(Wait::Lease),
            Stop::Store(error) => Outcome::Failed(format!("the store: {error}")),
            Stop::Portal(error) => self.outcome_of_portal(error).await,
        }
    }

    /// What the portal's answer means for the room: nothing, unless the key works.
    async fn outcome_of_portal(&self, error: docspace::Error) -> Outcome {
        match error {
            docspace::Error::DayBudget { .. } => return Outcome::Waiting(Wait::Budget),
            docspace::Error::Throttled { .. }
            | docspace::Error::Stale { .. }
            | docspace::Error::AccountInUse { .. } => return Outcome::Waiting(Wait::Throttled),
            docspace::Error::LeaseLost { .. } => return Outcome::Waiting(Wait::Lease),
            _ => {}
        }
        // Whoever owns a room in custody is read where that is put on record.
        let is_in_custody = self.held.is_some() || self.watched.is_some();
        if error.is_about_item() && !is_in_custody {
            // The room may have gone or been archived since the look.
            let standing = match self.reader.room(self.room).await {
                Ok(Some(room)) => governed(room.standing).err(),
                Ok(None) => Some(Stop::Skipped(Skip::Gone)),
                Err(_) => None,
            };
            if let Some(Stop::Skipped(skip)) = standing {
                return Outcome::Skipped(skip);
            }
        }
        if !error.is_about_portal() {
            return Outcome::Failed(error.to_string());
        }
        match self.key_trouble().await {
            Some(trouble) => Outcome::Waiting(Wait::Portal(trouble)),
            None => Outcome::Failed(error.to_string()),
        }
    }

    /// Why the key does not work, if it does not.
    pub(super) async fn key_trouble(&self) -> Option<String> {
        match self.reader.key().await {
            Err(cause) => Some(cause.to_string()),
            Ok(key) => key.trouble(),
        }
    }
}

impl Look<'_> {
    /// Reads the room itself and what policies may match on.
    async fn look(&mut self) -> Result<(Looked, Facts), Stop> {
        let room = self
            .reader
            .room(self.room)
            .await?
            .ok_or(Stop::Skipped(Skip::Gone))?;
        self.same_owner(&room.owner)?;
        self.report.title.clone_from(&room.title);
        self.report.owner.clone_from(&room.owner_name);
        let kind = governed(room.standing)?;
        self.report.kind = Some(kind);
        let owner = match &self.held {
            Some(held) => Some(held.owner.clone()),
            None => self
                .planner
                .directory
                .person(&self.reader, &room.owner)
                .await?
                .map(|entry| entry.person),
        };
        let creator = owner.as_ref().map_or_else(
            || Creator {
                id: room.owner.to_string(),
                name: room.owner_name.clone(),
                email: String::new(),
            },
            |owner| Creator {
                id: owner.id.to_string(),
                name: owner.name.clone(),
                email: owner.email.clone(),
            },
        );
        self.report.owner.clone_from(&creator.name);
        let facts = Facts {
            title: room.title.clone(),
            kind,
            creator,
            created: room.created,
        };
        Ok((Looked { room, owner }, facts))
    }

    /// Reads all folders and all shares.
    async fn contents(&self, looked: Looked) -> Result<Observed, Stop> {
        let me = self.reader.whoami().await?;
        let mut seen = one_owner(self.reader.contents(&looked.room, &me, &self.paths).await?)?;
        if self.held.is_some() {
            in_our_hands(&seen)?;
            if let Some(owner) = looked.owner {
                seen.owner = owner;
            }
        }
        Ok(seen)
    }

    /// Looks again at a room that was looked at in this run.
    pub(super) async fn again(&self) -> Result<Observed, Stop> {
        let me = self.reader.whoami().await?;
        let seen = self.reader.again(self.room, &me, &self.paths).await?;
        let seen = seen.ok_or(Stop::Skipped(Skip::Gone))?;
        self.same_owner(&seen.room.owner)?;
        let mut seen = one_owner(seen)?;
        governed(seen.room.standing)?;
        if let Some(held) = &self.held {
            in_our_hands(&seen)?;
            seen.owner = held.owner.clone();
        }
        Ok(seen)
    }

    /// While a room may become ours late, every owner that is read must be on record: it is given back to the last.
    fn same_owner(&self, owner: &UserId) -> Result<(), Stop> {
        match &self.watched {
            Some(watched) if watched != owner => Err(Stop::OwnerChanged),
            _ => Ok(()),
        }
    }
}

/// Whether policies govern a room at all.
fn governed(standing: Standing) -> Result<RoomType, Stop> {
    match standing {
        Standing::Active(kind) => Ok(kind),
        Standing::Not(skip) => Err(Stop::Skipped(skip)),
    }
}

/// A room that we hold must be ours: its owner must not be taken for somebody else's.
fn in_our_hands(seen: &Observed) -> Result<(), Stop> {
    if seen.room.owner == seen.me {
        return Ok(());
    }
    Err(Stop::Failed(
        "the room is not in our hands: the portal did not make our account its owner, or somebody else gave it away".to_owned(),
    ))
}

/// The room and its members are read in two calls: both must know the same owner.
fn one_owner(seen: Observed) -> Result<Observed, Stop> {
    if seen.owner.id == seen.room.owner {
        Ok(seen)
    } else {
        Err(Stop::OwnerChanged)
    }
}

/// Asks the directory for every name that the desired state needs, and for the groups of people whose rights depend
/// on them; all at once, since the budget keeps the number of calls within its limits.
async fn snapshot(
    directory: &Directory,
    reader: &Reader,
    desired: &Desired,
    seen: &Observed,
) -> Result<Snapshot, docspace::Error> {
    let names: BTreeSet<&SubjectName> = desired.claims.iter().map(|claim| &claim.to).collect();
    let groups = names.iter().filter_map(|name| match name {
        SubjectName::Group(name) => Some(name),
        SubjectName::User(_) => None,
    });
    let people = names.iter().filter_map(|name| match name {
        SubjectName::User(name) => Some(name.as_str()),
        SubjectName::Group(_) => None,
    });
    // A personal grant may keep a group's grant from working: only then do these people's groups matter.
    let has_groups = groups.clone().next().is_some();
    let members = seen.shares.iter().filter_map(|share| match &share.subject {
        Subject::User(id) if has_groups => Some(id.as_str()),
        Subject::User(_) | Subject::Group(_) => None,
    });
    let groups = groups.map(async |name| {
        let found = directory.groups_written(reader, name).await?;
        Ok::<_, docspace::Error>((name, found))
    });
    let people = people.chain(members).map(async |name| {
        let found = directory.person_written(reader, name).await?;
        Ok::<_, docspace::Error>((name, found))
    });
    let (groups, people) = try_join(try_join_all(groups), try_join_all(people)).await?;
    let mut snapshot = Snapshot::default();
    for (name, found) in groups {
        snapshot.add_group(name, found);
    }
    for (name, found) in people {
        snapshot.add_person(name, found);
    }
    Ok(snapshot)
}
