//! The API key goes only to the portal, and the webhook secret goes nowhere, whatever fails.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use roomwright::room::RoomId;
use roomwright::simulator::{EntryId, Fault, FaultKind, Later, RoomType, Trigger};
use roomwright::store::{JobRow, Store};

use crate::process_harness::{DEEP, Site};
use crate::wait;
use crate::world::SECRET;

const BINARY: &str = env!("CARGO_BIN_EXE_roomwright");

/// A `serve` that logs everything to a file.
struct Logged {
    child: Child,
    log: PathBuf,
}

impl Logged {
    async fn start(site: &Site, format: &str) -> Self {
        let log = site.directory.path().join("serve.log");
        let file = std::fs::File::create(&log).unwrap();
        let child = site
            .command(BINARY)
            .args(["--log", "trace", "--log-format", format, "serve"])
            .stderr(Stdio::from(file))
            .spawn()
            .unwrap();
        let service = Self { child, log };
        service.until("listening; the path of the webhook").await;
        service
    }

    fn text(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    async fn until(&self, said: &str) {
        wait::until(said, || async { self.text().contains(said) }).await;
    }

    fn hook(&self) -> String {
        let text = self.text();
        let line = text
            .lines()
            .find(|line| line.contains("listening; the path of the webhook"))
            .unwrap();
        let (_, port) = line.split_once("127.0.0.1:").unwrap();
        let port: String = port.chars().take_while(char::is_ascii_digit).collect();
        format!("http://127.0.0.1:{port}/docspace/webhook")
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let done = Command::new("kill").args([name, &id]).status().unwrap();
        assert!(done.success());
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn status(status: u16, retry_after: Option<u64>) -> FaultKind {
    FaultKind::Status {
        status,
        retry_after,
        body: "no\u{1b}[1m".to_owned(),
    }
}

fn faults() -> Vec<FaultKind> {
    vec![
        FaultKind::Delay(Duration::from_millis(20)),
        status(400, None),
        status(403, None),
        status(500, None),
        FaultKind::Html(502),
        FaultKind::Html(200),
        FaultKind::TruncatedJson,
        FaultKind::CloseBefore,
        FaultKind::DoAndDrop,
        FaultKind::DoThenStatus(500),
        FaultKind::DropAndDoLater(Later::NextListing),
        FaultKind::DropAndDoLater(Later::After(Duration::from_millis(30))),
        FaultKind::Trickle(Duration::from_millis(1)),
        // After a 429 that we did not cause, no room is adopted for a minute.
        status(429, Some(0)),
    ]
}

/// Waits until a room has any outcome.
async fn settled(store: &Store, room: &EntryId, what: &str) {
    let id = RoomId::new(room.to_string());
    let is_open = |job: &JobRow| job.given_up.is_none() && job.attempts < 2;
    wait::for_ok(what, || async {
        match store.room(&id).await.unwrap() {
            Some(row) if row.summary.contains("429") => Ok(()),
            Some(row) if !row.outcome.is_empty() && !row.job.as_ref().is_some_and(is_open) => {
                Ok(())
            }
            row => Err(format!("{row:?}")),
        }
    })
    .await;
}

/// These bytes contain no secret.
fn has_no_secret(site: &Site, what: &str, bytes: &[u8]) {
    for secret in [site.cast.key.as_str(), SECRET, "Bearer "] {
        let at = bytes
            .windows(secret.len())
            .position(|window| window.eq_ignore_ascii_case(secret.as_bytes()));
        if let Some(at) = at {
            let before = String::from_utf8_lossy(&bytes[at.saturating_sub(200)..at]);
            panic!("{what} contains a secret after: {before}");
        }
    }
}

/// No file contains a secret; returns the number of files.
fn no_file_has_a_secret(site: &Site, directory: &Path) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            has_no_secret(
                site,
                &path.display().to_string(),
                &std::fs::read(&path).unwrap(),
            );
            files += 1;
        }
    }
    files
}

