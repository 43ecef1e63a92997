use super::*;
use crate::store::Cutoff;

/// More deliveries and lines than the maximum, all of them recent.
const MANY: &str = "
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100300)
    INSERT INTO delivery (id, trigger, room, title, body, received_at)
        SELECT i, 't', 'r', '', '{}', 1800000000000 + i FROM n;
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200200)
    INSERT INTO history (at, room, outcome, line) SELECT 1800000000000 + i, 'r', 'changed', '' FROM n;";

#[tokio::test]
async fn only_the_latest_deliveries_and_lines_are_kept() {
    let machine = Machine::new();
    let store = machine.open().await;
    let db = Connection::open(machine.path()).unwrap();
    db.execute_batch(MANY).unwrap();
    let long_ago = Cutoff {
        deliveries: Timestamp::UNIX_EPOCH,
        history: Timestamp::UNIX_EPOCH,
    };
    let mut forgotten = 0;
    loop {
        let rows = store.forget(long_ago, 100).await.unwrap();
        assert!(rows <= 200);
        if rows == 0 {
            break;
        }
        forgotten += rows;
    }
    let count = |query: &str| -> i64 { db.query_row(query, [], |row| row.get(0)).unwrap() };
    assert_eq!(count("SELECT min(id) FROM delivery"), 300);
    assert_eq!(count("SELECT count(*) FROM history"), 200_001);
    assert_eq!(forgotten, 299 + 199);
    store.close().await;
}
