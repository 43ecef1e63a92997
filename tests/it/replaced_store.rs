//! A store whose file is deleted, moved, or replaced while the service runs.

use std::fs;

use rusqlite::Connection;

use crate::process_harness::{DEEP, Service, Site};

async fn configured(service: &Service, rooms: usize) {
    service
        .until("rooms are configured", || {
            service.log().matches("configured room").count() == rooms
        })
        .await;
}

async fn usable_again(service: &Service, times: usize) {
    service
        .until("the store can be written again", || {
            let log = service.log();
            log.matches("the store can be written again").count() == times
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_put_in_place_after_a_deletion_is_used_and_a_damaged_file_is_reported() {
    let site = Site::new(DEEP).await;
    let path = |name: &str| site.directory.path().join(name);
    let (file, backup, junk) = (path("roomwright.db"), path("good.db"), path("junk.db"));
    let service = site.hooked().await;
    site.a_room();
    configured(&service, 1).await;
    let name = backup.to_str().unwrap();
    let db = Connection::open(&file).unwrap();
    db.execute("VACUUM INTO ?1", [name]).unwrap();
    drop(db);
    fs::remove_file(&file).unwrap();
    usable_again(&service, 1).await;
    assert!(service.log().contains("it is written again"));
    assert!(!service.log().contains("was replaced"), "{}", service.log());
    site.a_room();
    configured(&service, 2).await;
    fs::write(&junk, "this is not a database, but long enough".repeat(200)).unwrap();
    fs::rename(&junk, &file).unwrap();
    service
        .until("the damage", || {
            let log = service.log();
            let mut lines = log.lines();
            lines.any(|line| line.contains("ERROR") && line.contains("is damaged"))
        })
        .await;
    fs::rename(&backup, &file).unwrap();
    usable_again(&service, 2).await;
    let (status, body) = service.readiness().await;
    assert_eq!(status, 200, "{body}");
    site.a_room();
    configured(&service, 3).await;
    assert_eq!(service.end().await, Some(0));
    let db = Connection::open(&file).unwrap();
    let check = db.query_row("PRAGMA integrity_check", [], |row| row.get(0));
    assert_eq!(check, Ok("ok".to_owned()));
    site.portal.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_makes_another_store_while_that_of_a_running_service_is_missing() {
    let site = Site::new(DEEP).await;
    let service = site.hooked().await;
    let room = site.a_room().to_string();
    configured(&service, 1).await;
    // A process that stands still does not write the file again.
    service.signal("STOP");
    let [file, elsewhere] =
        ["roomwright.db", "elsewhere.db"].map(|name| site.directory.path().join(name));
    fs::rename(&file, &elsewhere).unwrap();
    for arguments in [
        &["rooms"][..],
        &["status"],
        &["doctor"],
        &["apply", &room],
        &["release"],
        &["serve"],
    ] {
        let (code, text) = site.run(arguments);
        assert_eq!(code, Some(1), "{arguments:?} {text}");
        let found = "was deleted or moved while a service uses it";
        assert!(text.contains(found), "{arguments:?} {text}");
        assert!(text.contains("put it back"), "{arguments:?} {text}");
        assert!(!file.exists(), "{arguments:?}");
    }
    fs::rename(&elsewhere, &file).unwrap();
    service.signal("CONT");
    let (code, text) = site.run(&["rooms"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("Team Apollo"), "{text}");
    assert_eq!(service.end().await, Some(0));
    site.portal.stop();
}