async fn every_fault_occurs(site: &Site, service: &Logged) {
    let hook = service.hook();
    site.portal
        .add_webhook(&site.cast.me, &hook, SECRET, Trigger::RoomCreated.bit());
    let store = site.store().await;
    for (number, kind) in (0..).zip(faults()) {
        let what = format!("{kind:?}");
        // Another call each time, and sometimes several calls.
        let fault = Fault::on("*", "*", kind);
        site.portal
            .fault(fault.after(number % 7).times(1 + number % 3));
        let room = site.a_room();
        settled(&store, &room, &what).await;
        site.portal.clear_faults();
    }
    site.portal.revoke_key(&site.cast.key);
    let room = site.a_room();
    service.until("no room is processed").await;
    site.portal.restore_key(&site.cast.key);
    settled(&store, &room, "a dead key").await;
    // Last, and in a room that needs no adoption: for a minute after it, none takes place.
    let put_off = Fault::on("*", "*", status(429, Some(0)));
    site.portal.fault(put_off.after(2).times(2));
    let room = site
        .portal
        .create_room(&site.cast.me, RoomType::Custom, "Team Apollo");
    settled(&store, &room, "a 429").await;
    site.portal.clear_faults();
    let unsigned = reqwest::Client::new().post(&hook).body("{}");
    for signature in ["sha256=00", SECRET] {
        let request = unsigned.try_clone().unwrap();
        let request = request.header("x-docspace-signature-256", signature);
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
    std::fs::write(
        site.directory.path().join("policies/rooms.yaml"),
        "version: 2",
    )
    .unwrap();
    service.signal("-HUP");
    service.until("the policies cannot be used").await;
    std::fs::write(site.directory.path().join("policies/rooms.yaml"), DEEP).unwrap();
    store.close().await;
}

fn commands_have_no_secret(site: &Site, format: &str) {
    let room = site.a_room().to_string();
    let event = site.portal.deliveries()[0].event.to_string();
    for arguments in [
        &["rooms", "--json"][..],
        &["rooms", &room, "--json"],
        &["deliveries", "list", "--json"],
        &["deliveries", "show", &event, "--json"],
        &["plan", &room, "--json"],
        &["apply", &room, "--json"],
        &["apply", "no-such-room", "--json"],
        &["frobnicate"],
    ] {
        let mut all = vec!["--log", "trace", "--log-format", format];
        all.extend(arguments);
        let (_, text) = site.run(&all);
        has_no_secret(site, &format!("{arguments:?}"), text.as_bytes());
    }
}

fn invalid_configurations_have_no_secret(site: &Site) {
    let host = format!("https://admin:{}@portal.example.org", site.cast.key);
    let broken = format!("https//admin:{}@portal.example.org", site.cast.key);
    let key_file = site
        .directory
        .path()
        .join("no-such-file")
        .display()
        .to_string();
    for (name, value) in [
        ("DOCSPACE_API_HOST", host.as_str()),
        ("DOCSPACE_API_HOST", &broken),
        ("DOCSPACE_API_KEY_FILE", &key_file),
        ("DOCSPACE_WEBHOOK_SECRET_FILE", &key_file),
        ("ROOMWRIGHT_LISTEN", "nowhere"),
        ("ROOMWRIGHT_STORE", "mysql:x"),
    ] {
        let output = site
            .command(BINARY)
            .args(["--log", "trace", "apply", "7"])
            .env(name, value)
            .output()
            .unwrap();
        assert_ne!(output.status.code(), Some(0), "{name}");
        let text = [output.stdout, output.stderr].concat();
        has_no_secret(site, &format!("{name}={value}"), &text);
    }
}

async fn no_output_has_a_secret(format: &str) {
    let site = Site::new(DEEP).await;
    let service = Logged::start(&site, format).await;
    every_fault_occurs(&site, &service).await;
    commands_have_no_secret(&site, format);
    invalid_configurations_have_no_secret(&site);
    // The store's three files, the log, and the configuration.
    let files = no_file_has_a_secret(&site, site.directory.path());
    assert!(files >= 5, "{files} files");
    assert!(service.text().contains("TRACE"), "the log is not complete");
    service.signal("-TERM");
    service.until("no runs in progress").await;
    no_file_has_a_secret(&site, site.directory.path());
    drop(service);
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_log_error_or_store_contains_a_secret() {
    no_output_has_a_secret("text").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_json_log_error_or_store_contains_a_secret() {
    no_output_has_a_secret("json").await;
}
