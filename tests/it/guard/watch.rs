//! The service checks its webhook by itself.

use std::time::Duration;

use roomwright::config::Mode;
use roomwright::service::Reach;
use roomwright::service::guard::{Guard, Watch};
use roomwright::simulator::EmployeeStatus;

use super::{hooks, missed_rooms, unwatched};
use crate::world::{SCOPES, World};

fn watch(world: &World, guard: Guard, mode: Mode) -> Watch {
    let brake = world.worker.client.brake();
    brake.set(mode == Mode::Observe);
    Watch::new(guard, world.worker.clone(), Duration::from_secs(3600))
}

#[tokio::test]
async fn the_service_creates_and_repairs_its_webhook_at_most_once_a_day() {
    let (world, guard) = unwatched(&["*"]).await;
    let watch = watch(&world, guard, Mode::Enforce);
    watch.pass(Reach::All).await;
    assert_eq!(watch.problem(), None);
    let [hook] = &hooks(&world)[..] else {
        panic!("no webhook was created")
    };
    world.portal.set_webhook_enabled(hook.id, false);
    watch.pass(Reach::Newest).await;
    let problem = watch.problem().unwrap();
    assert!(problem.starts_with("it is disabled"), "{problem}");
    assert!(!hooks(&world)[0].enabled);
    world.end().await;
}

#[tokio::test]
async fn the_service_reports_missing_scopes_and_changes_nothing_while_it_observes() {
    let (world, guard) = unwatched(&["*"]).await;
    let observing = watch(&world, guard, Mode::Observe);
    observing.pass(Reach::All).await;
    let problem = observing.problem().unwrap();
    assert!(
        problem.starts_with("no webhook for `room.created` points to"),
        "{problem}"
    );
    let guard = super::guard(&world, &SCOPES, &world.hook);
    let blind = watch(&world, guard, Mode::Enforce);
    blind.pass(Reach::All).await;
    let problem = blind.problem().unwrap();
    assert!(problem.contains("lacks the scope `*:read`"), "{problem}");
    assert_eq!((observing.works(), blind.works()), (Some(false), None));
    assert_eq!(world.portal.writes(), []);
    assert_eq!(hooks(&world), []);
    world.end().await;
}

#[tokio::test]
async fn the_service_replays_missed_events() {
    let (world, _) = unwatched(&[]).await;
    let (guard, rooms) = missed_rooms(&world, 1).await;
    let watch = watch(&world, guard, Mode::Enforce);
    watch.pass(Reach::All).await;
    world.settled(&rooms[0]).await;
    world.is_as_the_sample_says(&rooms[0]);
    world.portal.clear_requests();
    // Without a problem: the key, the webhooks, their owner, a page of the log.
    watch.pass(Reach::Newest).await;
    assert!(world.portal.requests().len() < 5);
    world.end().await;
}

#[tokio::test]
async fn a_key_that_stops_working_pauses_the_portal() {
    let (world, guard) = unwatched(&["*"]).await;
    let watch = watch(&world, guard, Mode::Enforce);
    watch.pass(Reach::All).await;
    assert_eq!(*world.worker.paused.borrow(), None);
    world
        .portal
        .set_status(&world.me, EmployeeStatus::Terminated);
    watch.pass(Reach::Newest).await;
    let reason = world.worker.paused.borrow().clone().unwrap();
    assert!(reason.contains("does not accept the API key"), "{reason}");
    world.end().await;
}
