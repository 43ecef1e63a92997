//! Single calls to the simulated portal: which are repeated, which are not, and what they return.

use std::sync::Arc;
use std::time::Duration;

use roomwright::docspace::{Client, Directory, Error, OwnerChange, Priority, Reader, Writer};
use roomwright::room::{FolderId, Rights, RoomId, UserId};
use roomwright::simulator::{EntryId, Fault, FaultKind, Options, Portal, RoomType};

use crate::wait;
use crate::world::{Cast, Setup, World, client};

const CREATE: &str = "files/folder/{id}";
const OWNER: &str = "files/owner";

struct Site {
    portal: Portal,
    cast: Cast,
    client: Client,
    reader: Reader,
    writer: Writer,
}

impl Site {
    async fn new() -> Self {
        let portal = Portal::start(Options::default()).await.unwrap();
        let cast = Cast::of(&portal);
        let client = client(&portal, &cast.key);
        Self {
            reader: Reader::new(&client),
            writer: Writer::new(&client),
            client,
            cast,
            portal,
        }
    }

    fn our_room(&self) -> EntryId {
        self.portal
            .create_room(&self.cast.me, RoomType::Custom, "Team Apollo")
    }

    fn boss_room(&self) -> RoomId {
        let room = self
            .portal
            .create_room(&self.cast.boss, RoomType::Custom, "Team Apollo");
        RoomId::new(room.to_string())
    }

    fn me(&self) -> UserId {
        UserId::new(&self.cast.me)
    }

    fn boss(&self) -> UserId {
        UserId::new(&self.cast.boss)
    }

    /// Answers the next such call with 429.
    fn throttles(&self, method: &str, route: &str) {
        self.fails(method, route, 429, "");
    }

    fn fails(&self, method: &str, route: &str, status: u16, body: &str) {
        let kind = FaultKind::Status {
            status,
            retry_after: None,
            body: body.to_owned(),
        };
        self.portal.fault(Fault::on(method, route, kind).times(1));
    }

    async fn creates_a_folder(&self, room: &EntryId) -> Result<(), Error> {
        let parent = FolderId::new(room.to_string());
        self.writer
            .create_folder(&parent, "Documents")
            .await
            .map(drop)
    }
}

#[tokio::test]
async fn a_throttled_read_is_repeated_and_a_throttled_write_is_not() {
    let site = Site::new().await;
    let room = site.our_room();
    site.throttles("GET", "files/rooms/{id}");
    let seen = site.reader.room(&RoomId::new(room.to_string())).await;
    assert!(seen.unwrap().is_some());
    site.throttles("POST", CREATE);
    let answer = site.creates_a_folder(&room).await;
    assert!(matches!(answer, Err(Error::Stale { .. })), "{answer:?}");
    assert_eq!(site.portal.writes().len(), 1);
    assert!(site.portal.room(&room).unwrap().paths().is_empty());
}

