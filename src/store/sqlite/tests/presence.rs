//! What a process that was killed held is known to be free.

use super::*;
use crate::room::UserId;

impl Machine {
    /// Another process opens an adoption.
    async fn adopts(&self, store: &Sqlite, room: &str) {
        let user = |n: u8| UserId::new(format!("00000000-0000-0000-0000-00000000000{n}"));
        let lease = self.now() + Duration::from_secs(10);
        store
            .adoption_open(&RoomId::new(room), &user(1), &user(2), lease, self.now())
            .await
            .unwrap()
            .unwrap();
    }

    /// The room of the open adoption that can be had now.
    async fn takes_over(&self, store: &Sqlite) -> Option<RoomId> {
        let lease = self.now() + Duration::from_secs(10);
        let claim = store.adoption_claim(None, lease, Duration::from_secs(70), self.now());
        claim.await.unwrap().map(|entry| entry.room)
    }

    /// As a kill leaves it: the entries are there, and the file is not locked any more.
    fn kill(&self, name: &str) {
        let db = Connection::open(self.path()).unwrap();
        db.execute("UPDATE adoption SET holder = ?1", [name])
            .unwrap();
        std::fs::write(self.alive(name), "").unwrap();
    }

    fn alive(&self, name: &str) -> PathBuf {
        self.directory.path().join(format!("test.db-alive-{name}"))
    }

    fn alive_files(&self) -> usize {
        let all = std::fs::read_dir(self.directory.path()).unwrap();
        all.filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_str().unwrap().starts_with("test.db-alive-")
        })
        .count()
    }
}

#[tokio::test]
async fn what_a_killed_process_held_is_taken_over_at_once_and_not_before_it_ended() {
    let machine = Machine::new();
    let (first, second) = (machine.open().await, machine.open().await);
    machine.adopts(&first, "7").await;
    assert_eq!(machine.takes_over(&second).await, None);
    machine.kill("gone");
    assert_eq!(machine.takes_over(&second).await, Some(RoomId::new("7")));
    assert_eq!(machine.takes_over(&first).await, None);
}

#[tokio::test]
async fn a_process_that_left_no_file_is_waited_for() {
    let machine = Machine::new();
    let (first, second) = (machine.open().await, machine.open().await);
    machine.adopts(&first, "7").await;
    machine.kill("gone");
    std::fs::remove_file(machine.alive("gone")).unwrap();
    assert_eq!(machine.takes_over(&second).await, None);
    machine.pass(10);
    assert_eq!(machine.takes_over(&second).await, Some(RoomId::new("7")));
}

#[tokio::test]
async fn files_of_killed_processes_do_not_pile_up_and_an_ended_one_leaves_none() {
    let machine = Machine::new();
    for name in ["a", "b", "c"] {
        std::fs::write(machine.alive(name), "").unwrap();
    }
    let (first, second) = (machine.open().await, machine.open().await);
    assert_eq!(
        machine.alive_files(),
        3,
        "nothing is written before it is needed"
    );
    machine.adopts(&first, "7").await;
    machine.adopts(&second, "8").await;
    assert_eq!(machine.alive_files(), 2);
    drop(first);
    drop(second);
    let start = Instant::now();
    while machine.alive_files() > 0 {
        assert!(start.elapsed() < LIMIT, "a file is left");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
