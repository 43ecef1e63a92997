//! Polls files for changes: name, times and size. The kernel does not notify about changes on network mounts, and
//! Kubernetes swaps a link next to the files; polling notices both, needs no setup, and costs a few system calls.

use std::time::Duration;

/// Waits until a poll differs from what is known and is the same twice in a row: writing has finished.
pub(super) async fn changed<T, F>(known: Option<&T>, every: Duration, look: F) -> T
where
    T: PartialEq + Send + 'static,
    F: Fn() -> T + Clone + Send + 'static,
{
    let mut before = None;
    loop {
        tokio::time::sleep(every).await;
        // A network file system may be slow.
        let Ok(now) = tokio::task::spawn_blocking(look.clone()).await else {
            continue;
        };
        if known == Some(&now) {
            before = None;
        } else if before.as_ref() == Some(&now) {
            return now;
        } else {
            before = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn files_are_not_read_while_they_are_being_written() {
        // Returns 0, 0, then a new value each time until 5, which stays.
        let looks = Arc::new(AtomicUsize::new(0));
        let look = {
            let looks = looks.clone();
            move || match looks.fetch_add(1, Ordering::Relaxed) {
                0 | 1 => 0,
                number => number.min(5),
            }
        };
        let found = changed(Some(&0), Duration::from_millis(1), look).await;
        assert_eq!((found, looks.load(Ordering::Relaxed)), (5, 7));
    }

    #[tokio::test]
    async fn a_reverted_change_is_ignored() {
        let looks = Arc::new(AtomicUsize::new(0));
        let look = {
            let looks = looks.clone();
            move || match looks.fetch_add(1, Ordering::Relaxed) {
                1 | 3 => 1,
                number => usize::from(number > 4) * 2,
            }
        };
        assert_eq!(changed(Some(&0), Duration::from_millis(1), look).await, 2);
    }
}
