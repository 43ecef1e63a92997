//! Templates: rooms that become a template, and rooms created from one, by jobs (rooms-api.md, facts about
//! room.created).
//!
//! A request starts a job and gets its status. A request that arrives while a job runs gets the same response and is
//! dropped. The work is done later, folder by folder.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::simulator::api::requested::RequestedSettings;
use crate::simulator::api::rooms;
use crate::simulator::api::settings::{self, NO_OBJECT};
use crate::simulator::rights::{Right, access};
use crate::simulator::state::collation;
use crate::simulator::state::ids::EntryId;
use crate::simulator::state::jobs::{CopyJob, Copying, ToCopy};
use crate::simulator::state::people::EVERYONE;
use crate::simulator::state::rooms::{FolderType, Room};
use crate::simulator::state::title;
use crate::simulator::state::world::{ROOMS_ROOT, TEMPLATES_ROOT, World};
use crate::simulator::wire::body::{Body, Faults};
use crate::simulator::wire::call::{Answer, Call, Outcome};
use crate::simulator::wire::refusal::{Phrase, Refusal};

/// `POST files/rooms/fromTemplate`.
pub(crate) fn create_room(world: &mut World, call: &Call) -> Outcome {
    start(world, call, Copying::Room)
}

/// `GET files/rooms/fromTemplate/status`: for any caller.
pub(crate) fn room_status(world: &mut World, call: &Call) -> Outcome {
    call.person()?;
    Ok(status(world, Copying::Room))
}

/// `POST files/roomtemplate`.
pub(crate) fn create_template(world: &mut World, call: &Call) -> Outcome {
    start(world, call, Copying::Template)
}

/// `GET files/roomtemplate/status`: for any caller.
pub(crate) fn template_status(world: &mut World, call: &Call) -> Outcome {
    call.person()?;
    Ok(status(world, Copying::Template))
}

fn start(world: &mut World, call: &Call, copying: Copying) -> Outcome {
    let who = call.person()?.to_owned();
    let body = call.bound("")?;
    let mut faults = Faults::default();
    Wanted::read(&body, copying, &mut faults)?;
    faults.into_result()?;
    if !world.jobs.is_running(copying) {
        let job = CopyJob {
            who,
            wanted: body.whole().clone(),
            is_waiting: true,
            ..CopyJob::default()
        };
        world.jobs.put(copying, job);
    }
    Ok(status(world, copying))
}

/// The status of a job. `progress` jumps to 100 with the first folder, so it does not show the end.
fn status(world: &World, copying: Copying) -> Answer {
    let Some(job) = world.jobs.get(copying) else {
        return Answer::default();
    };
    let target = job.target.as_ref().filter(|_| job.is_announced);
    let name = match copying {
        Copying::Room => "roomId",
        Copying::Template => "templateId",
    };
    Answer::of(json!({
        name: target.map_or(Value::from(-1), EntryId::to_json),
        "progress": if target.is_some() { 100 } else { 0 },
        "error": job.error, "isCompleted": job.is_completed,
    }))
}

/// The body of both requests.
struct Wanted {
    source: EntryId,
    title: Option<String>,
    copies_logo: bool,
    is_private: Option<bool>,
    /// Who can see a template: addresses and groups.
    readers: Vec<Option<String>>,
    requested: RequestedSettings,
}

impl Wanted {
    fn read(body: &Body, copying: Copying, faults: &mut Faults) -> Result<Self, Refusal> {
        let source = match copying {
            Copying::Room => "templateId",
            Copying::Template => "roomId",
        };
        let mut readers = body.texts("share")?.unwrap_or_default();
        readers.extend(body.texts("groups")?.unwrap_or_default());
        if body.plain_flag("public")? {
            readers = vec![Some(EVERYONE.to_owned())];
        }
        let wanted = Self {
            source: EntryId::Number(body.plain_int(source)?.into()),
            title: body.text("title")?,
            copies_logo: body.plain_flag("copyLogo")?,
            is_private: body.flag("private")?,
            readers,
            requested: RequestedSettings::read(body, faults)?,
        };
        match copying {
            Copying::Room => body.demand(&["templateId", "title"])?,
            Copying::Template => body.demand(&["roomId"])?,
        }
        Ok(wanted)
    }
}

