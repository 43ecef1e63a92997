//! Cases that are drawn, each played in a runtime: the same ones each time, unless the environment asks for others.

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner, contextualize_config};

/// Plays so many cases; of one that fails a simpler one is looked for, in so many steps.
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
