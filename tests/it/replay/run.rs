//! Replays one scenario against a simulated portal of its own.

use std::time::Duration;

use roomwright::simulator::{Options, Portal, Seed};
use serde_json::Value;
use tokio::time::Instant;

use super::compare::{Difference, compare};
use super::exceptions::{EXCEPTIONS, IGNORED};
use super::names::{Names, Unbound};
use super::receiver::{self, Nobody};
use super::recording::{self, Call};
use super::report::Report;
use super::wire::Wire;

/// How long to wait for an answer that may come later.
const PATIENCE: Duration = Duration::from_secs(20);
const BETWEEN_TRIES: Duration = Duration::from_millis(200);
/// Makes titles unique: six characters that start with a letter and contain no hexadecimal digit.
const RUN: &str = "h4n8wq";

pub(super) async fn replay(scenario: &str) {
    // The first caller installs the provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let seed: Seed = serde_json::from_str(&recording::accounts()).unwrap();
    let options = Options {
        retry_scale: 0.01,
        ..Options::default()
    };
    let (portal, introduction) = Portal::start_seeded(options, &seed).await.unwrap();
    let nobody = Nobody::new();
    let own = [
        ("portal", portal.url()),
        ("receiver", receiver::start().await),
        ("nobody", nobody.address()),
        ("run", RUN.to_owned()),
    ];
    let own = own.map(|(name, value)| (name.to_owned(), Value::from(value)));
    let mut replay = Replay {
        wire: Wire::new(&portal.url(), introduction.credentials),
        names: Names::new(introduction.names.into_iter().chain(own)),
        report: Report::new(scenario, IGNORED, EXCEPTIONS),
    };
    for (at, call) in recording::calls(scenario).iter().enumerate() {
        replay.call(at + 1, call).await;
    }
    replay
        .report
        .verdict()
        .unwrap_or_else(|report| panic!("{report}"));
}

struct Replay {
    wire: Wire,
    names: Names,
    report: Report,
}

impl Replay {
    async fn call(&mut self, number: usize, call: &Call) {
        match self.differences(number, call).await {
            Ok(found) => self.report.add(number, call, found),
            Err(why) => self.report.leave_out(number, call, &why),
        }
    }

    /// The remaining differences, or the reason why the call cannot be made.
    async fn differences(&mut self, number: usize, call: &Call) -> Result<Vec<Difference>, String> {
        let caller = call.caller.as_deref();
        if !self.wire.knows(caller) {
            return Err(format!(
                "there is no account `{}`",
                caller.unwrap_or_default()
            ));
        }
        let unbound = |Unbound(name)| format!("`{name}` was never learned");
        let path = self.names.path(&call.path).map_err(unbound)?;
        let body = self.body(call).map_err(unbound)?;
        let ends = Instant::now() + if call.poll { PATIENCE } else { Duration::ZERO };
        loop {
            // An intermediate answer teaches no ids.
            let mut names = self.names.clone();
            let answer = self
                .wire
                .call(caller, &call.method, &path, body.clone())
                .await;
            let found = compare(call, &answer, &mut names);
            if self.report.agrees(number, &found) || Instant::now() >= ends {
                self.names = names;
                return Ok(found);
            }
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
    }

    fn body(&self, call: &Call) -> Result<Option<String>, Unbound> {
        match (&call.raw, &call.body) {
            (Some(raw), _) => Ok(Some(self.names.text(raw)?)),
            (None, Some(body)) => Ok(Some(self.names.body(body)?.to_string())),
            (None, None) => Ok(None),
        }
    }
}
