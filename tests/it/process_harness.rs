//! The real process: a directory with policies in which tests start `serve` and other commands.

use std::future::ready;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use roomwright::room::RoomId;
use roomwright::simulator::{EntryId, Options, Portal, RoomType, Trigger};
use roomwright::store::{OpenMode, RoomRow, Store};

use crate::wait::{self, LIMIT};
use crate::world::{Cast, SECRET, now};

/// Folders three levels deep, tags and grants: in a foreign room, a run makes every kind of call.
pub(crate) const DEEP: &str = r#"
version: 1
templates:
  t:
    folders: [Documents/2026/Drafts, Tasks, Documents/2026/Signed]
    grants:
      - { user: mia@example.org, role: room-manager }
      - { user: ed@example.org, role: editor }
      - { group: HR, role: viewer }
    settings: { tags: [team] }
policies:
  - { name: teams, match: { title: 'Team *' }, template: t }
"#;
pub(crate) const DEEP_FOLDERS: [&str; 5] = [
    "Documents",
    "Documents/2026",
    "Documents/2026/Drafts",
    "Documents/2026/Signed",
    "Tasks",
];
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_roomwright");

/// An address that a restarted process can use again. Its port is below those that the system assigns.
pub(crate) fn address() -> String {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let base = 10_000 + u16::try_from(std::process::id() % 20_000).unwrap();
    loop {
        let port = base + NEXT.fetch_add(1, Ordering::Relaxed);
        let address = format!("127.0.0.1:{port}");
        if std::net::TcpListener::bind(&address).is_ok() {
            return address;
        }
    }
}

/// A running `serve`.
pub(crate) struct Service {
    pub(crate) child: Child,
    pub(crate) log: Arc<Mutex<String>>,
    pub(crate) hook: String,
    /// The address of the health checks and metrics.
    pub(crate) admin: String,
}

