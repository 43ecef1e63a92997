//! The figures of BENCHMARKS.md: ratios measured in one run, since times depend on the machine.
//!
//! `cargo bench` measures all of them; `cargo bench -- matching validating` only those named.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a program that measures and prints"
)]

mod accepting;
mod claiming;
mod keeping;
mod matching;
mod reconciling;
mod storm;
mod validating;

use std::hint::black_box;
use std::time::{Duration, Instant};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, url, first_id, pace] = arguments.as_slice()
        && first == accepting::CLIENTS_COMMAND
    {
        return accepting::clients(url, first_id, pace);
    }
    let wanted: Vec<String> = arguments
        .into_iter()
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let measures: [(&str, fn()); 7] = [
        ("matching", matching::run),
        ("validating", validating::run),
        ("reconciling", reconciling::run),
        ("accepting", accepting::run),
        ("claiming", claiming::run),
        ("storm", storm::run),
        ("keeping", keeping::run),
    ];
    for (name, measure) in measures {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            println!("## {name}\n");
            measure();
            println!();
        }
    }
}

/// The best time of one call, over rounds of at least 50 ms each: disturbances only make a round longer.
fn time<T>(mut call: impl FnMut() -> T) -> Duration {
    const ROUND: Duration = Duration::from_millis(50);
    const ROUNDS: usize = 15;
    let round = || {
        let (start, mut calls) = (Instant::now(), 0u32);
        while start.elapsed() < ROUND {
            black_box(call());
            calls += 1;
        }
        start.elapsed() / calls
    };
    std::iter::repeat_with(round)
        .take(ROUNDS)
        .min()
        .unwrap_or_default()
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

/// A row of a table in Markdown.
fn row(cells: &[String]) {
    println!("| {} |", cells.join(" | "));
}

fn head(cells: &[&str]) {
    println!("| {} |", cells.join(" | "));
    println!("|{}", "---|".repeat(cells.len()));
}

/// A clock for total times.
fn now() -> jiff::Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "measurements use their own clock"
    )]
    jiff::Timestamp::now()
}
