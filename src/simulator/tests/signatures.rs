//! The bytes of deliveries, compared with the documented examples.

use super::super::api::rooms;
use super::super::state::people::Person;
use super::super::state::rooms::Room;
use super::super::state::webhooks::LogRow;
use super::super::state::world::{ROOMS_ROOT, World};
use super::super::webhooks::attempt::signature;
use super::super::webhooks::payload::RetryPart;
use super::super::{EmployeeType, EntryId, Options, RoomType, ThirdParty, Trigger};

const SECRET: &str = "Rooms-2026!Prov1sion";
const OWNER: &str = "66faa6e4-f133-11ea-b126-00ffeec8b4ef";
const OTHER: &str = "4c65a238-ca50-4374-b904-0d51d4c1822b";

const CUSTOM: &str = r#"{"event":{"id":1042,"createOn":"2026-07-01T09:15:42Z","createBy":"66faa6e4-f133-11ea-b126-00ffeec8b4ef","trigger":"room.created","triggerId":4194304},"payload":{"id":57,"parentId":4,"securityByUsers":{},"folderIdDisplay":4,"rootId":4,"title":"Contracts 2026","createBy":"66faa6e4-f133-11ea-b126-00ffeec8b4ef","modifiedBy":"66faa6e4-f133-11ea-b126-00ffeec8b4ef","createOn":"2026-07-01T09:15:42Z","modifiedOn":"2026-07-01T09:15:42Z","rootFolderType":14,"rootCreateBy":"66faa6e4-f133-11ea-b126-00ffeec8b4ef","fileEntryType":1},"webhook":{"id":3,"name":"room-provisioner","url":"https://hooks.example.org/docspace","triggers":["room.created"]}}"#;
const PUBLIC: &str = r#"{"event":{"id":1043,"createOn":"2026-07-01T09:20:03Z","createBy":"4c65a238-ca50-4374-b904-0d51d4c1822b","trigger":"room.created","triggerId":4194304},"payload":{"id":58,"parentId":4,"securityByUsers":{},"folderIdDisplay":4,"rootId":4,"title":"M\u00FCller \u0026 S\u00F6hne \u2013 Presse","createBy":"4c65a238-ca50-4374-b904-0d51d4c1822b","modifiedBy":"4c65a238-ca50-4374-b904-0d51d4c1822b","createOn":"2026-07-01T09:20:03Z","modifiedOn":"2026-07-01T09:20:03Z","rootFolderType":14,"rootCreateBy":"66faa6e4-f133-11ea-b126-00ffeec8b4ef","fileEntryType":1},"webhook":{"id":3,"name":"room-provisioner","url":"https://hooks.example.org/docspace","triggers":["room.created"]}}"#;
const THIRD_PARTY: &str = r#"{"event":{"id":1044,"createOn":"2026-07-01T09:31:11Z","createBy":"4c65a238-ca50-4374-b904-0d51d4c1822b","trigger":"room.created","triggerId":4194304},"payload":{"id":"sbox-3-L1Byb2plY3QgWA","parentId":"sbox-3","mutableId":true,"securityByUsers":{},"folderIdDisplay":"sbox-3","rootId":"sbox-3","title":"Project X","createBy":"4c65a238-ca50-4374-b904-0d51d4c1822b","modifiedBy":"4c65a238-ca50-4374-b904-0d51d4c1822b","providerId":3,"providerKey":"WebDav","createOn":"2026-07-01T09:31:10Z","modifiedOn":"2026-07-01T09:31:10Z","rootFolderType":14,"rootCreateBy":"4c65a238-ca50-4374-b904-0d51d4c1822b","fileEntryType":1},"webhook":{"id":3,"name":"room-provisioner","url":"https://hooks.example.org/docspace","triggers":["room.created"]}}"#;

const RETRY_TAIL: &str = r#","lastFailureOn":"2026-07-01T09:15:45Z","lastFailureContent":"Response status code does not indicate success: 503 (Service Unavailable).","lastSuccessOn":"2026-06-30T18:02:11","retryCount":1,"retryOn":"2026-07-01T09:15:46Z"}}"#;

