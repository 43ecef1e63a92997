//! What several commands start with: the policies, the store, and the configuration file to follow.

use std::sync::Arc;

use anyhow::{Context, bail};

use super::Exit;
use crate::config::{self, Config, Flags, Mode};
use crate::policy::PolicySet;
use crate::service::{Configuration, Portal, checked};
use crate::store::{OpenMode, Store};
use crate::yaml::render;

/// The policies. Prints their errors on standard error, because a program may read standard output.
pub(super) fn policies(config: &Config) -> anyhow::Result<Result<PolicySet, Exit>> {
    Ok(
        checked(&config.policies, &config.policy_settings)?.map_err(|broken| {
            anstream::eprint!("{}", render(&broken.sources, &broken.errors, true));
            anstream::eprintln!("the policies have errors; nothing was done");
            Exit::Invalid
        }),
    )
}

/// The store, if there is a usable one. Commands that only read work without it.
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

/// Fails if the key or its account cannot do the work: reported once, before any room.
pub(super) async fn account(portal: &Portal) -> anyhow::Result<()> {
    match portal.account_problem().await? {
        None => Ok(()),
        Some(problem) => bail!("nothing was done: {problem}; run `roomwright doctor`"),
    }
}

/// The configuration file, which is followed while a command runs. `--observe` overrides its `mode`.
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
