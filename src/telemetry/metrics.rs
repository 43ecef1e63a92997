//! What is counted and measured, for Prometheus: the one place that knows the names. Where no exporter was installed
//! counting costs nothing.

use std::time::Duration;

use ::metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

const DELIVERIES: &str = "roomwright_deliveries_total";
const RUNS: &str = "roomwright_runs_total";
const CONFIGURED: &str = "roomwright_configured_seconds";
const CALLS: &str = "roomwright_calls_total";
const THROTTLED: &str = "roomwright_throttled_total";
const BRAKED: &str = "roomwright_braked_total";

/// Every metric, and what it says. Gauges are of the moment at which they are asked for.
pub const METRICS: [(&str, &str); 21] = [
    (DELIVERIES, "Deliveries by what became of them"),
    (RUNS, "Runs over a room by their outcome"),
    (
        CONFIGURED,
        "Seconds from the first event of a room until it was configured",
    ),
    (CALLS, "Calls to the portal"),
    (THROTTLED, "Calls that the portal answered 429"),
    (BRAKED, "Runs that a limit on removals or repairs held back"),
    ("roomwright_ready", "1 while a check of readiness is passed"),
    (
        "roomwright_queue_rooms",
        "Rooms that are due and wait for a worker",
    ),
    (
        "roomwright_queue_oldest_seconds",
        "How long the room that waits longest has been due",
    ),
    ("roomwright_running_rooms", "Rooms that are worked on"),
    ("roomwright_dead_rooms", "Rooms that were given up"),
    ("roomwright_rooms", "Rooms by their last outcome"),
    ("roomwright_open_adoptions", "Rooms that are being adopted"),
    (
        "roomwright_blocked_adoptions",
        "Adoptions that need a person",
    ),
    (
        "roomwright_adoption_oldest_seconds",
        "How long the oldest adoption has been open",
    ),
    (
        "roomwright_owned_rooms",
        "Rooms of our account without an open adoption, by the last sweep",
    ),
    (
        "roomwright_sweep_age_seconds",
        "Since the list of rooms was looked through",
    ),
    (
        "roomwright_budget_left",
        "Calls of this minute and writes of this day that are left",
    ),
    (
        "roomwright_key_expires_seconds",
        "Until the API key ends; absent where it does not",
    ),
    (
        "roomwright_webhook_works",
        "1 while the portal's webhook is in order, as far as the key may see it; absent where its address is not configured",
    ),
    ("roomwright_build_info", "1, with the version"),
];

/// Upper bounds for seconds: from a room that is done at once to one that a person had to help.
const SECONDS: [f64; 12] = [
    0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0, 7_200.0, 86_400.0,
];

/// Answers Prometheus.
#[derive(Debug, Clone)]
pub struct Exporter(PrometheusHandle);

impl Exporter {
    /// Counts for this process from now on.
    ///
    /// # Errors
    /// Somebody else counts already.
    pub fn install() -> Result<Self, String> {
        let recorder = recorder()?;
        let exporter = Self(recorder.handle());
        ::metrics::set_global_recorder(recorder).map_err(|error| error.to_string())?;
        describe();
        Ok(exporter)
    }

    /// Everything, as Prometheus reads it.
    pub fn render(&self) -> String {
        // What was measured since the last time is put into its buckets.
        self.0.run_upkeep();
        self.0.render()
    }
}

fn recorder() -> Result<PrometheusRecorder, String> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(CONFIGURED.to_owned()), &SECONDS)
        .map_err(|error| error.to_string())?;
    Ok(builder.build_recorder())
}

/// Each with its description, and counters that may never count at 0: an alert on their increase needs a beginning.
fn describe() {
    for (name, help) in METRICS {
        match name {
            CONFIGURED => describe_histogram!(name, help),
            DELIVERIES | RUNS | CALLS | THROTTLED | BRAKED => describe_counter!(name, help),
            _ => describe_gauge!(name, help),
        }
    }
    for result in Delivery::ALL {
        counter!(DELIVERIES, "result" => result.as_str()).increment(0);
    }
    for kind in ["read", "write"] {
        counter!(CALLS, "kind" => kind).increment(0);
    }
    counter!(THROTTLED).increment(0);
    gauge!("roomwright_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

/// What becomes of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It is on disk.
    Stored,
    /// It was on disk before.
    Known,
    /// It is about no room.
    Irrelevant,
    /// It is not signed with the secret.
    BadSignature,
    /// It is signed and cannot be read.
    Unreadable,
    /// The store could not take it.
    NotStored,
    /// Too many large bodies at a time.
    Busy,
}

impl Delivery {
    const ALL: [Self; 7] = [
        Self::Stored,
        Self::Known,
        Self::Irrelevant,
        Self::BadSignature,
        Self::Unreadable,
        Self::NotStored,
        Self::Busy,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Delivery::Stored => "stored",
            Delivery::Known => "known",
            Delivery::Irrelevant => "irrelevant",
            Delivery::BadSignature => "bad-signature",
            Delivery::Unreadable => "unreadable",
            Delivery::NotStored => "not-stored",
            Delivery::Busy => "busy",
        }
    }
}

/// A delivery came.
pub fn delivery(result: Delivery) {
    counter!(DELIVERIES, "result" => result.as_str()).increment(1);
}

/// A run over a room ended.
pub fn run(outcome: &'static str) {
    counter!(RUNS, "outcome" => outcome).increment(1);
}

/// A room was configured for the first time, so long after its event.
pub fn configured(after: Duration) {
    histogram!(CONFIGURED).record(after.as_secs_f64());
}

/// The portal was called.
pub fn call(is_write: bool) {
    let kind = if is_write { "write" } else { "read" };
    counter!(CALLS, "kind" => kind).increment(1);
}

/// The portal answered 429.
pub fn throttled() {
    counter!(THROTTLED).increment(1);
}

/// A limit on removals or repairs held a run back.
pub fn braked(limit: &'static str) {
    counter!(BRAKED, "limit" => limit).increment(1);
}

/// Puts a gauge at a value; `label` is its one label, if it has any.
pub fn set(name: &'static str, label: Option<(&'static str, String)>, value: f64) {
    debug_assert!(METRICS.iter().any(|(known, _)| *known == name), "{name}");
    match label {
        Some((key, label)) => gauge!(name, key => label).set(value),
        None => gauge!(name).set(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_shown_with_its_description_and_its_buckets() {
        let recorder = recorder().unwrap();
        let exporter = Exporter(recorder.handle());
        ::metrics::with_local_recorder(&recorder, || {
            describe();
            delivery(Delivery::Known);
            run("changed");
            configured(Duration::from_millis(400));
            set("roomwright_ready", Some(("check", "store".to_owned())), 1.0);
        });
        let text = exporter.render();
        for line in [
            "# HELP roomwright_deliveries_total Deliveries by what became of them",
            "roomwright_deliveries_total{result=\"known\"} 1",
            "roomwright_deliveries_total{result=\"bad-signature\"} 0",
            "roomwright_runs_total{outcome=\"changed\"} 1",
            "roomwright_configured_seconds_bucket{le=\"0.25\"} 0",
            "roomwright_configured_seconds_bucket{le=\"0.5\"} 1",
            "roomwright_ready{check=\"store\"} 1",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