/// A portal in the state in which the examples begin: the next room is 57, the next event 1042.
fn portal() -> World {
    let mut world = World::new(Options {
        now: Some("2026-07-01T09:15:42Z".parse().unwrap()),
        ..Options::default()
    });
    rename(&mut world, OWNER);
    let other = world.new_person("Otto Other", "otto@example.org", EmployeeType::RoomAdmin);
    let other = Person {
        id: OTHER.to_owned(),
        ..other
    };
    world.people.insert(OTHER.to_owned(), other);
    while world.new_entry_id() != EntryId::Number(56) {}
    (world.last_event, world.last_webhook, world.last_provider) = (1041, 2, 2);
    let (url, mask) = (
        "https://hooks.example.org/docspace",
        Trigger::RoomCreated.bit(),
    );
    world.insert_webhook(OWNER, "room-provisioner", url, SECRET, mask);
    world
}

/// Gives the portal's owner the id in the examples.
fn rename(world: &mut World, id: &str) {
    let mut owner = world.people.remove(&world.owner).unwrap();
    id.clone_into(&mut owner.id);
    id.clone_into(&mut world.owner);
    world.people.insert(id.to_owned(), owner);
    for root in world.entries.values_mut() {
        id.clone_into(&mut root.created_by);
    }
}

fn at(world: &mut World, time: &str) {
    world.options.now = Some(time.parse().unwrap());
}

/// Creates the rooms of the examples, and returns their rows of the webhook log.
fn logged_rows() -> Vec<LogRow> {
    let mut world = portal();
    let room = |kind, world: &mut World, who: &str, title: &str| {
        let id = world.insert_room(who, title, Room::new(kind), ROOMS_ROOT);
        rooms::publish_creation(world, &id, who);
    };
    room(RoomType::Custom, &mut world, OWNER, "Contracts 2026");
    at(&mut world, "2026-07-01T09:20:03Z");
    let title = "Müller & Söhne – Presse";
    room(RoomType::Public, &mut world, OTHER, title);
    at(&mut world, "2026-07-01T09:31:10Z");
    let (storage, kind) = (ThirdParty::WebDav, RoomType::Custom);
    let id = world.insert_third_party_room(OTHER, storage, kind, "Project X");
    at(&mut world, "2026-07-01T09:31:11Z");
    rooms::publish_creation(&mut world, &id, OTHER);
    assert!(world.log.keys().eq(&[1042, 1043, 1044]));
    world.log.into_values().collect()
}

#[test]
fn the_examples_of_the_documentation_have_their_signatures() {
    let signed = |body: &str| signature(SECRET, body.as_bytes()).replace("sha256=", "");
    assert_eq!(
        signed(CUSTOM),
        "3250512949560E01DF760C2CBD9658D47B13749EE5847B71DBA463B8C24BC0B6"
    );
    assert_eq!(
        signed(PUBLIC),
        "A9328A0010DEB797DD556A1C8B9CF39C88902F2FB1551226AC9425FE707FCACA"
    );
    assert_eq!(
        signed(THIRD_PARTY),
        "C662FA780166B8F846A2CC7760E30C4437A08DD699990E77D4C05FB154E8CF24"
    );
}

#[test]
fn created_rooms_reproduce_the_examples_byte_by_byte() {
    let rows = logged_rows();
    assert_eq!(rows[0].body(Some(1042), None), CUSTOM);
    assert_eq!(rows[1].body(Some(1043), None), PUBLIC);
    assert_eq!(rows[2].body(Some(1044), None), THIRD_PARTY);
}

#[test]
fn a_retry_has_five_more_members_and_its_own_signature() {
    let retry = RetryPart {
        last_failure_on: "2026-07-01T09:15:45Z".to_owned(),
        last_failure_content:
            "Response status code does not indicate success: 503 (Service Unavailable).".to_owned(),
        last_success_on: Some("2026-06-30T18:02:11".to_owned()),
        retry_count: 1,
        retry_on: "2026-07-01T09:15:46Z".to_owned(),
    };
    let body = logged_rows()[0].body(Some(1042), Some(&retry));
    assert_eq!(
        body,
        format!("{}{RETRY_TAIL}", CUSTOM.trim_end_matches('}'))
    );
    assert_eq!(
        signature(SECRET, body.as_bytes()),
        "sha256=5E8BC33CB5D6B8AD52CE635733FE7041A44755FD025793AF030D534DA22A74D8"
    );
}

#[test]
fn a_manual_retry_differs_only_in_the_event_id() {
    let body = logged_rows()[0].body(Some(1077), None);
    assert_eq!(body, CUSTOM.replace("1042", "1077"));
    assert_eq!(
        signature(SECRET, body.as_bytes()),
        "sha256=F464F503CED8B53E3BF7F0F470CB8BE3186B6F88105A0D1007577E06467CFC5D"
    );
}
