//! A store whose file is deleted, and then replaced, while the service runs.

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
    fs::write(&junk, "this is no database, but long enough".repeat(200)).unwrap();
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
