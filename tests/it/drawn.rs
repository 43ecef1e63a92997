//! Random cases, each run in a runtime. They are the same in each run, unless the environment sets another seed.

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner, contextualize_config};

/// Runs this many cases, and simplifies a failed one in at most this many steps.
pub(crate) fn play_all<S: Strategy>(
    (cases, max_shrink_iters): (u32, u32),
    strategy: &S,
    play: impl AsyncFn(S::Value) -> Result<(), TestCaseError>,
) {
    let config = contextualize_config(ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(2026),
        failure_persistence: None,
        max_shrink_iters,
        max_shrink_time: 60_000,
        ..ProptestConfig::default()
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    TestRunner::new(config)
        .run(strategy, |case| runtime.block_on(play(case)))
        .unwrap_or_else(|wrong| panic!("{wrong}"));
}