impl World {
    /// The jobs that have to be started.
    pub(crate) fn take_waiting_jobs(&mut self) -> Vec<Copying> {
        let mut waiting = Vec::new();
        for copying in [Copying::Room, Copying::Template] {
            let job = self.jobs.get_mut(copying).filter(|job| job.is_waiting);
            if let Some(job) = job {
                job.is_waiting = false;
                waiting.push(copying);
            }
        }
        waiting
    }

    /// Does the next step of a job: creates the room, copies a folder, or ends the job. Returns false when it is over.
    pub(crate) fn work_at(&mut self, copying: Copying) -> bool {
        let Some(job) = self.jobs.get(copying).filter(|job| !job.is_completed) else {
            return false;
        };
        let done = match (&job.target, job.to_copy.is_empty()) {
            (None, _) => self.begin(copying),
            (Some(_), false) => self.copy_next(copying),
            (Some(_), true) => self.finish(copying),
        };
        if let Err(refusal) = done {
            self.give_up(copying, &refusal.message(self.options.culture));
        }
        self.jobs.is_running(copying)
    }

    /// Ends a job with an error. What it created is removed without an event.
    pub(crate) fn give_up(&mut self, copying: Copying, error: &str) {
        let Some(job) = self.jobs.get_mut(copying) else {
            return;
        };
        (job.is_completed, job.error) = (true, error.to_owned());
        if let Some(target) = job.target.take() {
            self.remove_entry(&target);
        }
    }

    /// Creates the room or the template itself, and notifies the webhooks while it is still empty.
    fn begin(&mut self, copying: Copying) -> Result<(), Refusal> {
        let (who, wanted) = self.wanted(copying)?;
        let (target, root) = match copying {
            Copying::Room => (self.room_from(&who, &wanted)?, ROOMS_ROOT),
            Copying::Template => (self.template_of(&who, &wanted)?, TEMPLATES_ROOT),
        };
        rooms::publish_creation(self, &target, &who);
        if root == TEMPLATES_ROOT {
            self.grant_read(&target, &wanted.readers);
        }
        let has_logo = self
            .room(&wanted.source)
            .is_some_and(|(_, room)| room.has_logo);
        if wanted.copies_logo
            && has_logo
            && let Some(room) = self.room_mut(&target)
        {
            room.has_logo = true;
        }
        // The newest come first.
        let mut to_copy = VecDeque::new();
        for child in self.children(&wanted.source) {
            if child.kind == FolderType::Default {
                to_copy.push_front(ToCopy::Folder(child.id.clone()));
            }
        }
        if let Some(job) = self.jobs.get_mut(copying) {
            job.copies.insert(wanted.source, target.clone());
            job.target = Some(target);
            job.to_copy = to_copy;
        }
        Ok(())
    }

    fn wanted(&self, copying: Copying) -> Result<(String, Wanted), Refusal> {
        let job = self.jobs.get(copying).ok_or(NO_OBJECT)?;
        let body = Body::of(job.wanted.clone());
        let wanted = Wanted::read(&body, copying, &mut Faults::default())?;
        Ok((job.who.clone(), wanted))
    }

    /// Creates a room with the template's type and quota, and its index and downloads unless the request sets them.
    fn room_from(&mut self, who: &str, wanted: &Wanted) -> Result<EntryId, Refusal> {
        let source = self.entries.get(&wanted.source).ok_or(NO_OBJECT)?;
        let template = source.room.clone();
        let is_template = self.is_below(&wanted.source, FolderType::RoomTemplates);
        let template = template
            .filter(|_| is_template && self.may_read(Some(who), &wanted.source))
            .ok_or(Refusal::Rule(Phrase::NoView))?;
        let requested = RequestedSettings {
            indexing: wanted.requested.indexing.or(Some(template.is_indexed)),
            deny_download: wanted
                .requested
                .deny_download
                .or(Some(template.denies_download)),
            quota: Some(template.quota),
            ..wanted.requested.clone()
        };
        let id = rooms::make(
            self,
            who,
            template.kind,
            wanted.title.as_deref(),
            &requested,
            &ROOMS_ROOT,
        )?;
        if let Some(room) = self.room_mut(&id) {
            room.is_private = wanted.is_private.unwrap_or(template.is_private);
        }
        Ok(id)
    }

