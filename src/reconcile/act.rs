//! Doing: folders, tags, grants; in that order, since each new folder is announced to everyone who can read the room.

use std::collections::BTreeMap;

use futures::future::join_all;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Run, Stop};
use crate::docspace::{self, Writer};
use crate::plan::{self, Action, GRANTS_PER_CALL, Plan, find};
use crate::resolve::{FolderPath, Origin, Shortfall};
use crate::room::{Access, Folder, FolderId, Observed, Subject, fold};

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
            match writer.add_tags(&self.job.room, &names).await {
                Ok(()) => {}
                Err(docspace::Error::LostAnswer { left, .. }) => return Ok(Ended::Lost { left }),
                Err(error) if is_to_be_looked_at(&error) => return Ok(Ended::Sent),
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
            let answers = create(writer, &level, seen.room.indexing, self.stop).await;
            let mut stop = None;
            let mut lost = None;
            for ((path, by, _), answer) in level.iter().zip(answers) {
                match answer {
                    Ok(folder) => self.made(plan, path, by, folder, &mut made),
                    Err(docspace::Error::LostAnswer { left, .. }) => lost = lost.max(Some(left)),
                    Err(error) if is_to_be_looked_at(&error) => {}
                    Err(error) if error.is_about_item() => {
                        let reason = format!("the portal refused the folder {path}: {error}");
                        self.refuse_folder(plan, path, reason, by);
                    }
                    Err(error) => stop = Some(error),
                }
            }
            if let Some(error) = stop {
                // The run ends here, and what was lost beside it is waited for by the next one.
                if let Some(left) = lost {
                    self.keep_quiet(left);
                }
                return Err(error.into());
            }
            if let Some(left) = lost {
                return Ok(Ended::Lost { left });
            }
        }
        Ok(Ended::Sent)
    }

    /// The portal made a folder. One that it stored under a title that we do not know would be made anew each time.
    fn made(
        &mut self,
        plan: &Plan,
        path: &FolderPath,
        by: &[Origin],
        folder: Folder,
        made: &mut BTreeMap<Vec<String>, FolderId>,
    ) {
        let key = Action::folder_key(path);
        if fold(&folder.title) == path.folded().pop().unwrap_or_default() {
            self.made.insert(key, folder.id.clone());
            made.insert(path.folded(), folder.id);
            return;
        }
        let reason = format!(
            "the portal stored the folder {path} as `{}`; it is not made again",
            folder.title
        );
        self.refuse_folder(plan, path, reason, by);
        self.confirmed.insert(key);
    }

    /// Folders that the portal says it made in this run and does not list are not made again. One that it lists may
    /// stand in a folder that is there twice.
    pub(super) fn vanished(&mut self, plan: &Plan, seen: &Observed) {
        for (path, by) in plan.actions.iter().filter_map(folder) {
            let key = Action::folder_key(path);
            let is_listed = |id: &FolderId| seen.folders.iter().any(|folder| folder.id == *id);
            let is_gone = self.made.get(&key).is_some_and(|id| !is_listed(id));
            if is_gone && !self.refused.contains(&key) {
                let reason = format!(
                    "the portal says that it made the folder {path}, and does not list it; it is not made again"
                );
                self.refuse_folder(plan, path, reason, by);
                self.confirmed.insert(key);
            }
        }
    }

    /// A folder that cannot be had takes along what is to stand in it.
    fn refuse_folder(&mut self, plan: &Plan, path: &FolderPath, reason: String, by: &[Origin]) {
        let keys = plan
            .actions
            .iter()
            .filter_map(folder)
            .filter(|(other, _)| other.folded().starts_with(&path.folded()))
            .map(|(other, _)| Action::folder_key(other));
        self.refuse(keys.collect(), reason, by.to_vec());
    }

    async fn grants(&mut self, writer: &Writer, plan: &Plan, singly: bool) -> Result<Ended, Stop> {
        let grants: Vec<ToGrant<'_>> = plan.actions.iter().filter_map(grant).collect();
        let unseen = plan::unseen_keys();
        let mut ended = Ended::Sent;
        for batch in grants.chunks(if singly { 1 } else { GRANTS_PER_CALL }) {
            self.go_on()?;
            let wanted: Vec<(Subject, Access)> = batch
                .iter()
                .map(|grant| (grant.subject.clone(), grant.access))
                .collect();
            let members = match writer.share(&self.job.room, &wanted).await {
                Ok(members) => members,
                Err(docspace::Error::LostAnswer { left, .. }) => return Ok(Ended::Lost { left }),
                Err(docspace::Error::Failed { .. }) => {
                    ended = Ended::GrantRefused;
                    continue;
                }
                Err(docspace::Error::Stale { .. }) => return Ok(ended),
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
                if has && unseen.contains(&grant.key) {
                    self.confirmed.insert(grant.key.clone());
                }
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

/// The next look shows what was done, and what is missing is asked for again.
fn is_to_be_looked_at(error: &docspace::Error) -> bool {
    matches!(
        error,
        docspace::Error::Failed { .. } | docspace::Error::Stale { .. }
    )
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

type Answer = Result<Folder, docspace::Error>;

/// In a room with indexing the order of creation is the order on the screen: one after the other, and no further once
/// one went wrong. Elsewhere siblings go side by side.
async fn create(
    writer: &Writer,
    level: &[(&FolderPath, &[Origin], FolderId)],
    indexing: bool,
    stop: &CancellationToken,
) -> Vec<Answer> {
    let one = async |(path, _, parent): &(&FolderPath, &[Origin], FolderId)| {
        let title = path.0.last().map_or("", String::as_str);
        writer.create_folder(parent, title).await
    };
    if !indexing {
        return join_all(level.iter().map(one)).await;
    }
    let mut answers = Vec::with_capacity(level.len());
    for item in level {
        if stop.is_cancelled() {
            break;
        }
        let answer = one(item).await;
        let went_wrong = answer.is_err();
        answers.push(answer);
        if went_wrong {
            break;
        }
    }
    answers
}
