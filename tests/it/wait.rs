//! Waiting for a condition, with one limit and one pause. A failure says what was awaited and for how long.
//!
//! No `async` closures: a future that calls them cannot be spawned (its `Send` is not general enough).

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use futures::FutureExt;

/// The longest wait; even a slow, busy machine needs only a part of it.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(10);

/// Waits until a condition holds.
pub(crate) async fn until<F>(what: &str, mut holds: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    for_some(what, || holds().map(|holds| holds.then_some(()))).await;
}

/// Waits for a value.
pub(crate) async fn for_some<T, F>(what: &str, mut find: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    for_ok(what, || find().map(|found| found.ok_or(""))).await
}

/// Waits for a value, and shows the last `Err`, which describes the state, when it fails.
pub(crate) async fn for_ok<T, State, F>(what: &str, attempt: impl FnMut() -> F) -> T
where
    State: Display,
    F: Future<Output = Result<T, State>>,
{
    for_ok_within(LIMIT, what, attempt).await
}

/// The same with another limit.
pub(crate) async fn for_ok_within<T, State, F>(
    limit: Duration,
    what: &str,
    mut attempt: impl FnMut() -> F,
) -> T
where
    State: Display,
    F: Future<Output = Result<T, State>>,
{
    let mut state = None;
    let attempts = async {
        loop {
            match attempt().await {
                Ok(value) => return value,
                Err(found) => state = Some(found),
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    let waited = tokio::time::timeout(limit, attempts).await;
    waited.unwrap_or_else(|_| {
        let state = state.map(|state| format!("\n{state}")).unwrap_or_default();
        panic!("waited {limit:?} for: {what}{state}")
    })
}

/// Waits for the end of a future that needs no polling.
pub(crate) async fn for_future<T>(what: &str, future: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(LIMIT, future).await;
    waited.unwrap_or_else(|_| panic!("waited {LIMIT:?} for: {what}"))
}
