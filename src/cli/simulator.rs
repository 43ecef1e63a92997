//! `simulator`: the simulated portal alone, to develop against.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;
use serde_json::json;

use super::{Exit, Out};
use crate::simulator::{Contention, Latency, Options, Portal, Seed};
use crate::yaml::{self, Problem, Sources};

/// The default seed.
const SMALL: &str = include_str!("../../examples/simulator/small.yaml");

/// Run a simulated DocSpace portal to develop against; its state is in memory
#[derive(Debug, clap::Args)]
pub(super) struct Simulator {
    /// The address to listen on; port 0 means any free port
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The initial accounts, groups, keys and rooms, as YAML or JSON [default: a small portal]
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Whether to apply DocSpace's rate limits [default: as in the seed]
    #[arg(long, value_enum)]
    limiter: Option<Switch>,
    /// The latency of each response, such as `40ms..120ms`
    #[arg(long, value_name = "FROM..TO")]
    latency: Option<Latency>,
    /// The probability that overlapping creations of nested folders respond with 500: 0 to 1, or `measured`
    #[arg(long, value_name = "PROBABILITY", default_value = "0")]
    contention: Contention,
    /// Let overlapping member listings deadlock; scales the waits: 1 as measured, up to half a minute
    #[arg(long, value_name = "FACTOR", value_parser = factor)]
    listing_deadlocks: Option<f64>,
    /// Scales the delays of webhooks: 1 as in DocSpace, which sends every five seconds and retries for half a minute
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = factor)]
    waits: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

fn factor(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|number| (0.0..=100.0).contains(number))
        .ok_or_else(|| "write a number from 0 (no waits) to 100, such as 0.1".to_owned())
}

/// The seed in this file, or its problems.
fn read(path: Option<&Path>) -> anyhow::Result<Result<Seed, (Sources, Vec<Problem>)>> {
    let (name, text) = match path {
        None => ("small.yaml".to_owned(), SMALL.to_owned()),
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("cannot read the seed `{}`", path.display()))?;
            (path.display().to_string(), text)
        }
    };
    let mut sources = Sources::default();
    let source = sources.add(name, text);
    let mut problems = Vec::new();
    let node = yaml::parse(&sources, source, &mut problems);
    let seed: Option<Seed> = node
        .as_ref()
        .and_then(|node| yaml::read(node, &mut problems));
    if let Some((node, seed)) = node.as_ref().zip(seed.as_ref()) {
        problems.extend(seed.check().into_iter().map(|found| {
            let place = yaml::at_pointer(node, &found.pointer).unwrap_or_default();
            Problem::error(place, "seed", found.message)
        }));
    }
    Ok(match seed {
        Some(seed) if problems.is_empty() => Ok(seed),
        _ => Err((sources, problems)),
    })
}

impl Simulator {
    pub(super) async fn run(self, out: &mut Out) -> anyhow::Result<Exit> {
        let mut seed = match read(self.seed.as_deref())? {
            Ok(seed) => seed,
            Err((sources, problems)) => {
                out.problems(&sources, &problems)?;
                return Ok(Exit::Invalid);
            }
        };
        if let Some(switch) = self.limiter {
            seed.portal.limiter = Some(switch == Switch::On);
        }
        let options = Options {
            address: self.listen,
            latency: self.latency,
            contention: self.contention,
            listing_deadlocks: self.listing_deadlocks,
            retry_scale: self.waits,
            ..Options::default()
        };
        let (portal, introduction) = Portal::start_seeded(options, &seed)
            .await
            .with_context(|| format!("cannot listen on `{}`", self.listen))?;
        let first = json!({
            "base": portal.url(), "control": format!("{}/simulator", portal.url()),
            "credentials": introduction.credentials, "names": introduction.names,
        });
        out.text(&format!("{first}\n"))?;
        tracing::info!(
            base = portal.url(),
            "simulated portal; its state is in memory and is lost when it stops; stop it with Ctrl-C"
        );
        tokio::signal::ctrl_c().await?;
        portal.stop();
        Ok(Exit::Fine)
    }
}
