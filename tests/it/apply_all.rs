//! `apply` of many rooms: the filters, the confirmation, and the end.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;
use std::time::{Duration, Instant};

use roomwright::delivery::Delivery;
use roomwright::room::RoomId;
use roomwright::simulator::{EntryId, Fault, FaultKind, RoomType};
use roomwright::store::{OpenMode, Store, Which};
use serde_json::Value;

use crate::process_harness::{BINARY, Site};
use crate::wait::{self, LIMIT};
use crate::world::now;

const POLICIES: &str = r#"
version: 1
templates:
  team: { folders: [Documents, Tasks] }
  office: { folders: [Desk], settings: { tags: [office] } }
policies:
  - { name: teams, match: { title: 'Team *' }, template: team }
  - { name: offices, match: { title: 'Office *' }, template: office }
"#;
const QUIET: [&str; 2] = ["--log", "off"];

/// A portal, and a directory with these policies. Its limits avoid waits for the next minute.
async fn site() -> Site {
    let site = Site::new(POLICIES).await;
    let file = site.directory.path().join("roomwright.yaml");
    let quick = std::fs::read_to_string(&file).unwrap();
    let limits = "limits: { requests_per_minute: 20000 }\n";
    std::fs::write(&file, quick + limits).unwrap();
    site
}

impl Site {
    /// Rooms of a person, created without a webhook.
    fn rooms(&self, titles: &[&str]) -> Vec<EntryId> {
        let made = titles.iter().map(|title| {
            self.portal
                .create_room(&self.cast.boss, RoomType::Custom, title)
        });
        made.collect()
    }

    fn quiet(&self, arguments: &[&str]) -> (Option<i32>, String) {
        self.run(&[arguments, &QUIET].concat())
    }