    /// Creates a template with all settings of the room, but the look and the tags of the request.
    fn template_of(&mut self, who: &str, wanted: &Wanted) -> Result<EntryId, Refusal> {
        let source = self.entries.get(&wanted.source).ok_or(NO_OBJECT)?;
        let room = source.room.clone();
        let is_active = self.is_below(&wanted.source, FolderType::VirtualRooms);
        let room = room
            .filter(|_| is_active && self.may(Some(who), Right::EditRoom, &wanted.source))
            .ok_or(Refusal::Rule(Phrase::NoView))?;
        let appearance = RequestedSettings {
            quota: None,
            ..wanted.requested.clone()
        };
        let id = rooms::make(
            self,
            who,
            room.kind,
            wanted.title.as_deref(),
            &appearance,
            &TEMPLATES_ROOT,
        )?;
        if let Some(made) = self.room_mut(&id) {
            *made = Room {
                color: made.color.clone(),
                cover: made.cover.clone(),
                has_logo: made.has_logo,
                form_roles: Default::default(),
                pinned_by: Default::default(),
                saves_forms: made.saves_forms,
                sends_forms: made.sends_forms,
                ..room
            };
        }
        Ok(id)
    }

    /// Gives known people and groups read access to the template.
    fn grant_read(&mut self, template: &EntryId, readers: &[Option<String>]) {
        for reader in readers.iter().flatten() {
            let person = self.person_by_email(reader).map(|person| person.id.clone());
            let group = self.groups.contains_key(reader).then(|| reader.clone());
            if let Some(person) = person {
                self.set_access(template, &person, false, access::READ);
            } else if let Some(group) = group {
                self.set_access(template, &group, true, access::READ);
            }
        }
    }

    /// Copies one folder without its contents, which come next. A title that is taken gets a number.
    fn copy_next(&mut self, copying: Copying) -> Result<(), Refusal> {
        let job = self.jobs.get_mut(copying).ok_or(NO_OBJECT)?;
        let (Some(next), who) = (job.to_copy.pop_front(), job.who.clone()) else {
            return Ok(());
        };
        job.is_announced = true;
        let target = job.target.clone().ok_or(NO_OBJECT)?;
        let (parent, name) = match &next {
            ToCopy::Titled(name) => (target, name.clone()),
            ToCopy::Folder(id) => {
                // Folders that were deleted in the meantime are left out.
                let Some(folder) = self.entries.get(id) else {
                    return Ok(());
                };
                let copies = self.jobs.get(copying).map(|job| &job.copies);
                let parent = copies.and_then(|copies| copies.get(&folder.parent));
                (parent.cloned().unwrap_or(target), folder.title.clone())
            }
        };
        let free = title::free(&name, |taken| {
            self.children(&parent)
                .any(|child| collation::same(&child.title, taken))
        });
        let copy = self.insert_folder(&who, &parent, &free, FolderType::Default);
        // All folders of a copy have the same second, so that they sort by id.
        let began = self.entries.get(&parent).map(|parent| parent.created);
        if let (Some(began), Some(copy)) = (began, self.entries.get_mut(&copy)) {
            copy.created = began;
            copy.updated = began;
        }
        let ToCopy::Folder(id) = next else {
            return Ok(());
        };
        let below: Vec<ToCopy> = self
            .children(&id)
            .map(|child| ToCopy::Folder(child.id.clone()))
            .collect();
        if let Some(job) = self.jobs.get_mut(copying) {
            job.copies.insert(id, copy);
            below
                .into_iter()
                .for_each(|folder| job.to_copy.push_front(folder));
        }
        Ok(())
    }

    /// Sets the quota last, as a separate change.
    fn finish(&mut self, copying: Copying) -> Result<(), Refusal> {
        let target = self.jobs.get(copying).and_then(|job| job.target.clone());
        if !self
            .jobs
            .get(copying)
            .is_some_and(|job| job.wanted.is_null())
        {
            let (who, wanted) = self.wanted(copying)?;
            if let Some((quota, target)) = wanted.requested.quota.zip(target) {
                settings::change_quota(self, &who, &target, quota)?;
            }
        }
        if let Some(job) = self.jobs.get_mut(copying) {
            (job.is_announced, job.is_completed) = (true, true);
        }
        Ok(())
    }
}
