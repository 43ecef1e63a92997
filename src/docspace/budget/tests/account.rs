use std::sync::atomic::AtomicUsize;

use super::*;

/// Other processes that leave this many calls of the minute to this one.
#[derive(Debug)]
struct Others {
    left: AtomicUsize,
    announced: AtomicUsize,
}

#[async_trait::async_trait]
impl Account for Others {
    async fn spend_write(&self, _purpose: Purpose, _limit: u64) -> bool {
        true
    }

    async fn announce(&self, calls: usize, _limit: usize) -> usize {
        self.announced.fetch_add(calls, Ordering::Relaxed);
        self.left.load(Ordering::Relaxed)
    }
}

fn beside(left: usize) -> (Arc<Others>, Arc<Budget>) {
    let others = Arc::new(Others {
        left: AtomicUsize::new(left),
        announced: AtomicUsize::new(0),
    });
    let limits = Limits {
        requests_per_minute: 1_200,
        ..LIMITS
    };
    (others.clone(), Arc::new(Budget::new(limits, others)))
}

#[tokio::test(start_paused = true)]
async fn calls_wait_while_others_use_the_minute_and_are_sent_when_they_do_not() {
    let (others, budget) = beside(5);
    budget.reads(5).await;
    let sixth = tokio::spawn({
        let budget = budget.clone();
        async move { budget.read(Priority::NewRoom).await }
    });
    tokio::time::sleep(10 * SECOND).await;
    assert!(!sixth.is_finished());
    others.left.store(6, Ordering::Relaxed);
    tokio::time::timeout(SECOND, sixth).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn ending_an_adoption_does_not_wait_for_other_processes() {
    let (_, budget) = beside(0);
    // One call is always allowed: otherwise no process could begin.
    budget.read(Priority::NewRoom).await;
    assert!(!budget.has_place(Kind::Read, Priority::NewRoom));
    assert!(budget.has_place(Kind::GiveBack, Priority::NewRoom));
    assert!(budget.has_place(Kind::Read, Priority::OpenAdoption));
}

#[tokio::test(start_paused = true)]
async fn calls_are_announced_in_batches_before_they_are_sent() {
    let (others, budget) = beside(1_200);
    budget.read(Priority::NewRoom).await;
    assert_eq!(others.announced.load(Ordering::Relaxed), 20);
    budget.reads(19).await;
    assert_eq!(others.announced.load(Ordering::Relaxed), 20);
    let _reserved = budget.reserve(50, Priority::NewRoom).await;
    assert_eq!(others.announced.load(Ordering::Relaxed), 70);
}

#[tokio::test(start_paused = true)]
async fn calls_of_a_reservation_that_were_not_sent_are_not_announced_again() {
    let (others, budget) = beside(1_200);
    for _ in 0..10 {
        drop(budget.reserve(20, Priority::NewRoom).await);
    }
    assert_eq!(others.announced.load(Ordering::Relaxed), 20);
    // The others forget an announcement after a minute.
    tokio::time::sleep(61 * SECOND).await;
    drop(budget.reserve(20, Priority::NewRoom).await);
    assert_eq!(others.announced.load(Ordering::Relaxed), 40);
}
