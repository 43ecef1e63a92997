//! Files that change while the service runs are found by looking: name, times and size, again and again.
//!
//! Notices of the kernel do not come from network mounts, and Kubernetes swaps a link beside the files; a look sees
//! both, needs nothing to be set up, and costs a few system calls.

use std::time::Duration;

/// Waits until a look differs from what is known, and is the same twice in a row: nobody is writing any more.
pub(super) async fn changed<T, F>(known: Option<&T>, every: Duration, look: F) -> T
where
    T: PartialEq + Send + 'static,
    F: Fn() -> T + Clone + Send + 'static,
{
    let mut before = None;
    loop {
        tokio::time::sleep(every).await;
        // A network file system may take its time.
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
    async fn what_is_still_being_written_is_not_read() {
        // Looks at 0, 0, then at something new each time until 5, which stays.
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
    async fn a_change_that_was_taken_back_is_none() {
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
