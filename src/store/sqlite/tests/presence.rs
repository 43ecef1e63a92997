//! The adoptions of a killed process are free at once.

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

    /// Claims an open adoption and returns its room, if one is free.
    async fn takes_over(&self, store: &Sqlite) -> Option<RoomId> {
        let lease = self.now() + Duration::from_secs(10);
        let claim = store.adoption_claim(None, lease, Duration::from_secs(70), self.now());
        claim.await.unwrap().map(|entry| entry.room)
    }

    /// Simulates a kill: the entries are there, and the file is not locked.
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
async fn the_adoptions_of_a_killed_process_are_claimed_at_once_and_not_before() {
    let machine = Machine::new();
    let (first, second) = (machine.open().await, machine.open().await);
    machine.adopts(&first, "7").await;
    assert_eq!(machine.takes_over(&second).await, None);
    machine.kill("gone");
    assert_eq!(machine.takes_over(&second).await, Some(RoomId::new("7")));
    assert_eq!(machine.takes_over(&first).await, None);
}

#[tokio::test]
async fn a_process_without_a_file_keeps_its_adoptions_until_the_lease_expires() {
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
async fn the_missing_file_of_a_running_service_is_not_made_again_by_others() {
    let machine = Machine::new();
    let service = machine.open().await;
    let announced = service.announce_calls(0, true, machine.now()).await;
    announced.unwrap();
    let elsewhere = machine.directory.path().join("elsewhere.db");
    std::fs::rename(machine.path(), &elsewhere).unwrap();
    for mode in [OpenMode::Create, OpenMode::Existing] {
        let opened = Sqlite::open(machine.path(), mode).await;
        assert!(matches!(opened, Err(Error::Gone(_))), "{opened:?}");
    }
    assert!(!machine.path().exists());
    drop(service);
    let start = Instant::now();
    while machine.alive_files() > 0 {
        assert!(start.elapsed() < LIMIT, "the service still counts as alive");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    machine.open().await;
    assert!(machine.path().exists());
}

#[tokio::test]
async fn files_of_killed_processes_are_removed_and_an_ended_process_leaves_none() {
    let machine = Machine::new();
    for name in ["a", "b", "c"] {
        std::fs::write(machine.alive(name), "").unwrap();
    }
    let (first, second) = (machine.open().await, machine.open().await);
    assert_eq!(
        machine.alive_files(),
        3,
        "no file is written before it is needed"
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
