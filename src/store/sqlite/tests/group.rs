use super::*;

/// How many transactions the log contains: the last page of each contains the size of the file after it.
fn transactions(machine: &Machine) -> usize {
    let log = std::fs::read(format!("{}-wal", machine.path().display())).unwrap();
    let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    let page = usize::try_from(number(8)).unwrap();
    let salt = &log[16..24];
    (32..log.len())
        .step_by(page + 24)
        .filter(|frame| number(frame + 4) != 0 && &log[frame + 8..frame + 16] == salt)
        .count()
}

#[tokio::test]
async fn queued_changes_share_a_transaction() {
    let machine = Machine::new();
    let store = machine.open().await;
    machine.accept(&store, 0, 900).await.unwrap();
    let before = transactions(&machine);
    let other = Connection::open(machine.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let accepts = futures::future::join_all((1..200).map(|id| machine.accept(&store, id, 900)));
    let release = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        other.execute_batch("COMMIT").unwrap();
    };
    let (accepted, ()) = futures::future::join(accepts, release).await;
    for accepted in accepted {
        assert_eq!(accepted.unwrap(), Accepted::New);
    }
    // The changes before the lock was noticed, and all others.
    let shared = transactions(&machine) - before;
    assert!((1..=3).contains(&shared), "{shared} transactions");
    assert_eq!(machine.kept(&store).await.len(), 200);
}

#[tokio::test]
async fn a_refused_change_does_not_affect_others() {
    let machine = Machine::new();
    let store = machine.open().await;
    let other = Connection::open(machine.path()).unwrap();
    other
        .execute_batch(
            "CREATE TRIGGER unlucky BEFORE INSERT ON delivery WHEN new.id % 50 = 13
             BEGIN SELECT RAISE(ABORT, 'unlucky'); END;",
        )
        .unwrap();
    let ids = 1..200_i64;
    let accepts = ids.clone().map(|id| machine.accept(&store, id, 900));
    let accepted = futures::future::join_all(accepts).await;
    for (id, accepted) in ids.clone().zip(&accepted) {
        assert_eq!(accepted.is_err(), id % 50 == 13, "{id}: {accepted:?}");
    }
    assert_eq!(store.problem(), None);
    let lucky: Vec<i64> = ids.filter(|id| id % 50 != 13).collect();
    assert_eq!(machine.kept(&store).await, lucky);
}

#[tokio::test]
async fn nothing_is_done_for_a_caller_that_no_longer_waits() {
    let machine = Machine::new();
    let store = machine.open().await;
    store.wake(&RoomId::new("7"), machine.now()).await.unwrap();
    let other = Connection::open(machine.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let eight = RoomId::new("8");
    let first = store.wake(&eight, machine.now());
    let gone = store.claim(machine.now(), LEASE, "gone", Which::Any);
    let release = async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        // Queued behind the first, which waits for the lock.
        drop(tokio::time::timeout(Duration::from_millis(30), gone).await);
        other.execute_batch("COMMIT").unwrap();
    };
    futures::future::join(first, release).await.0.unwrap();
    assert!(machine.claim(&store).await.is_some());
    assert!(machine.claim(&store).await.is_some());
}