fn ended(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

impl Service {
    /// Starts `serve`, and waits until it listens and has checked the portal.
    pub(crate) async fn start(command: &mut Command) -> Self {
        let service = Self::listening(command).await;
        service
            .until("it has checked the portal", || {
                let log = service.log();
                log.contains("the portal is ") || log.contains("the API key cannot be used")
            })
            .await;
        service
    }

    /// Starts `serve`, and waits until it listens.
    pub(crate) async fn listening(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
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
            admin: String::new(),
        };
        service
            .until("it listens", || service.log().contains("/metrics"))
            .await;
        let log = service.log();
        let address = log
            .split("address=")
            .nth(1)
            .unwrap()
            .split_whitespace()
            .next()
            .unwrap();
        service.hook = format!("http://{address}/docspace/webhook");
        let admin = log.split("health is at ").nth(1).unwrap();
        service.admin = admin.split("/readyz").next().unwrap().to_owned();
        service
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub(crate) async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        wait::for_ok(what, || async {
            if holds() { Ok(()) } else { Err(self.log()) }
        })
        .await;
    }

    /// The status and the body of `/readyz`.
    pub(crate) async fn readiness(&self) -> (u16, String) {
        let answer = reqwest::get(format!("{}/readyz", self.admin))
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub(crate) fn signal(&self, name: &str) {
        let done = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(done.success());
    }

    /// Waits for its end; returns its exit code.
    pub(crate) async fn ended(self) -> Option<i32> {
        self.ended_within(LIMIT).await
    }

    pub(crate) async fn ended_within(mut self, limit: Duration) -> Option<i32> {
        wait::for_ok_within(limit, "the end of the process", || {
            let status = self.child.try_wait().unwrap();
            ready(status.map(|status| status.code()).ok_or_else(|| self.log()))
        })
        .await
    }

    /// Stops it; returns its exit code.
    pub(crate) async fn end(self) -> Option<i32> {
        self.signal("TERM");
        self.ended().await
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // A failed test leaves no process behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A portal, and a directory with policies for the process.
pub(crate) struct Site {
    pub(crate) portal: Portal,
    pub(crate) cast: Cast,
    pub(crate) directory: tempfile::TempDir,
}

impl Site {
    pub(crate) async fn new(policy: &str) -> Self {
        let options = Options {
            retry_scale: 0.1,
            ..Options::default()
        };
        Self::at(options, policy).await
    }

    /// A site whose portal has these options.
    pub(crate) async fn at(options: Options, policy: &str) -> Self {
        let portal = Portal::start(options).await.unwrap();
        let cast = Cast::of(&portal);
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("policies")).unwrap();
        std::fs::write(directory.path().join("policies/rooms.yaml"), policy).unwrap();
        let quick = "retry: { first: 50 ms, longest: 200 ms, after_lost_answer: 200 ms }\n";
        std::fs::write(directory.path().join("roomwright.yaml"), quick).unwrap();
        Self {
            portal,
            cast,
            directory,
        }
    }

    pub(crate) async fn serve(&self) -> Service {
        Service::start(self.command(BINARY).arg("serve")).await
    }

    /// Starts `serve` with a shell command in which `$0` is the program.
    pub(crate) async fn serve_under(&self, line: &str) -> Service {
        Service::start(self.command("bash").args(["-c", line, BINARY])).await
    }

    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.directory.path())
            .env_clear()
            .env("DOCSPACE_API_HOST", self.portal.url())
            .env("DOCSPACE_API_KEY", &self.cast.key)
            .env("DOCSPACE_WEBHOOK_SECRET", SECRET)
            .env("ROOMWRIGHT_LISTEN", "127.0.0.1:0")
            .env("ROOMWRIGHT_ADMIN_LISTEN", "127.0.0.1:0");
        command
    }

    /// Runs a command; returns its exit code and its whole output.
    pub(crate) fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        ended(self.command(BINARY).args(arguments))
    }

    /// Runs a command as a user who can read everything here and write nothing.
    pub(crate) fn run_unprivileged(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let directory = self.directory.path();
        let mode = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        // Other users may have no access to the directory of the program.
        let program = directory.join("roomwright");
        std::fs::copy(BINARY, &program).unwrap();
        for file in std::fs::read_dir(directory).unwrap() {
            let file = file.unwrap();
            let is_directory = file.file_type().unwrap().is_dir();
            mode(&file.path(), if is_directory { 0o555 } else { 0o444 });
        }
        mode(&program, 0o555);
        mode(directory, 0o555);
        let mut command = self.command(program.to_str().unwrap());
        // File permissions do not restrict root.
        if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
            command.uid(65534).gid(65534);
        }
        let ended = ended(command.args(arguments));
        mode(directory, 0o755);
        ended
    }

    /// Starts `serve` as a user other than root, who owns the directory.
    pub(crate) async fn serve_unprivileged(&self) -> Service {
        let directory = self.directory.path();
        let program = directory.join("roomwright");
        std::fs::copy(BINARY, &program).unwrap();
        let mut command = self.command(program.to_str().unwrap());
        if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
            std::os::unix::fs::chown(directory, Some(65534), Some(65534)).unwrap();
            command.uid(65534).gid(65534);
        }
        Service::start(command.arg("serve")).await
    }

    /// Sets whether the owner of the store can write to it and create files next to it.
    pub(crate) fn may_write(&self, may: bool) {
        let mode = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        let directory = self.directory.path();
        for ending in ["", "-wal", "-shm"] {
            let file = directory.join(format!("roomwright.db{ending}"));
            mode(&file, if may { 0o644 } else { 0o444 });
        }
        mode(directory, if may { 0o755 } else { 0o555 });
    }

    /// Starts `serve` with a webhook that leads to it.
    pub(crate) async fn hooked(&self) -> Service {
        let service = self.serve().await;
        self.portal.add_webhook(
            &self.cast.me,
            &service.hook,
            SECRET,
            Trigger::RoomCreated.bit(),
        );
        service
    }

    pub(crate) fn a_room(&self) -> EntryId {
        self.portal
            .create_room(&self.cast.boss, RoomType::Custom, "Team Apollo")
    }

    pub(crate) fn paths(&self, room: &EntryId) -> usize {
        self.portal.room(room).unwrap().paths().len()
    }

    pub(crate) async fn store(&self) -> Store {
        let file = self.directory.path().join("roomwright.db");
        Store::open(&format!("sqlite:{}", file.display()), OpenMode::Existing)
            .await
            .unwrap()
    }

    /// Waits until the room is finished.
    pub(crate) async fn settled(&self, store: &Store, room: &EntryId, what: &str) -> RoomRow {
        let id = RoomId::new(room.to_string());
        wait::for_ok(what, || async {
            match store.room(&id).await.unwrap() {
                Some(row) if row.job.is_none() => Ok(row),
                row => Err(format!("{row:?}")),
            }
        })
        .await
    }

    /// The only room is as `DEEP` says and belongs to its owner; nothing was done twice.
    pub(crate) async fn is_deep(&self, room: &EntryId, what: &str) {
        self.are_deep(std::slice::from_ref(room), what).await;
    }

    /// All rooms are as `DEEP` says and belong to their owner; nothing was done twice.
    pub(crate) async fn are_deep(&self, rooms: &[EntryId], what: &str) {
        let store = self.store().await;
        for room in rooms {
            let row = self.settled(&store, room, what).await;
            assert!(
                matches!(row.outcome.as_str(), "changed" | "in-sync" | "drifted"),
                "{what}: {}",
                row.summary
            );
            self.has_what_deep_asks_for(room, what);
        }
        assert_eq!(store.adoptions().await.unwrap(), [], "{what}");
        let deliveries = store.deliveries(100, now()).await.unwrap();
        assert_eq!(deliveries.len(), rooms.len(), "{what}");
        for delivery in deliveries {
            assert_eq!(delivery.state, "done", "{what}");
        }
        assert_eq!(self.portal.unknown_requests(), [], "{what}");
        store.close().await;
    }

    pub(crate) fn has_what_deep_asks_for(&self, room: &EntryId, what: &str) {
        let view = self.portal.room(room).unwrap();
        assert_eq!(view.paths(), DEEP_FOLDERS, "{what}");
        assert_eq!(view.owner, self.cast.boss, "{what}");
        assert_eq!(view.tags, ["team"], "{what}");
        for (who, code) in [("mia", 9), ("ed", 10), ("HR", 2)] {
            assert_eq!(
                view.access.get(&self.cast.people[who]),
                Some(&code),
                "{what}: {who}"
            );
        }
    }
}
