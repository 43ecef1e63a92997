use super::*;

#[tokio::test]
async fn a_full_disk_is_reported_and_the_store_recovers_when_there_is_space() {
    let machine = Machine::new();
    machine.pages.store(100, Ordering::SeqCst);
    let store = machine.open().await;
    let mut accepted = Vec::new();
    let refused = loop {
        let id = i64::try_from(accepted.len()).unwrap();
        assert!(id < 1_000, "the disk does not fill up");
        match machine.accept(&store, id, 4_000).await {
            Ok(_) => accepted.push(id),
            Err(error) => break error,
        }
    };
    assert!(refused.to_string().contains("full"), "{refused}");
    assert!(store.problem().unwrap().contains("full"));
    // While it is full nothing is accepted, not even known deliveries, and reads work.
    assert!(machine.accept(&store, 0, 10).await.is_err());
    let claim = store.claim(machine.now(), LEASE, "w", Which::Any).await;
    assert!(claim.is_err());
    assert_eq!(machine.kept(&store).await, accepted);
    machine.pages.store(1_000, Ordering::SeqCst);
    heals(&store).await;
    machine.accept(&store, 1_000, 4_000).await.unwrap();
    assert!(machine.claim(&store).await.is_some());
    store.close().await;
    accepted.push(1_000);
    assert_eq!(machine.kept(&machine.open().await).await, accepted);
}

#[tokio::test]
async fn a_file_locked_by_another_process_fails_soon_and_is_used_again_when_it_is_free() {
    let machine = Machine::new();
    let store = machine.open().await;
    machine.accept(&store, 1, 900).await.unwrap();
    let other = Connection::open(machine.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = machine.accept(&store, 2, 900).await.unwrap_err();
    assert!(refused.to_string().contains("locked"), "{refused}");
    let start = Instant::now();
    assert!(machine.accept(&store, 3, 900).await.is_err());
    assert!(
        start.elapsed() < Duration::from_millis(150),
        "it waits again"
    );
    assert_eq!(machine.kept(&store).await, [1]);
    other.execute_batch("COMMIT").unwrap();
    heals(&store).await;
    machine.accept(&store, 4, 900).await.unwrap();
    assert_eq!(machine.kept(&store).await, [1, 4]);
}

#[tokio::test]
async fn a_disk_that_does_not_respond_is_not_waited_for_and_late_writes_do_no_harm() {
    let machine = Machine::new();
    let store = machine.open().await;
    // A slow statement simulates the disk.
    let slow = store.writer.write(|db| {
        std::thread::sleep(Duration::from_secs(3));
        db.execute("DELETE FROM probe", [])
    });
    let refused = slow.await.unwrap_err();
    assert!(
        refused.to_string().contains("does not respond"),
        "{refused}"
    );
    let start = Instant::now();
    assert!(machine.accept(&store, 1, 900).await.is_err());
    assert!(start.elapsed() < Duration::from_secs(1));
    heals(&store).await;
    machine.accept(&store, 2, 900).await.unwrap();
    assert_eq!(machine.kept(&store).await, [2]);
}
