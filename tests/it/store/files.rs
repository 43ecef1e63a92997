//! Store files that cannot be used.

use roomwright::store::{Error, OpenMode, Store};

use super::Scratch;

#[tokio::test]
async fn a_file_that_cannot_be_opened_is_reported_and_nothing_is_created() {
    let scratch = Scratch::new();
    let url = scratch.url();
    assert!(matches!(
        Store::open(&url, OpenMode::Existing).await,
        Err(Error::Absent(_))
    ));
    assert!(!scratch.path.exists());
    assert!(matches!(
        Store::open("mysql://x", OpenMode::Create).await,
        Err(Error::Address(_))
    ));
    std::fs::write(
        &scratch.path,
        "this is not a database, and long enough to be taken for one? no".repeat(40),
    )
    .unwrap();
    assert!(matches!(
        Store::open(&url, OpenMode::Create).await,
        Err(Error::Damaged { .. })
    ));
}

#[tokio::test]
async fn a_store_of_a_later_version_is_not_changed() {
    let scratch = Scratch::new();
    scratch.open().await.close().await;
    let db = rusqlite::Connection::open(&scratch.path).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    assert!(matches!(
        Store::open(&scratch.url(), OpenMode::Create).await,
        Err(Error::Newer { found: 99, .. })
    ));
}
