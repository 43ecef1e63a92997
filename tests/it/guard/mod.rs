//! The guard of the webhook: it checks, creates and repairs the webhook, and replays missed events.

mod commands;
mod ensure;
mod missed;
mod tls;
mod watch;

use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use roomwright::docspace::Client;
use roomwright::service::guard::{Done, Error, Guard, Problem, SetSecret, SslVerification};
use roomwright::simulator::{EmployeeType, EntryId, Trigger, WebhookView};

use crate::world::{SAMPLE, SECRET, World, client, now};

/// A time when no event can be in delivery any more.
fn later() -> Timestamp {
    now() + SignedDuration::from_hours(1)
}

/// A world without a webhook, and a guard with a key of these scopes.
async fn unwatched(scopes: &[&str]) -> (World, Guard) {
    let world = World::new(SAMPLE).await;
    for hook in world.portal.webhooks() {
        world.portal.remove_webhook(hook.id);
    }
    let guard = guard(&world, scopes, &world.hook);
    (world, guard)
}

fn with_key(world: &World, scopes: &[&str]) -> Client {
    client(&world.portal, &world.portal.add_key(&world.me, scopes))
}

fn guard(world: &World, scopes: &[&str], url: &str) -> Guard {
    let address = Url::parse(url).unwrap();
    let secret = Some(SECRET.into());
    Guard::new(&with_key(world, scopes), Some(address), secret, now)
}

async fn ensure(guard: &Guard) -> Result<Done, Error> {
    let ensured = guard.ensure(SslVerification::Kept, SetSecret::WhenRefused);
    ensured.await.map(|(done, _)| done)
}

async fn problems(guard: &Guard) -> Vec<Problem> {
    let found = guard.look().await.unwrap();
    guard.problems(found.as_ref()).await.unwrap()
}

/// An address without a listener.
fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/docspace/webhook", listener.local_addr().unwrap())
}

fn hooks(world: &World) -> Vec<WebhookView> {
    world.portal.webhooks()
}

fn admin(world: &World) -> String {
    let kind = EmployeeType::DocSpaceAdmin;
    world.portal.add_person("Anna", "anna@example.org", kind)
}

/// Rooms whose events were sent to a wrong path, and a guard of that webhook.
async fn missed_rooms(world: &World, rooms: usize) -> (Guard, Vec<EntryId>) {
    let url = format!("{}/elsewhere", world.service);
    let mask = Trigger::RoomCreated.bit();
    world.portal.add_webhook(&world.me, &url, SECRET, mask);
    let rooms = (0..rooms).map(|_| world.a_room()).collect();
    world.portal.wait_deliveries_settled().await;
    (guard(world, &["*:read"], &url), rooms)
}
