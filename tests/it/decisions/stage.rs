//! The portal of a case, and runs over its rooms.

use std::time::Duration;

use roomwright::decide::Trigger;
use roomwright::docspace::{Client, Directory};
use roomwright::reconcile::Planner;
use roomwright::report::Report;
use roomwright::room::RoomId;
use roomwright::simulator::{EmployeeStatus, EmployeeType, EntryId, Options, Portal, Recorded};
use roomwright::store::{Claim, OpenMode, Store};
use tokio_util::sync::CancellationToken;

use super::case::{CODES, Case, Owner, TAGS, TITLES, Undo, Wishes, path_of, written};
use crate::world::{Cast, Setup, client, now, policies, worker};

/// A portal with two equal rooms.
pub(super) struct Stage<'c> {
    pub(super) case: &'c Case,
    pub(super) portal: Portal,
    pub(super) cast: Cast,
    pub(super) client: Client,
    /// The ids of the `SUBJECTS` that the portal knows.
    pub(super) subjects: Vec<String>,
    pub(super) scratch: tempfile::TempDir,
}

impl<'c> Stage<'c> {
    pub(super) async fn new(case: &'c Case) -> Self {
        let portal = Portal::start(Options::default()).await.unwrap();
        let cast = Cast::of(&portal);
        let tess = portal.add_person("Tess", "tess@example.org", EmployeeType::User);
        portal.set_status(&tess, EmployeeStatus::Terminated);
        let (people, abroad) = (&cast.people, portal.find_group("HR abroad").unwrap());
        let mut subjects = vec![people["mia"].clone(), people["ed"].clone()];
        subjects.extend([people["vera"].clone(), cast.boss.clone(), cast.me.clone()]);
        subjects.extend([tess, people["HR"].clone(), abroad]);
        let client = client(&portal, &cast.key);
        Self {
            case,
            portal,
            cast,
            client,
            subjects,
            scratch: tempfile::tempdir().unwrap(),
        }
    }

    pub(super) fn room(&self) -> EntryId {
        let (case, portal, boss) = (self.case, &self.portal, &self.cast.boss);
        let room = portal.create_room(boss, case.kind, "Team Apollo");
        for path in &case.folders {
            // A repeated path creates its last folder again.
            if path.len() == 1 {
                portal.add_folder(boss, &room, TITLES[path[0]]);
            } else {
                portal.add_path(boss, &room, &path_of(path));
            }
        }
        for (who, code) in &case.members {
            if ![&self.cast.boss, &self.cast.me].contains(&&self.subjects[*who]) {
                portal.grant(&room, &self.subjects[*who], CODES[*code]);
            }
        }
        for tag in &case.tags {
            portal.add_tag(boss, &room, TAGS[*tag]);
        }
        if let Some(code) = case.ours {
            portal.grant(&room, &self.cast.me, code);
        }
        room
    }

    pub(super) fn owner_is_what_the_case_says(&self) {
        match self.case.owner {
            Owner::RoomAdmin => true,
            Owner::Demoted => self.portal.set_type(&self.cast.boss, EmployeeType::User),
            Owner::Disabled => self
                .portal
                .set_status(&self.cast.boss, EmployeeStatus::Terminated),
        };
    }

    pub(super) fn undo(&self, room: &EntryId) {
        for undo in &self.case.undone {
            match undo {
                Undo::Folder => {
                    let folders = self.portal.room(room).unwrap().folders;
                    folders
                        .last()
                        .map(|last| self.portal.delete_folder(&last.id))
                }
                Undo::Member(who) => Some(self.portal.revoke(room, &self.subjects[*who])),
                Undo::Tag(tag) => Some(self.portal.remove_tag(room, TAGS[*tag])),
                Undo::OurAccount => Some(self.portal.revoke(room, &self.cast.me)),
            };
        }
    }

    pub(super) async fn store(&self, name: &str) -> Store {
        let file = self.scratch.path().join(format!("{name}.db"));
        Store::open(&format!("sqlite:{}", file.display()), OpenMode::Create)
            .await
            .unwrap()
    }

    pub(super) fn setup(&self, policies: &[Wishes]) -> Setup {
        Setup {
            ownership: self.case.ownership,
            ..Setup::of(&written(policies))
        }
    }

    pub(super) async fn plan(&self, all: &[Wishes], room: &EntryId) -> Report {
        let directory = Directory::new(Duration::from_millis(1));
        let setup = self.setup(all);
        let planner = Planner::new(self.client.clone(), directory, setup.settings(), now);
        let report = planner.plan(&policies(&setup.policies), &id(room)).await;
        assert_eq!(self.portal.writes(), [], "plan writes nothing");
        report
    }

    /// One run of a worker, as by the service or `apply`; returns what it wrote.
    pub(super) async fn run(
        &self,
        setup: Setup,
        store: &Store,
        trigger: Trigger,
        room: &EntryId,
    ) -> (Report, Vec<Recorded>) {
        self.portal.clear_requests();
        let worker = worker(&setup, &self.client, store);
        let lease = Duration::from_secs(60);
        let claim = store.claim_room(&id(room), now(), lease, "test").await;
        let Claim::Got(job) = claim.unwrap() else {
            panic!("the room is claimed");
        };
        let (report, settled) = worker
            .reconcile(&job, trigger, &CancellationToken::new())
            .await;
        settled.unwrap();
        assert_eq!(store.adoptions().await.unwrap(), []);
        let writes = self.portal.writes();
        self.portal.clear_requests();
        (report, writes)
    }

    pub(super) async fn observe(&self, all: &[Wishes], store: &Store, room: &EntryId) -> Report {
        let setup = Setup {
            observe: true,
            ..self.setup(all)
        };
        let (report, writes) = self.run(setup, store, Trigger::Event, room).await;
        assert_eq!(writes, [], "an observing run writes nothing");
        report
    }
}

pub(super) fn id(room: &EntryId) -> RoomId {
    RoomId::new(room.to_string())
}