    /// The titles in the plan of all rooms.
    fn planned(&self, filters: &[&str]) -> Vec<String> {
        let (_, text) = self.quiet(&[&["plan", "--all", "--json"], filters].concat());
        let json: Value = serde_json::from_str(&text).expect(&text);
        let rooms = json["rooms"].as_array().unwrap().iter();
        let needing = rooms.filter(|room| room["outcome"] == "would-change");
        needing
            .map(|room| room["title"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_matching_rooms_are_configured_and_the_rest_is_not_changed() {
    let site = site().await;
    let rooms = site.rooms(&["Team 1", "Office 1", "Other", "Team 2"]);
    let (code, text) = site.quiet(&["apply", "--all", "--yes"]);
    assert_eq!(code, Some(0), "{text}");
    insta::assert_snapshot!(text, @r"
    rooms                                 4
      skipped                               1
      would-change                          3
    changes
      folders to create                     5
      tags to add                           1
      grants to add                         0
      roles to raise                        0
      settings to change                    0
    writes                               12
      rooms to adopt (2 writes each)        3
      days at the daily write limit       0.0
    rooms                                 3
      changed                               3
    writes                               12
    ");
    let paths = rooms.iter().map(|room| site.paths(room));
    assert_eq!(paths.collect::<Vec<_>>(), [2, 1, 0, 2]);
    for room in &rooms {
        assert_eq!(site.portal.room(room).unwrap().owner, site.cast.boss);
    }
    site.portal.clear_requests();
    let (code, text) = site.quiet(&["apply", "--all", "--yes"]);
    assert_eq!((code, site.portal.writes()), (Some(0), vec![]), "{text}");
    assert!(
        text.contains("  in-sync                               3"),
        "{text}"
    );
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_no_policy_matches_costs_no_call_of_its_own() {
    let site = site().await;
    let titles: Vec<String> = (0..50).map(|number| format!("Other {number}")).collect();
    site.rooms(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    site.portal.clear_requests();
    let (code, text) = site.quiet(&["plan", "--all"]);
    assert_eq!(code, Some(0), "{text}");
    let calls = site.portal.requests().len();
    assert!(calls < 5, "{calls} calls");
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_choose_by_policy_title_type_day_and_number() {
    let site = site().await;
    site.rooms(&["Team 1", "Office 1", "Team 2", "Team 3"]);
    let boss = &site.cast.boss;
    site.portal.create_room(boss, RoomType::Editing, "Team 4");
    let planned = |filters: &[&str]| site.planned(filters);
    assert_eq!(planned(&["--policy", "offices"]), ["Office 1"]);
    assert_eq!(planned(&["--title", "team [24]"]), ["Team 2", "Team 4"]);
    assert_eq!(planned(&["--type", "collaboration"]), ["Team 4"]);
    assert_eq!(planned(&["--type", "Collaboration room"]), ["Team 4"]);
    assert_eq!(planned(&["--created-since", "2999-01-01"]).len(), 0);
    assert_eq!(planned(&["--created-since", "2020-01-01"]).len(), 5);
    assert_eq!(planned(&["--limit", "2"]), ["Team 1", "Office 1"]);
    let both = ["--policy", "teams", "--limit", "2"];
    assert_eq!(planned(&both), ["Team 1", "Team 2"]);
    let (code, text) = site.quiet(&[&["apply", "--all", "--yes"][..], &both].concat());
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(planned(&[]), ["Office 1", "Team 3", "Team 4"]);
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_a_command_and_of_the_service_are_counted_together() {
    let site = site().await;
    site.rooms(&["Team 1", "Team 2"]);
    let file = site.directory.path().join("roomwright.db");
    let url = format!("sqlite:{}", file.display());
    let store = Store::open(&url, OpenMode::Create).await.unwrap();
    site.quiet(&["plan", "--all"]);
    let others = store.announce_calls(0, true, now()).await.unwrap();
    assert_eq!((others.services, others.commands), (0, 1));
    assert!(others.of_commands >= 9, "{others:?}");
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn new_rooms_of_a_running_service_go_before_those_of_apply() {
    let site = site().await;
    let rooms = site.rooms(&["Team 1"]);
    let file = site.directory.path().join("roomwright.db");
    let url = format!("sqlite:{}", file.display());
    let store = Store::open(&url, OpenMode::Create).await.unwrap();
    store.announce_calls(0, true, now()).await.unwrap();
    let new = Delivery {
        id: 1,
        trigger: "room.created".to_owned(),
        room: Some(RoomId::new("999")),
        title: "Team New".to_owned(),
        received_at: now(),
    };
    store.accept(&new, "{}").await.unwrap();
    let mut command = site.command(BINARY);
    command.args(["apply", "--all", "--yes"]);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut said = String::new();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    while !said.contains("new rooms of the running service go first") {
        assert_ne!(log.read_line(&mut said).unwrap(), 0, "{said}");
    }
    assert_eq!(site.portal.writes(), []);
    let minute = Duration::from_secs(60);
    let job = store.claim(now(), minute, "service", Which::New).await;
    let job = job.unwrap().unwrap();
    assert_eq!(job.room, RoomId::new("999"));
    log.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{said}");
    assert_eq!(site.portal.room(&rooms[0]).unwrap().paths().len(), 2);
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_matches_nothing_suggests_what_is_meant() {
    let site = site().await;
    let (code, text) = site.quiet(&["plan", "--all", "--policy", "team"]);
    assert_eq!(code, Some(64));
    insta::assert_snapshot!(text, @"error: there is no policy `team`; did you mean `teams`?");
    for wrong in [
        &["--type", "customs"][..],
        &["--created-since", "yesterday"],
        &["--limit", "0"],
        &["--title", "[a"],
    ] {
        let (code, text) = site.quiet(&[&["plan", "--all"], wrong].concat());
        assert_eq!(code, Some(64), "{text}");
        assert!(text.contains(wrong[1]), "{text}");
    }
    let (_, text) = site.quiet(&["plan", "--all", "--created-since", "yesterday"]);
    assert!(text.contains("write YYYY-MM-DD"), "{text}");
    let (code, text) = site.quiet(&["plan", "7", "--title", "Team *"]);
    assert_eq!(code, Some(64), "{text}");
    for command in ["plan", "apply"] {
        let (code, text) = site.quiet(&[command]);
        assert_eq!(code, Some(64), "{text}");
        assert!(text.contains("--all"), "{text}");
    }
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_rooms_are_not_changed_without_a_terminal_to_confirm() {
    let site = site().await;
    let rooms = site.rooms(&["Team 1", "Team 2"]);
    site.portal.clear_requests();
    let (one, other) = (rooms[0].to_string(), rooms[1].to_string());
    for (arguments, what) in [
        (&["apply", "--all"][..], "`--all`"),
        (&["apply", &one, &other], "more than one room"),
    ] {
        let (code, text) = site.quiet(arguments);
        assert_eq!(code, Some(1), "{text}");
        let said = format!(
            "error: nothing was done: {what} needs a confirmation, and there is no terminal to ask on; check with `roomwright plan`, then pass `--yes`"
        );
        assert_eq!(text.trim(), said);
    }
    assert_eq!(site.portal.requests(), []);
    let (code, text) = site.quiet(&["apply", &one, &other, "--yes"]);
    assert_eq!(code, Some(0), "{text}");
    site.portal.stop();
}

/// The terminal output of `apply --all` with this answer to its question.
fn at_a_terminal(site: &Site, answer: &str) -> String {
    let line = format!("{BINARY} apply --all --log off");
    let mut command = site.command("script");
    command.args(["-qec", &line, "/dev/null"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), answer.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().replace('\r', "")
}

#[tokio::test(flavor = "multi_thread")]
async fn at_a_terminal_it_asks_and_anything_but_yes_is_no() {
    let site = site().await;
    site.rooms(&["Team 1", "Team 2"]);
    let text = at_a_terminal(&site, "\n");
    assert!(
        text.contains(
            "apply the policies to 2 rooms? `roomwright plan --all` shows each change [y/N]"
        ),
        "{text}"
    );
    assert!(text.contains("nothing was done"), "{text}");
    assert_eq!(site.portal.writes(), []);
    let text = at_a_terminal(&site, "y\n");
    assert!(
        text.contains("  changed                               2"),
        "{text}"
    );
    assert_eq!(site.planned(&[]).len(), 0);
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn rooms_that_are_refused_are_shown_and_decide_the_exit_code() {
    let site = site().await;
    let file = site.directory.path().join("policies/rooms.yaml");
    let policies = format!(
        "{POLICIES}  - {{ name: tagged, match: {{ title: 'Odd *', tagged: unknown }}, template: office }}\n"
    );
    std::fs::write(file, policies).unwrap();
    site.rooms(&["Odd 1", "Team 1"]);
    for changed in [1, 0] {
        let (code, text) = site.quiet(&["apply", "--all", "--yes"]);
        assert_eq!(code, Some(4), "{text}");
        assert!(text.contains("the portal has no tag `unknown`"), "{text}");
        let is_counted = text.contains("  changed                               1");
        assert_eq!(is_counted, changed == 1, "{text}");
    }
    let (code, text) = site.quiet(&["apply", "--all", "--yes", "--json"]);
    let json: Value = serde_json::from_str(&text).expect(&text);
    assert_eq!(code, Some(4), "{text}");
    assert_eq!(json["rooms"][0]["outcome"], "refused", "{text}");
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_midway_it_ends_cleanly_and_the_same_command_continues() {
    let site = site().await;
    let titles: Vec<String> = (0..30).map(|number| format!("Team {number}")).collect();
    site.rooms(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    site.portal.fault(
        Fault::on("POST", "files/folder/{id}", FaultKind::Pause)
            .after(3)
            .times(1),
    );
    let mut command = site.command(BINARY);
    command.args(["apply", "--all", "--yes"]);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    wait::for_future("the fourth folder", site.portal.wait_held()).await;
    let interrupt = ["-INT", &child.id().to_string()];
    let done = std::process::Command::new("kill").args(interrupt).status();
    assert!(done.unwrap().success());
    let mut said = String::new();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    while !said.contains("waiting for runs in progress") {
        assert_ne!(log.read_line(&mut said).unwrap(), 0, "{said}");
    }
    site.portal.clear_faults();
    site.portal.release_held();
    log.read_to_string(&mut said).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(
        said.contains("run the same command again to continue"),
        "{said}"
    );
    let left = site.planned(&[]).len();
    assert!((1..30).contains(&left), "{left} rooms are left");
    let (code, text) = site.quiet(&["apply", "--all", "--yes"]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(site.planned(&[]).len(), 0);
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_the_minute_is_reported_and_ends_at_once_when_it_is_asked_to_stop() {
    let site = Site::new(POLICIES).await;
    let file = site.directory.path().join("roomwright.yaml");
    std::fs::write(&file, "limits: { requests_per_minute: 24 }\n").unwrap();
    let titles: Vec<String> = (0..30).map(|number| format!("Team {number}")).collect();
    let rooms = site.rooms(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    let room = rooms[0].to_string();
    for rooms in ["--all", room.as_str()] {
        let mut command = site.command(BINARY);
        command.args(["apply", rooms, "--yes"]);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = String::new();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        while !said.contains("that are left for this work are used up") {
            assert_ne!(log.read_line(&mut said).unwrap(), 0, "{said}");
        }
        let asked = Instant::now();
        let terminate = ["-TERM", &child.id().to_string()];
        let done = std::process::Command::new("kill").args(terminate).status();
        assert!(done.unwrap().success());
        log.read_to_string(&mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(1), "{said}");
        assert!(asked.elapsed() < LIMIT / 2, "{:?}", asked.elapsed());
        assert!(said.contains("stopped: nothing was done"), "{said}");
        assert_eq!(site.portal.writes(), []);
    }
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_room_that_does_not_exist_is_refused() {
    let site = site().await;
    for command in [&["plan", "99999"][..], &["apply", "99999"]] {
        let (code, text) = site.quiet(command);
        assert_eq!(code, Some(4), "{text}");
    }
    site.portal.stop();
}
