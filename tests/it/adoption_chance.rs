//! Adoptions with faults and people's changes at random moments: at the end, people chose the owner, no adoption is
//! open, and no folder exists twice.
//!
//! `PROPTEST_CASES=2000 cargo test --test it adoption_chance` runs more cases; `PROPTEST_RNG_SEED` draws others.

use std::time::Duration;

use proptest::prelude::*;
use roomwright::room::RoomId;
use roomwright::simulator::{
    EmployeeStatus, EmployeeType, EntryId, Fault, FaultKind, Later, RateLimits, RoomType,
};

use crate::drawn::play_all;
use crate::wait;
use crate::world::{SAMPLE, Setup, World, contended, now};

/// How a change of owner fails.
#[derive(Debug, Clone, Copy)]
enum Loss {
    DoneAndDropped,
    NotDone,
    DoneAndProxyAnswers,
    ProxyAnswers,
    CutShort,
    DoneLate,
    TooMany,
}

impl Loss {
    fn kind(self) -> FaultKind {
        match self {
            Self::DoneAndDropped => FaultKind::DoAndDrop,
            Self::NotDone => FaultKind::CloseBefore,
            Self::DoneAndProxyAnswers => FaultKind::DoThenStatus(502),
            Self::ProxyAnswers => FaultKind::Html(503),
            Self::CutShort => FaultKind::TruncatedJson,
            Self::DoneLate => FaultKind::DropAndDoLater(Later::After(Duration::from_millis(40))),
            Self::TooMany => FaultKind::Status {
                status: 429,
                retry_after: None,
                body: String::new(),
            },
        }
    }
}

/// What people change while a call is held.
#[derive(Debug, Clone, Copy)]
enum Act {
    Nothing,
    GiveToHeir,
    DemoteOwner,
    DisableOwner,
    Archive,
    TakeOurAccountOut,
    DeleteFolders,
}

#[derive(Debug, Clone)]
struct Case {
    /// Which changes of owner fail, and how.
    losses: Vec<(u32, Loss)>,
    /// The call of the run at which people change something.
    call: u32,
    act: Act,
}

fn case() -> impl Strategy<Value = Case> {
    let loss = prop_oneof![
        Just(Loss::DoneAndDropped),
        Just(Loss::NotDone),
        Just(Loss::DoneAndProxyAnswers),
        Just(Loss::ProxyAnswers),
        Just(Loss::CutShort),
        Just(Loss::DoneLate),
        Just(Loss::TooMany),
    ];
    let act = prop_oneof![
        Just(Act::Nothing),
        Just(Act::GiveToHeir),
        Just(Act::DemoteOwner),
        Just(Act::DisableOwner),
        Just(Act::Archive),
        Just(Act::TakeOurAccountOut),
        Just(Act::DeleteFolders),
    ];
    let losses = prop::collection::vec((0u32..4, loss), 0..3);
    (losses, 0u32..16, act).prop_map(|(losses, call, act)| Case { losses, call, act })
}

fn happens(world: &World, room: &EntryId, heir: &str, act: Act) {
    let (portal, admin) = (&world.portal, world.portal.portal_owner());
    match act {
        Act::Nothing => {}
        Act::GiveToHeir => {
            portal.change_owner(&admin, room, heir);
        }
        Act::DemoteOwner => {
            portal.set_type(&world.boss, EmployeeType::User);
        }
        Act::DisableOwner => {
            portal.set_status(&world.boss, EmployeeStatus::Terminated);
        }
        Act::Archive => {
            portal.archive(&admin, room);
        }
        Act::TakeOurAccountOut => {
            portal.revoke(room, &world.me);
        }
        Act::DeleteFolders => {
            for folder in portal.room(room).unwrap().folders {
                portal.delete_folder(&folder.id);
            }
        }
    }
}

