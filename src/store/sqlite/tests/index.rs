use super::*;
use crate::store::sqlite::{deliveries, history, jobs, journal, overview, rooms};

/// Half of them new rooms that are retried in an hour, half of them other rooms that are due.
const QUEUE: &str = "
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
    INSERT INTO job (room, generation, fresh, due)
        SELECT 'r' || i, 1, i % 2, 1800000000000 + iif(i % 2, 3600000, -i) FROM n";

fn plan(db: &Connection, query: &str) -> Vec<String> {
    let mut explain = db.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
    let nulls = vec![rusqlite::types::Null; explain.parameter_count()];
    explain
        .query_map(rusqlite::params_from_iter(nulls), |row| row.get(3))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[tokio::test]
async fn claims_use_indexes_and_sort_nothing() {
    let machine = Machine::new();
    machine.open().await.close().await;
    let db = Connection::open(machine.path()).unwrap();
    db.execute_batch(QUEUE).unwrap();
    let queries = [
        jobs::TURN,
        jobs::TAKE,
        jobs::NEXT,
        jobs::NAMED,
        jobs::RENEW,
        journal::DUE,
        journal::NAMED,
    ];
    for query in queries {
        let plan = plan(&db, query).join("\n");
        assert!(
            !plan.contains("SCAN") && !plan.contains("TEMP B-TREE"),
            "{query}\n{plan}"
        );
    }
    let turn = plan(&db, jobs::TURN).join("\n");
    assert!(turn.contains("job_turn (fresh=? AND <expr><?)"), "{turn}");
}

#[tokio::test]
async fn lists_and_counts_use_indexes_and_sort_nothing() {
    let machine = Machine::new();
    machine.open().await.close().await;
    let db = Connection::open(machine.path()).unwrap();
    db.execute_batch(QUEUE).unwrap();
    let queries = [
        overview::DUE.to_owned(),
        overview::ALIVE.to_owned(),
        overview::RUNNING.to_owned(),
        overview::GIVEN_UP.to_owned(),
        overview::OUTCOMES.to_owned(),
        overview::LAST.to_owned(),
        history::OF_ROOM.to_owned(),
        history::OF_ALL.to_owned(),
        history::DELIVERIES_OVER.to_owned(),
        history::HISTORY_OVER.to_owned(),
        history::FORGET_DELIVERIES.to_owned(),
        history::FORGET_HISTORY.to_owned(),
        history::GONE.to_owned(),
        rooms::waiting(),
        rooms::ran(None),
        rooms::ran(Some("changed")),
        deliveries::paged(),
    ];
    for query in queries {
        let plan = plan(&db, &query);
        // The history of all rooms reads its table from the end.
        let is_read_whole = |step: &String| {
            step.starts_with("SCAN") && !step.contains("INDEX") && step != "SCAN history"
        };
        assert!(
            !plan
                .iter()
                .any(|step| is_read_whole(step) || step.contains("TEMP B-TREE")),
            "{query}\n{plan:#?}"
        );
    }
}

#[tokio::test]
async fn a_claim_among_a_hundred_thousand_rooms_takes_less_than_a_millisecond() {
    let machine = Machine::new();
    machine.open().await.close().await;
    let db = Connection::open(machine.path()).unwrap();
    db.execute_batch(QUEUE).unwrap();
    db.execute_batch("BEGIN IMMEDIATE").unwrap();
    let taker = jobs::Taker {
        holder: "w".to_owned(),
        lease_for: LEASE,
    };
    let mut times: Vec<Duration> = (0..200)
        .map(|_| {
            let start = Instant::now();
            let job = jobs::claim(&db, &taker, Which::Any, machine.now()).unwrap();
            jobs::next_due(&db).unwrap();
            assert!(!job.unwrap().fresh);
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    assert!(times[100] < Duration::from_millis(1), "{:?}", times[100]);
}