#[tokio::test]
async fn a_throttled_change_of_owner_is_left_to_its_caller() {
    let site = Site::new().await;
    let room = site.boss_room();
    let budget = site.client.budget();
    let places = budget
        .reserve_adoption(None, Priority::NewRoom)
        .await
        .unwrap();
    site.throttles("POST", OWNER);
    let take = site.writer.take(&room, &site.me(), &places).await;
    assert!(matches!(take, Err(Error::Throttled { .. })), "{take:?}");
    site.throttles("POST", OWNER);
    let boss = site.boss();
    let give_back = site.writer.give_back(&room, &boss, Some(&places)).await;
    assert!(
        matches!(give_back, Err(Error::Throttled { .. })),
        "{give_back:?}"
    );
    assert_eq!(site.portal.writes().len(), 2);
    let refused = budget.reserve_adoption(None, Priority::NewRoom).await;
    let Err(Error::AccountInUse { until }) = refused else {
        panic!("{refused:?}");
    };
    tokio::time::sleep_until(until).await;
    assert!(
        budget
            .reserve_adoption(None, Priority::NewRoom)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_change_of_owner_shows_the_owner_and_the_rights_of_the_account() {
    let site = Site::new().await;
    let room = site.boss_room();
    let places = site
        .client
        .budget()
        .reserve_adoption(None, Priority::NewRoom)
        .await
        .unwrap();
    let rights = Rights {
        create: true,
        edit_access: true,
        edit_room: true,
    };
    let with = |owner| OwnerChange { owner, rights };
    let taken = site.writer.take(&room, &site.me(), &places).await.unwrap();
    assert_eq!(taken, Some(with(site.me())));
    let again = site.writer.take(&room, &site.me(), &places).await;
    assert!(matches!(again, Err(Error::Throttled { .. })), "{again:?}");
    let given = site
        .writer
        .give_back(&room, &site.boss(), Some(&places))
        .await;
    // As Room manager, our account keeps its rights.
    assert_eq!(given.unwrap(), Some(with(site.boss())));
    let unknown = RoomId::new("987654");
    let unchanged = site.writer.give_back(&unknown, &site.boss(), None).await;
    assert_eq!(unchanged.unwrap(), None);
}

#[tokio::test]
async fn a_500_of_docspaces_own_is_final_and_one_of_a_proxy_is_not() {
    let site = Site::new().await;
    let room = site.our_room();
    let own = r#"{"error":{"message":"broke","type":"System.NullReferenceException"},"status":1,"statusCode":500}"#;
    site.fails("POST", CREATE, 500, own);
    let answer = site.creates_a_folder(&room).await;
    assert!(
        matches!(&answer, Err(Error::Failed { status: 500, message, .. }) if message == "broke"),
        "{answer:?}"
    );
    for (status, body) in [(500, ""), (502, "Bad Gateway"), (504, "")] {
        site.fails("POST", CREATE, status, body);
        let answer = site.creates_a_folder(&room).await;
        assert!(
            matches!(answer, Err(Error::LostAnswer { .. })),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_not_read_to_the_end() {
    let site = Site::new().await;
    let room = site.our_room();
    let endless = Fault::on("POST", CREATE, FaultKind::Endless).times(1);
    site.portal.fault(endless);
    let answer = site.creates_a_folder(&room).await;
    let Err(Error::LostAnswer { reason, .. }) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(reason, "the response is too large");
}

#[tokio::test]
async fn calls_use_a_reservation_and_continue_without_it_when_it_is_used_up() {
    let site = Site::new().await;
    let room = RoomId::new(site.our_room().to_string());
    let reserved = Arc::new(site.client.budget().reserve(3, Priority::Command).await);
    let within = Reader::new(&site.client.within(&reserved));
    for left in [2, 1, 0, 0] {
        within.room(&room).await.unwrap();
        assert_eq!(reserved.left(), left);
    }
    let read = tokio::time::timeout(Duration::from_secs(5), site.reader.room(&room));
    assert!(read.await.unwrap().is_ok());
    assert_eq!(reserved.left(), 0);
}

#[tokio::test]
async fn a_person_is_cached_for_a_limited_time_however_often_requested() {
    let site = Site::new().await;
    let directory = Directory::new(Duration::from_millis(50));
    wait::until("she is looked up a second time", || async {
        let found = directory.person_written(&site.reader, "mia@example.org");
        assert!(found.await.unwrap().is_some());
        site.portal.requests().len() >= 2
    })
    .await;
}

/// A room like the README's: four folders, four grants, two tags.
const README: &str = r#"
version: 1
templates:
  client:
    folders: [Contracts/Drafts, Contracts/Signed, "Correspondence {client}"]
    grants:
      - { user: mia@example.org, role: room-manager }
      - { user: ed@example.org, role: editor }
      - { user: vera@example.org, role: viewer }
      - { group: HR, role: viewer }
    settings: { tags: [client, "{client}"] }
policies:
  - { name: clients, match: { title: "Client {client}" }, template: client }
"#;

/// How many calls each of these foreign rooms takes, one after the other, with cached names.
async fn calls_for(policies: &str, titles: &[&str]) -> Vec<usize> {
    let world = World::built(Setup {
        directory: Duration::from_secs(60),
        ..Setup::of(policies)
    })
    .await;
    let mut counts = Vec::new();
    for title in titles {
        world.portal.clear_requests();
        let room = world
            .portal
            .create_room(&world.boss, RoomType::Custom, title);
        world.settled(&room).await;
        counts.push(world.portal.requests().len());
    }
    world.end().await;
    counts
}

#[tokio::test]
async fn a_room_like_the_readmes_takes_17_calls_24_without_cached_names_and_1_without_a_policy() {
    let counts = calls_for(README, &["Client A", "Client B", "Something else"]).await;
    let [cold, warm, unmatched] = counts[..] else {
        panic!("{counts:?}");
    };
    assert!(cold <= 24, "{cold} calls");
    assert!(warm <= 17, "{warm} calls");
    assert_eq!(unmatched, 1);
}

#[tokio::test]
async fn sixty_folders_take_74_calls() {
    let mut policies = README.replace("folders: [", "folders: [Part 0, ");
    for number in 1..56 {
        policies = policies.replace("[Part 0, ", &format!("[Part 0, Part {number}, "));
    }
    let counts = calls_for(&policies, &["Client A", "Client B"]).await;
    assert!(counts[1] <= 74, "{counts:?} calls");
}
