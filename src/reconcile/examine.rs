//! Examines a live room: the facts that policies match on, and its members. Writes nothing.

use std::collections::BTreeMap;

use super::Planner;
use super::names::snapshot;
use crate::bind::{PersonEntry, Snapshot};
use crate::docspace::{self, Members};
use crate::policy::PolicySet;
use crate::resolve::resolve;
use crate::room::{Facts, GroupId, Observed, RoomId, Skip, Standing, Subject, UserId, is_system};

/// A live room with its facts and members.
#[derive(Debug, Clone)]
pub struct Examined {
    /// The facts that policies match on.
    pub facts: Facts,
    /// The service account.
    pub me: UserId,
    /// The owner, and the members with their own grant.
    pub members: Members,
    /// The members of the groups that have a grant, except for system groups, which contain everyone or all admins.
    pub groups: BTreeMap<GroupId, Vec<PersonEntry>>,
    /// The names for which policies ask.
    pub directory: Snapshot,
}

impl Planner {
    /// Examines a room. Returns a [`Skip`] if policies do not govern it.
    ///
    /// # Errors
    /// A request to the portal failed.
    pub async fn examine(
        &self,
        policies: &PolicySet,
        room: &RoomId,
    ) -> Result<Result<Examined, Skip>, docspace::Error> {
        let reader = &self.reader;
        let Some(seen) = reader.room(room).await? else {
            return Ok(Err(Skip::Gone));
        };
        let kind = match seen.standing {
            Standing::Active(kind) => kind,
            Standing::Not(skip) => return Ok(Err(skip)),
        };
        let me = reader.whoami().await?;
        let members = reader.members(room).await?;
        let facts = self
            .observer(policies, room, &self.client)
            .facts(&seen, kind, &members.owner)
            .await?;
        let observed = Observed {
            room: seen,
            owner: members.owner.person.clone(),
            folders: Vec::new(),
            shares: members.shares.clone(),
            me: me.clone(),
        };
        let desired = resolve(policies, &facts).desired;
        let directory = snapshot(&self.directory, reader, &desired, &observed).await?;
        let mut groups = BTreeMap::new();
        for share in &members.shares {
            if let Subject::Group(id) = &share.subject
                && !is_system(id)
            {
                groups.insert(id.clone(), reader.group_members(id).await?);
            }
        }
        Ok(Ok(Examined {
            facts,
            me,
            members,
            groups,
            directory,
        }))
    }
}
