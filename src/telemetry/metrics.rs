//! Metrics for Prometheus: the only place that knows their names. Without an exporter, counting costs nothing.

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

/// Every metric and its description. Gauges are measured at each request.
pub const METRICS: [(&str, &str); 21] = [
    (DELIVERIES, "Deliveries by result"),
    (RUNS, "Runs by how they ended"),
    (
        CONFIGURED,
        "Seconds from the first event of a room until it was configured",
    ),
    (CALLS, "Calls to the portal"),
    (THROTTLED, "Calls that got a 429 from the portal"),
    (
        BRAKED,
        "Runs that a limit kept from removing or restoring something",
    ),
    ("roomwright_ready", "1 while the check passes"),
    (
        "roomwright_queue_rooms",
        "Rooms that are due and wait for a worker",
    ),
    (
        "roomwright_queue_oldest_seconds",
        "How long the first of the due rooms has waited",
    ),
    ("roomwright_running_rooms", "Rooms in progress"),
    (
        "roomwright_given_up_rooms",
        "Rooms that failed and are not retried automatically",
    ),
    ("roomwright_rooms", "Rooms by how their last run ended"),
    ("roomwright_open_adoptions", "Open adoptions"),
    (
        "roomwright_blocked_adoptions",
        "Open adoptions that need an administrator",
    ),
    (
        "roomwright_adoption_oldest_seconds",
        "Age of the oldest open adoption",
    ),
    (
        "roomwright_owned_rooms",
        "Rooms that the service account owns without an open adoption, as of the last sweep",
    ),
    (
        "roomwright_sweep_age_seconds",
        "Time since the last sweep of the list of rooms",
    ),
    (
        "roomwright_budget_left",
        "Remaining calls of this minute, and writes of this day that are not reserved for giving rooms back",
    ),
    (
        "roomwright_key_expires_seconds",
        "Time until the API key expires; absent if it does not expire",
    ),
    (
        "roomwright_webhook_works",
        "1 while the portal's webhook works, 0 while it does not; absent while that is unknown",
    ),
    ("roomwright_build_info", "1, with the version"),
];

/// Upper bounds in seconds: from a room that is configured at once to one that needed an operator.
const SECONDS: [f64; 12] = [
    0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0, 7_200.0, 86_400.0,
];

/// Renders metrics for Prometheus.
#[derive(Debug, Clone)]
pub struct Exporter(PrometheusHandle);

impl Exporter {
    /// Starts counting in this process.
    ///
    /// # Errors
    /// Another exporter is installed already.
    pub fn install() -> Result<Self, String> {
        let recorder = recorder()?;
        let exporter = Self(recorder.handle());
        ::metrics::set_global_recorder(recorder).map_err(|error| error.to_string())?;
        describe();
        Ok(exporter)
    }

    /// All metrics in the format of Prometheus.
    pub fn render(&self) -> String {
        // Moves new measurements into their buckets.
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

/// Describes each metric, and sets counters to 0: an alert on their increase needs a first value.
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

/// The result of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It was stored.
    Stored,
    /// It was stored before.
    Known,
    /// It is not about a room.
    Irrelevant,
    /// Its signature is not valid.
    BadSignature,
    /// It is signed but cannot be read.
    Unreadable,
    /// The store refused it.
    NotStored,
    /// There were too many large bodies at once.
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

/// Counts a delivery.
pub fn delivery(result: Delivery) {
    counter!(DELIVERIES, "result" => result.as_str()).increment(1);
}

/// Counts a run.
pub fn run(outcome: &'static str) {
    counter!(RUNS, "outcome" => outcome).increment(1);
}

/// Records how long after its event a room was first configured.
pub fn configured(after: Duration) {
    histogram!(CONFIGURED).record(after.as_secs_f64());
}

/// Counts a call to the portal.
pub fn call(is_write: bool) {
    let kind = if is_write { "write" } else { "read" };
    counter!(CALLS, "kind" => kind).increment(1);
}

/// Counts a 429 from the portal.
pub fn throttled() {
    counter!(THROTTLED).increment(1);
}

/// Counts a run that a limit on removals or repairs stopped.
pub fn braked(limit: &'static str) {
    counter!(BRAKED, "limit" => limit).increment(1);
}

/// Sets a gauge; `label` is its only label, if it has one.
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
    fn metrics_are_rendered_with_their_descriptions_and_buckets() {
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
            "# HELP roomwright_deliveries_total Deliveries by result",
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
