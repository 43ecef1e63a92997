//! Every fault at every call of a run that invites, removes and changes the owner: the room is as planned or its report
//! names what is missing, nobody is invited twice, and our account never keeps the room.

use futures::StreamExt;
use roomwright::simulator::{EmployeeType, EntryId, Fault, FaultKind, RoomType};

use crate::faults::{finished, own, status};
use crate::world::{Setup, World};

const AT_ONCE: usize = 16;
const GUEST: &str = "eva@partner.example";
const POLICY: &str = "
version: 1
templates:
  team:
    membership: exact
    owner: heir@example.org
    folders: [Documents]
    grants: [{ user: vera@example.org, role: viewer }]
    guests: { invite: [{ email: eva@partner.example, role: viewer }] }
policies:
  - { name: teams, match: { title: 'Team *' }, template: team }
";

/// A portal with a room from which a run removes mia and in which it lowers the role of vera.
struct Case {
    world: World,
    heir: String,
    room: EntryId,
}

impl Case {
    async fn new(fault: Option<Fault>) -> Self {
        let world = World::built(Setup {
            attempts: 12,
            ..Setup::of(POLICY)
        })
        .await;
        let heir = world
            .portal
            .add_person("Hea Heir", "heir@example.org", EmployeeType::RoomAdmin);
        if let Some(fault) = fault {
            world.portal.fault(fault);
        }
        let people = &world.people;
        let members = [(people["mia"].as_str(), 9), (people["vera"].as_str(), 11)];
        let room =
            world
                .portal
                .create_shared_room(&world.boss, RoomType::Custom, "Team Apollo", &members);
        Self { world, heir, room }
    }

    /// The differences from the policy, in the words of a report.
    fn missing(&self) -> Vec<&'static str> {
        let view = self.world.portal.room(&self.room).unwrap();
        let guest = self
            .world
            .portal
            .accounts()
            .into_iter()
            .find(|account| account.email == GUEST);
        let people = &self.world.people;
        let has = |id: &String| view.access.get(id).copied();
        [
            ("Documents", view.paths() == ["Documents"]),
            ("vera", has(&people["vera"]) == Some(2)),
            ("mia", has(&people["mia"]).is_none()),
            (GUEST, guest.is_some_and(|guest| has(&guest.id) == Some(2))),
            ("heir", view.owner == self.heir),
        ]
        .into_iter()
        .filter(|(_, is_so)| !is_so)
        .map(|(word, _)| word)
        .collect()
    }

    /// How many invitations reached the portal and were not throttled.
    fn invitations(&self) -> usize {
        let writes = self.world.portal.writes().into_iter();
        let invites = writes.filter(|call| {
            call.status != 429
                && call
                    .body
                    .as_ref()
                    .is_some_and(|body| body.to_string().contains(GUEST))
        });
        invites.count()
    }
}

async fn calls_of_a_run() -> u32 {
    let case = Case::new(None).await;
    let row = finished(&case.world, &case.room, "no fault").await;
    assert_eq!(row.outcome, "changed");
    assert_eq!(case.missing(), Vec::<&str>::new());
    let calls = case.world.portal.requests().len();
    case.world.end().await;
    u32::try_from(calls).unwrap()
}

fn kinds() -> Vec<FaultKind> {
    vec![
        status(429, None),
        status(500, None),
        own(500, "System.NullReferenceException"),
        own(403, "System.Security.SecurityException"),
        FaultKind::Html(502),
        FaultKind::CloseBefore,
        FaultKind::DoAndDrop,
        FaultKind::DoThenStatus(502),
        FaultKind::TruncatedJson,
    ]
}

async fn converges(number: u32, kind: FaultKind) {
    let what = format!("call {number}: {kind:?}");
    let fault = Fault::on("*", "*", kind).after(number).times(1);
    let case = Case::new(Some(fault)).await;
    let row = finished(&case.world, &case.room, &what).await;
    let missing = case.missing();
    if missing.is_empty() {
        let outcome = row.outcome.as_str();
        let is_well = matches!(outcome, "changed" | "in-sync" | "drifted" | "partial");
        assert!(is_well, "{what}: {}", row.summary);
    } else {
        assert_eq!(row.outcome, "partial", "{what}: {missing:?} {}", row.report);
        let report = row.report.to_lowercase();
        for word in &missing {
            let is_named = report.contains(&word.to_lowercase());
            assert!(is_named, "{what}: {word}: {report}");
        }
    }
    let view = case.world.portal.room(&case.room).unwrap();
    assert!(
        [&case.heir, &case.world.boss].contains(&&view.owner),
        "{what}: {}",
        view.owner
    );
    assert!(case.invitations() <= 1, "{what}: invited twice");
    case.world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_about_people_can_fail_in_every_way() {
    let calls = calls_of_a_run().await;
    let cases = (0..calls).flat_map(|number| kinds().into_iter().map(move |kind| (number, kind)));
    futures::stream::iter(cases)
        .map(|(number, kind)| tokio::spawn(converges(number, kind)))
        .buffer_unordered(AT_ONCE)
        .for_each(|ended| async { ended.unwrap() })
        .await;
}
