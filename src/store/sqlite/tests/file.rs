use std::fs;

use super::*;
use crate::store::sqlite::schema::MIGRATIONS;

fn remove(machine: &Machine) {
    for ending in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{ending}", machine.path().display()));
    }
}

/// What SQLite finds wrong in the file.
fn integrity(machine: &Machine) -> String {
    let db = Connection::open(machine.path()).unwrap();
    db.query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn a_deleted_file_is_an_error_and_then_written_again_with_its_content() {
    for with_log in [true, false] {
        let machine = Machine {
            absent: Duration::from_millis(300),
            ..Machine::new()
        };
        let store = machine.open().await;
        for id in 1..50 {
            machine.accept(&store, id, 900).await.unwrap();
        }
        if with_log {
            remove(&machine);
        } else {
            fs::remove_file(machine.path()).unwrap();
        }
        let refused = machine.accept(&store, 50, 900).await;
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
        assert!(store.problem().unwrap().contains("deleted"));
        assert!(
            store.rooms(None).await.is_err(),
            "a deleted file must not be read"
        );
        heals(&store).await;
        machine.accept(&store, 51, 900).await.unwrap();
        store.close().await;
        // A refused delivery may be stored anyway.
        let mut kept = machine.kept(&machine.open().await).await;
        kept.retain(|id| *id != 50);
        assert_eq!(kept, (1..50).chain([51]).collect::<Vec<_>>(), "{with_log}");
    }
}

#[tokio::test]
async fn a_moved_file_is_used_again_when_it_is_back() {
    let machine = Machine::new();
    let store = machine.open().await;
    machine.accept(&store, 1, 900).await.unwrap();
    let elsewhere = machine.directory.path().join("elsewhere.db");
    fs::rename(machine.path(), &elsewhere).unwrap();
    assert!(machine.accept(&store, 2, 900).await.is_err());
    for id in 3..20 {
        assert!(machine.accept(&store, id, 900).await.is_err());
    }
    assert!(
        !machine.path().exists(),
        "no new file is created in its place"
    );
    fs::rename(&elsewhere, machine.path()).unwrap();
    heals(&store).await;
    machine.accept(&store, 20, 900).await.unwrap();
    let kept = machine.kept(&store).await;
    assert!(kept.contains(&1) && kept.contains(&20), "{kept:?}");
}

/// A store that nobody uses, with the deliveries 100 to 199.
async fn stopped_store() -> Machine {
    let machine = Machine::new();
    let store = machine.open().await;
    for id in 100..200 {
        machine.accept(&store, id, 900).await.unwrap();
    }
    store.close().await;
    machine
}

#[tokio::test]
async fn a_replaced_file_is_used_without_the_log_of_the_old_one() {
    let (machine, backup) = (Machine::new(), stopped_store().await);
    let store = machine.open().await;
    for id in 1..100 {
        machine.accept(&store, id, 900).await.unwrap();
    }
    fs::rename(backup.path(), machine.path()).unwrap();
    assert!(machine.accept(&store, 1, 900).await.is_err());
    heals(&store).await;
    machine.accept(&store, 200, 900).await.unwrap();
    assert_eq!(machine.kept(&store).await, (100..201).collect::<Vec<_>>());
    store.close().await;
    assert_eq!(integrity(&machine), "ok");
}

#[tokio::test]
async fn a_backup_put_in_place_after_a_deletion_is_used_undamaged() {
    let backup = stopped_store().await;
    let machine = Machine {
        absent: Duration::from_millis(300),
        ..Machine::new()
    };
    let store = machine.open().await;
    for id in 1..100 {
        machine.accept(&store, id, 900).await.unwrap();
        machine.kept(&store).await;
    }
    fs::remove_file(machine.path()).unwrap();
    assert!(machine.accept(&store, 100, 900).await.is_err());
    heals(&store).await;
    for id in 201..230 {
        machine.accept(&store, id, 900).await.unwrap();
        machine.kept(&store).await;
    }
    fs::rename(backup.path(), machine.path()).unwrap();
    // Readers meet the new file before the writer does.
    for _ in 0..10 {
        let (now, limit) = (machine.now(), 10_000);
        let _ = tokio::join!(store.deliveries(limit, now), store.deliveries(limit, now));
    }
    assert!(machine.accept(&store, 1, 900).await.is_err());
    heals(&store).await;
    machine.accept(&store, 200, 900).await.unwrap();
    assert_eq!(machine.kept(&store).await, (100..201).collect::<Vec<_>>());
    store.close().await;
    assert_eq!(integrity(&machine), "ok");
}

#[tokio::test]
async fn a_file_that_is_not_a_store_is_reported_and_never_written() {
    let machine = Machine::new();
    let store = machine.open().await;
    machine.accept(&store, 1, 900).await.unwrap();
    let elsewhere = machine.directory.path().join("elsewhere.db");
    fs::rename(machine.path(), &elsewhere).unwrap();
    let junk = "not a database, but long enough to look like one".repeat(100);
    fs::write(machine.path(), &junk).unwrap();
    assert!(machine.accept(&store, 2, 900).await.is_err());
    let start = Instant::now();
    while !store.problem().unwrap().contains("not a database") {
        assert!(start.elapsed() < LIMIT, "{:?}", store.problem());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(fs::read_to_string(machine.path()).unwrap(), junk);
    fs::rename(&elsewhere, machine.path()).unwrap();
    heals(&store).await;
    assert!(machine.kept(&store).await.contains(&1));
}

#[tokio::test]
async fn a_store_of_an_earlier_format_opens_with_its_content() {
    let machine = Machine::new();
    let db = Connection::open(machine.path()).unwrap();
    for migration in &MIGRATIONS[..3] {
        db.execute_batch(migration).unwrap();
    }
    db.execute_batch(
        "PRAGMA user_version = 3;
         INSERT INTO delivery VALUES (5, 'room.created', '7', 'Team', '{}', 1700000000000, 2);
         INSERT INTO job (room, generation, fresh, due) VALUES ('7', 3, 1, 1700000000000);
         INSERT INTO room VALUES ('8', 'Team', 'changed', 'x', '{}', 1700000000000, 1700000000000, '[\"folder a\"]');
         INSERT INTO writes VALUES (date('now'), 12);
         INSERT INTO writes VALUES ('2020-07-01', 5);
         INSERT INTO adoption (room, owner, account, opened_at, leased_until, due, holder)
            VALUES ('9', 'o', 'a', 1700000000000, 0, 0, 'h');",
    )
    .unwrap();
    let now: i64 = db
        .query_row("SELECT unixepoch()", [], |row| row.get(0))
        .unwrap();
    let now = Timestamp::from_second(now).unwrap();
    drop(db);
    let store = machine.open().await;
    assert_eq!(machine.kept(&store).await, [5]);
    let job = machine.claim(&store).await.unwrap();
    assert_eq!((job.generation, job.fresh), (3, true));
    let row = store.room(&RoomId::new("8")).await.unwrap().unwrap();
    assert_eq!(row.applied.len(), 1);
    assert_eq!(store.adoptions().await.unwrap().len(), 1);
    assert_eq!(store.set_writes_aside(20, 20, now).await.unwrap(), 8);
}