/// People undo what prevents the give-back.
fn is_undone(world: &World, room: &EntryId) {
    let admin = world.portal.portal_owner();
    world.portal.set_status(&world.boss, EmployeeStatus::Active);
    world.portal.set_type(&world.boss, EmployeeType::RoomAdmin);
    world.portal.unarchive(&admin, room);
}

async fn finished(world: &World, room: &EntryId) {
    let id = RoomId::new(room.to_string());
    wait::for_ok("the room is finished", || async {
        let is_ours = world.portal.room(room).unwrap().owner == world.me;
        let open = world.store.adoptions().await.unwrap();
        let row = world.row(room).await;
        let is_done = row.as_ref().is_some_and(|row| {
            row.outcome == "partial" || row.job.as_ref().is_none_or(|job| job.given_up.is_some())
        });
        if !is_ours && open.is_empty() && is_done {
            return Ok(());
        }
        let state = format!("{open:?}, {row:?}");
        // A room that waits a minute after a 429 is woken earlier here.
        if row.is_some_and(|row| row.summary.contains("(429)")) {
            world.store.wake(&id, now()).await.unwrap();
        }
        Err(state)
    })
    .await;
}

/// One of these owners has the room, and no folder exists twice.
fn is_right(world: &World, room: &EntryId, owners: &[&String]) -> Result<(), String> {
    let view = world.portal.room(room).unwrap();
    if !owners.contains(&&view.owner) {
        return Err(format!("`{}` owns the room", view.owner));
    }
    match view.doubled() {
        doubled if doubled.is_empty() => Ok(()),
        doubled => Err(format!("folders exist twice: {doubled:?}")),
    }
}

async fn play(case: &Case) -> Result<(), String> {
    let world = World::built(Setup {
        portal: contended(),
        ..Setup::of(SAMPLE)
    })
    .await;
    world.portal.set_rate_limits(Some(RateLimits::default()));
    let heir = world.heir();
    for (number, loss) in &case.losses {
        let fault = Fault::on("POST", "files/owner", loss.kind());
        world.portal.fault(fault.after(*number).times(1));
    }
    world.portal.fault(
        Fault::on("*", "*", FaultKind::Pause)
            .after(case.call)
            .times(1),
    );
    let room = world.a_room();
    // Another room competes with it.
    let other = world
        .portal
        .create_room(&world.boss, RoomType::Custom, "Team Daedalus");
    let held = tokio::time::timeout(Duration::from_secs(3), world.portal.wait_held());
    if held.await.is_ok() {
        happens(&world, &room, &heir, case.act);
    } else {
        world.portal.clear_faults();
    }
    world.portal.release_held();
    is_undone_when_seen(&world, &room).await;
    finished(&world, &room).await;
    finished(&world, &other).await;
    is_right(&world, &room, &[&world.boss, &heir])?;
    is_right(&world, &other, &[&world.boss])?;
    world.end().await;
    Ok(())
}

/// Undoes the change after the service has met it.
async fn is_undone_when_seen(world: &World, room: &EntryId) {
    world.portal.wait_deliveries_settled().await;
    let id = RoomId::new(room.to_string());
    let seen = wait::until("the service has met the change", || async {
        let open = world.store.adoptions().await.unwrap();
        let is_blocked = open.iter().any(|entry| entry.blocked.is_some());
        let is_done = match world.row(room).await {
            Some(row) => row.outcome == "partial" || row.job.is_none(),
            None => false,
        };
        is_blocked || (open.is_empty() && is_done)
    });
    // A room that keeps failing is neither; undoing ends that, too.
    let _ = tokio::time::timeout(Duration::from_secs(5), seen).await;
    is_undone(world, room);
    world.store.wake(&id, now()).await.unwrap();
}

#[test]
fn whatever_happens_to_its_adoption_a_room_ends_with_an_owner_people_chose() {
    play_all((40, 60), &case(), async |case| {
        play(&case).await.map_err(TestCaseError::fail)
    });
}
