//! What several commands begin with: the policies, the store, and the file that is followed.

use std::sync::Arc;

use anyhow::Context;

use super::Exit;
use crate::config::{self, Config, Flags, Mode};
use crate::policy::PolicySet;
use crate::service::{Configuration, checked};
use crate::store::{OpenMode, Store};
use crate::yaml::render;

/// The policies, or what is wrong with them on standard error: standard output may be read by a program.
pub(super) fn policies(config: &Config) -> anyhow::Result<Result<PolicySet, Exit>> {
    Ok(checked(&config.policies, &config.words)?.map_err(|broken| {
        anstream::eprint!("{}", render(&broken.sources, &broken.errors, true));
        anstream::eprintln!("the policies have errors; nothing was done");
        Exit::Invalid
    }))
}

/// The store, where there is one that can be used: what only reads does without.
pub(super) async fn store_if_there(config: &Config) -> Option<Store> {
    let opened = Store::open(&config.store, OpenMode::Existing).await;
    opened
        .inspect_err(|error| tracing::debug!(%error, "calls are not counted with those of others"))
        .ok()
}

/// The store at an address.
pub(super) async fn store(address: &str, mode: OpenMode) -> anyhow::Result<Store> {
    Store::open(address, mode)
        .await
        .context("the store cannot be opened")
}

/// The configuration file, to be followed while a command runs. `--observe` is stronger than what it says.
pub(super) fn configuration(flags: &Flags, observe: bool) -> Configuration {
    let (path, flags) = (config::file(flags), flags.clone());
    Configuration {
        path,
        read: Arc::new(move || {
            let mut followed = config::followed(&flags)?;
            if observe {
                followed.mode = Mode::Observe;
            }
            Ok(followed)
        }),
    }
}
