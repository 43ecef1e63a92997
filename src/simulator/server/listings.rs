//! Overlapping listings of members: they deadlock, and the losers wait for seconds (rooms-api.md F).

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::simulator::portal::Portal;

/// The duration of a single listing, in seconds.
const ALONE: f64 = 0.1;
/// The maximum that each concurrent listing adds: the slowest of 3, 4, 8 and 20 took 1.3, 4.5, 12.2 and 30.3 s.
const WORST: f64 = 1.6;
/// Most listings hardly wait: half of eight concurrent ones took less than 0.18 s.
const STEEPNESS: i32 = 6;

/// A running listing, until it is dropped.
pub(super) struct Listing(Portal);

impl Drop for Listing {
    fn drop(&mut self) {
        self.0.inner.listings.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Portal {
    /// Waits as long as concurrent listings delay this one, if it is such a listing and the portal simulates it.
    pub(super) async fn wait_for_listings(&self, method: &str, endpoint: &str) -> Option<Listing> {
        let is_listing = method == "GET"
            && ["/share", "/links", "/link"]
                .iter()
                .any(|end| endpoint.ends_with(end));
        let scale = self.world().options.listing_deadlocks;
        let scale = scale.filter(|_| is_listing)?;
        let others = self.inner.listings.fetch_add(1, Ordering::SeqCst);
        let listing = Listing(self.clone());
        let share = self.faults().chance();
        tokio::time::sleep(Duration::from_secs_f64(scale * seconds(others, share))).await;
        Some(listing)
    }
}

/// The duration next to `others` concurrent listings; `share` is a random number from 0 to 1.
fn seconds(others: u32, share: f64) -> f64 {
    ALONE + WORST * f64::from(others) * share.powi(STEEPNESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_match_the_measurements() {
        assert!((seconds(0, 1.0) - 0.10).abs() < 0.01);
        for (at_once, slowest) in [(4, 4.5), (8, 12.2), (20, 30.3)] {
            assert!((seconds(at_once - 1, 1.0) - slowest).abs() < 1.0);
        }
        // Half of eight took less than 0.18 s; the mean of twenty was 3.4 s.
        assert!(seconds(4, 0.5) < 0.25);
        let all =
            (0..20).flat_map(|others| (0..100).map(move |n| seconds(others, f64::from(n) / 100.0)));
        let mean = all.sum::<f64>() / 2000.0;
        assert!((1.5..4.0).contains(&mean), "{mean}");
    }
}
