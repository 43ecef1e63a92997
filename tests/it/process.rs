//! The real process: signals, restarts, several of them on one store.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use roomwright::simulator::{EmployeeType, EntryId, Options, Portal, RoomType, Trigger};

const SECRET: &str = "Rooms-2026!Prov1sion";
const LIMIT: Duration = Duration::from_secs(30);
const POLICY: &str = "version: 1\ntemplates:\n  t: { folders: [Documents, Tasks] }\npolicies:\n  - { name: teams, match: { title: 'Team *' }, template: t }\n";

struct Service {
    child: Child,
    log: Arc<Mutex<String>>,
    hook: String,
}

impl Service {
    /// Starts `serve` in a directory that has its policies, and waits until it listens.
    fn start(directory: &Path, portal: &Portal, key: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_roomwright"))
            .current_dir(directory)
            .env_clear()
            .env("DOCSPACE_API_HOST", portal.url())
            .env("DOCSPACE_API_KEY", key)
            .env("DOCSPACE_WEBHOOK_SECRET", SECRET)
            .env("ROOMWRIGHT_LISTEN", "127.0.0.1:0")
            .arg("serve")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let kept = log.clone();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                kept.lock().unwrap().push_str(&format!("{line}\n"));
            }
        });
        let mut service = Self {
            child,
            log,
            hook: String::new(),
        };
        service.until("it listens", |service| service.log().contains("address="));
        let log = service.log();
        let address = log
            .split("address=")
            .nth(1)
            .unwrap()
            .split_whitespace()
            .next()
            .unwrap();
        service.hook = format!("http://{address}/docspace/webhook");
        service
    }

    fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !holds(self) {
            assert!(
                start.elapsed() < LIMIT,
                "waited for: {what}\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn signal(&self, name: &str) {
        let done = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(done.success());
    }

    /// Asks it to end, and returns its exit code.
    fn end(mut self) -> i32 {
        self.signal("TERM");
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap();
            }
            assert!(start.elapsed() < LIMIT, "it does not end\n{}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // A test that failed leaves no process behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn portal() -> (Portal, String, String) {
    let portal = Portal::start(Options::default()).await.unwrap();
    let me = portal.add_person(
        "roomwright",
        "roomwright@example.org",
        EmployeeType::DocSpaceAdmin,
    );
    let key = portal.add_key(&me, &["rooms:write", "files:write", "accounts:read"]);
    (portal, me, key)
}

fn directory(policy: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("policies")).unwrap();
    std::fs::write(directory.path().join("policies/rooms.yaml"), policy).unwrap();
    let quick = "retry: { first: 50 ms, longest: 200 ms, after_lost_answer: 300 ms }\n";
    std::fs::write(directory.path().join("roomwright.yaml"), quick).unwrap();
    directory
}

#[tokio::test(flavor = "multi_thread")]
async fn hangup_reads_the_policies_again_and_a_broken_edit_keeps_the_last_good_ones() {
    let (portal, me, key) = portal().await;
    let directory = directory(POLICY);
    let file = directory.path().join("policies/rooms.yaml");
    let service = Service::start(directory.path(), &portal, &key);
    portal.add_webhook(&me, &service.hook, SECRET, Trigger::RoomCreated.bit());
    let paths = |room: &EntryId| portal.room(room).unwrap().paths().len();
    let first = portal.create_room(&me, RoomType::Custom, "Team one");
    service.until("the first room", |_| paths(&first) == 2);
    std::fs::write(&file, POLICY.replace("folders", "foldres")).unwrap();
    service.signal("HUP");
    service.until("the broken edit", |service| {
        service.log().contains("did you mean `folders`")
    });
    let second = portal.create_room(&me, RoomType::Custom, "Team two");
    service.until("the second room", |_| paths(&second) == 2);
    std::fs::write(&file, POLICY.replace("Tasks", "Tasks, Notes")).unwrap();
    service.signal("HUP");
    service.until("the good edit", |service| {
        service.log().contains("were read again")
    });
    let third = portal.create_room(&me, RoomType::Custom, "Team three");
    service.until("the third room", |_| paths(&third) == 3);
    assert!(!service.log().contains(&key) && !service.log().contains(SECRET));
    assert_eq!(service.end(), 0);
    portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_before_a_kill_is_done_after_it() {
    let (portal, me, key) = portal().await;
    let directory = directory(POLICY);
    let service = Service::start(directory.path(), &portal, &key);
    portal.add_webhook(&me, &service.hook, SECRET, Trigger::RoomCreated.bit());
    // While the key is dead nothing can be done about a room, but its event is accepted.
    portal.revoke_key(&key);
    let room = portal.create_room(&me, RoomType::Custom, "Team Apollo");
    service.until("the delivery", |_| {
        portal
            .deliveries()
            .iter()
            .all(|delivery| delivery.delivered)
    });
    service.signal("KILL");
    drop(service);
    portal.restore_key(&key);
    let service = Service::start(directory.path(), &portal, &key);
    service.until("the room", |_| {
        portal.room(&room).unwrap().paths() == ["Documents", "Tasks"]
    });
    assert_eq!(service.end(), 0);
    portal.stop();
}
