//! Doing: folders, tags, grants; in that order, since each new folder is announced to everyone who can read the room.

use std::collections::BTreeMap;

use futures::future::join_all;
use tokio::time::Instant;

use super::{Run, Stop};
use crate::docspace::{self, Writer};
use crate::plan::{Action, GRANTS_PER_CALL, Plan, find};
use crate::resolve::{FolderPath, Origin, Shortfall};
use crate::room::{Access, FolderId, Observed, Subject};

/// How a round of writing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// Everything was sent and answered.
    Sent,
    /// A call with several grants was refused or not carried out wholly: they go one by one next time.
    GrantRefused,
    /// The answer to a write that left at this time was lost.
    Lost {
        /// When the latest of them left.
        left: Instant,
    },
}

/// One grant of a plan.
struct ToGrant<'p> {
    subject: &'p Subject,
    name: &'p str,
    access: Access,
    by: &'p [Origin],
    key: String,
}

impl Run<'_> {
    /// Does what comes first in a plan. The rest waits for another look: people may be at work in the room, and what
    /// they did meanwhile counts. Refusals of single things become shortfalls.
    pub(super) async fn next_step(
        &mut self,
        plan: &Plan,
        seen: &Observed,
        singly: bool,
    ) -> Result<Ended, Stop> {
        let writer = Writer::new(self.look.client);
        if plan.takes_room() {
            self.take(seen).await?;
            return Ok(Ended::Sent);
        }
        if plan.actions.iter().all(|action| grant(action).is_some()) {
            return self.grants(&writer, plan, singly).await;
        }
        match self.folders(&writer, plan, seen).await? {
            Ended::Sent => self.tags(&writer, plan).await,
            ended => Ok(ended),
        }
    }

    async fn tags(&mut self, writer: &Writer, plan: &Plan) -> Result<Ended, Stop> {
        for action in &plan.actions {
            let Action::AddTags(tags) = action else {
                continue;
            };
            let names: Vec<String> = tags.iter().map(|tag| tag.value.clone()).collect();
            let left = Instant::now();
            match writer.add_tags(&self.job.room, &names).await {
                Ok(()) => {}
                Err(docspace::Error::LostAnswer { .. }) => return Ok(Ended::Lost { left }),
                Err(error) if error.is_about_item() => {
                    let by = tags.iter().flat_map(|tag| tag.by.clone()).collect();
                    self.refuse(
                        action.keys(),
                        format!("the portal refused the tags: {error}"),
                        by,
                    );
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Ended::Sent)
    }

    fn refuse(&mut self, keys: Vec<String>, reason: String, by: Vec<Origin>) {
        self.refused.extend(keys);
        self.shortfalls.push(Shortfall { reason, by });
    }

    async fn folders(
        &mut self,
        writer: &Writer,
        plan: &Plan,
        seen: &Observed,
    ) -> Result<Ended, Stop> {
        let mut made: BTreeMap<Vec<String>, FolderId> = BTreeMap::new();
        let mut ended = Ended::Sent;
        let deepest = plan
            .actions
            .iter()
            .filter_map(|action| Some(folder(action)?.0.0.len()))
            .max()
            .unwrap_or(0);
        for depth in 1..=deepest {
            self.go_on()?;
            let mut level = Vec::new();
            for (path, by) in plan
                .actions
                .iter()
                .filter_map(folder)
                .filter(|(path, _)| path.0.len() == depth)
            {
                // A parent that was refused or lost takes its children with it; the next look tells.
                if let Some(parent) = parent(path, seen, &made) {
                    level.push((path, by, parent));
                }
            }
            let answers = create(writer, &level, seen.room.indexing).await;
            let mut stop = None;
            for ((path, by, _), (left, answer)) in level.iter().zip(answers) {
                match answer {
                    Ok(folder) => {
                        made.insert(path.folded(), folder.id);
                    }
                    Err(docspace::Error::LostAnswer { .. }) => ended = Ended::Lost { left },
                    Err(error) if error.is_about_item() => {
                        let below: Vec<(&FolderPath, &[Origin])> = plan
                            .actions
                            .iter()
                            .filter_map(folder)
                            .filter(|(other, _)| other.folded().starts_with(&path.folded()))
                            .collect();
                        let keys = below.iter().flat_map(|(path, by)| {
                            Action::CreateFolder {
                                path: (*path).clone(),
                                by: by.to_vec(),
                            }
                            .keys()
                        });
                        self.refuse(
                            keys.collect(),
                            format!("the portal refused the folder {path}: {error}"),
                            by.to_vec(),
                        );
                    }
                    Err(error) => stop = Some(error),
                }
            }
            if let Some(error) = stop {
                return Err(error.into());
            }
            if ended != Ended::Sent {
                break;
            }
        }
        Ok(ended)
    }

    async fn grants(&mut self, writer: &Writer, plan: &Plan, singly: bool) -> Result<Ended, Stop> {
        let grants: Vec<ToGrant<'_>> = plan.actions.iter().filter_map(grant).collect();
        let mut ended = Ended::Sent;
        for batch in grants.chunks(if singly { 1 } else { GRANTS_PER_CALL }) {
            let wanted: Vec<(Subject, Access)> = batch
                .iter()
                .map(|grant| (grant.subject.clone(), grant.access))
                .collect();
            let left = Instant::now();
            let members = match writer.share(&self.job.room, &wanted).await {
                Ok(members) => members,
                Err(docspace::Error::LostAnswer { .. }) => return Ok(Ended::Lost { left }),
                Err(error) if error.is_about_item() => {
                    ended = Ended::GrantRefused;
                    if let [only] = batch {
                        self.refuse_grant(only, &format!("the portal refuses it ({error})"));
                    }
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            // A 200 proves nothing: each one must be among the members with its role.
            for grant in batch {
                let has = members.iter().any(|(subject, access)| {
                    subject == grant.subject && access.is_some_and(|access| access >= grant.access)
                });
                if !has {
                    ended = Ended::GrantRefused;
                    if batch.len() == 1 {
                        self.refuse_grant(
                            grant,
                            "the portal answered that all is well and did not do it",
                        );
                    }
                }
            }
        }
        Ok(ended)
    }

    fn refuse_grant(&mut self, grant: &ToGrant<'_>, why: &str) {
        let reason = format!(
            "`{}` cannot be {} here: {why}",
            grant.name,
            grant.access.name()
        );
        self.refuse(vec![grant.key.clone()], reason, grant.by.to_vec());
    }
}

fn folder(action: &Action) -> Option<(&FolderPath, &[Origin])> {
    match action {
        Action::CreateFolder { path, by } => Some((path, by)),
        Action::TakeRoom { .. }
        | Action::AddTags(_)
        | Action::Grant { .. }
        | Action::GiveBack { .. } => None,
    }
}

fn grant(action: &Action) -> Option<ToGrant<'_>> {
    match action {
        Action::Grant {
            subject,
            name,
            role,
            by,
        } => Some(ToGrant {
            subject,
            name,
            access: role.to?,
            by,
            key: action.keys().pop()?,
        }),
        Action::TakeRoom { .. }
        | Action::AddTags(_)
        | Action::CreateFolder { .. }
        | Action::GiveBack { .. } => None,
    }
}

/// The id of the folder above, from the look or made in this round.
fn parent(
    path: &FolderPath,
    seen: &Observed,
    made: &BTreeMap<Vec<String>, FolderId>,
) -> Option<FolderId> {
    let above = path.0.get(..path.0.len().checked_sub(1)?)?;
    let mut id = FolderId::new(seen.room.id.as_str());
    for depth in 1..=above.len() {
        let here = FolderPath(above.get(..depth)?.to_vec());
        id = match made.get(&here.folded()) {
            Some(made) => made.clone(),
            None => find(&seen.folders, &id, here.0.last()?).first()?.id.clone(),
        };
    }
    Some(id)
}

type Answer = (Instant, Result<crate::room::Folder, docspace::Error>);

/// In a room with indexing the order of creation is the order on the screen; elsewhere siblings go side by side.
async fn create(
    writer: &Writer,
    level: &[(&FolderPath, &[Origin], FolderId)],
    indexing: bool,
) -> Vec<Answer> {
    let one = async |(path, _, parent): &(&FolderPath, &[Origin], FolderId)| {
        let left = Instant::now();
        let title = path.0.last().map_or("", String::as_str);
        (left, writer.create_folder(parent, title).await)
    };
    if !indexing {
        return join_all(level.iter().map(one)).await;
    }
    let mut answers = Vec::with_capacity(level.len());
    for item in level {
        answers.push(one(item).await);
    }
    answers
}
