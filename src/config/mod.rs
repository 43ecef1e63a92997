//! The configuration. The only reader of the environment and of `roomwright.yaml`: flags override the environment, which
//! overrides the file.

mod checks;
mod error;
mod file;
mod flags;
mod followed;
mod listen;
mod reading;
mod safety;
pub mod schema;
mod secrets;
mod values;
mod webhook_url;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;

pub use self::error::Error;
use self::file::File;
pub use self::flags::{Flags, GLOBAL};
pub use self::followed::{Followed, file, followed};
pub use self::listen::{ADMIN, address, admin_address, listen_address};
use self::listen::{admin, listening};
pub use self::reading::check;
pub use self::secrets::key_file;
use self::secrets::secret;
pub use self::webhook_url::webhook_url;

/// The configuration of a command.
#[derive(Debug, Clone)]
pub struct Config {
    /// The address on which `serve` listens.
    pub listen: SocketAddr,
    /// The address on which `serve` responds to operators, if any.
    pub admin_listen: Option<SocketAddr>,
    /// The directory of the policy files.
    pub policies: PathBuf,
    /// The store's address, `sqlite:FILE`.
    pub store: String,
    /// Whether anything is written at all.
    pub mode: Mode,
    /// The portal's address.
    pub host: Option<String>,
    /// The portal's API key.
    pub api_key: Option<SecretString>,
    /// The secret that signs deliveries.
    pub webhook_secret: Option<SecretString>,
    /// The previous secret, during a rotation.
    pub webhook_secret_previous: Option<SecretString>,
    /// The address at which the portal reaches `serve`.
    pub webhook_url: Option<Url>,
    /// The files that the key and the secrets were read from.
    pub secret_files: Vec<PathBuf>,
    /// Whether rooms may be adopted.
    pub ownership: Ownership,
    /// How failed rooms are retried.
    pub retry: Retry,
    /// The limits of calls and removals.
    pub limits: Limits,
    /// How often the list of rooms is swept.
    pub sweep: Sweeping,
    /// How long history is kept.
    pub keep: Keep,
    /// Settings that apply to all policies.
    pub policy_settings: PolicySettings,
}

/// Settings that apply to all policies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicySettings {
    /// Values for variables that neither a policy nor its templates define.
    pub vars: BTreeMap<String, VarValue>,
    /// The day on which a fiscal year begins.
    pub fiscal_year_starts: MonthDay,
}

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VarValue {
    /// One text.
    One(String),
    /// A list.
    Many(Vec<String>),
}

/// A day of every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthDay {
    /// From 1.
    pub month: i8,
    /// From 1.
    pub day: i8,
}

impl Default for MonthDay {
    fn default() -> Self {
        Self { month: 1, day: 1 }
    }
}

/// Whether the service writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Policies are applied to rooms.
    #[default]
    Enforce,
    /// What would be done is reported, and nothing is written.
    Observe,
}

impl Mode {
    /// Its name in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Enforce => "enforce",
            Mode::Observe => "observe",
        }
    }
}

/// Whether rooms may be adopted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ownership {
    /// A room in which the service account lacks a right is adopted, which makes the account Room manager.
    #[default]
    #[serde(alias = "hand-back")]
    Adopt,
    /// Such a room is refused.
    Never,
}

/// How failed rooms are retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// The pause after the first failure; it doubles from there.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// After this many attempts a room is given up: it is not retried automatically.
    pub attempts: u32,
    /// How long the portal may still be working on a write whose response was lost. This also limits how long a call
    /// waits for its response, to between five seconds and a minute.
    pub after_lost_answer: Duration,
}

/// The limits of calls to the portal (docs/docspace.md, rate limits), removals and repairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls per minute.
    pub requests_per_minute: u32,
    /// Concurrent writes.
    pub writes_at_once: u32,
    /// Concurrent reads.
    pub reads_at_once: u32,
    /// POST and PUT calls per day.
    pub writes_per_day: u64,
    /// How many groups and people `membership: exact` may remove or lower in one room. If there are more, the room is
    /// refused.
    pub removals: u32,
    /// The same over all rooms in any 24 hours. `apply` is not limited.
    pub removals_per_day: u32,
    /// How many rooms `drift: repair` restores in any hour.
    pub repaired_rooms_per_hour: u32,
    /// The server's own limits were raised or disabled, so these may exceed DocSpace's defaults.
    pub portal_allows_more: bool,
}

/// How often the list of rooms is swept for rooms whose event did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sweeping {
    /// The newest rooms.
    pub newest: Duration,
    /// All rooms.
    pub all: Duration,
}

/// How long history is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Deliveries.
    pub deliveries: Duration,
    /// What happened to rooms.
    pub history: Duration,
}

impl Default for Keep {
    fn default() -> Self {
        const DAY: u64 = 24 * 60 * 60;
        Self {
            deliveries: Duration::from_secs(30 * DAY),
            history: Duration::from_secs(365 * DAY),
        }
    }
}

impl Default for Sweeping {
    fn default() -> Self {
        Self {
            newest: Duration::from_secs(5 * 60),
            all: Duration::from_secs(24 * 60 * 60),
        }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(5),
            longest: Duration::from_secs(30 * 60),
            attempts: 12,
            after_lost_answer: Duration::from_secs(60),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_minute: 1200,
            writes_at_once: 12,
            reads_at_once: 20,
            writes_per_day: 9_000,
            removals: 5,
            removals_per_day: 50,
            repaired_rooms_per_hour: 20,
            portal_allows_more: false,
        }
    }
}

/// Looks up an environment variable. An argument, so that tests do not change the real environment.
pub type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// The environment of this process.
pub fn environment(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the only place that reads the environment"
    )]
    std::env::var(name).ok()
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// The first source that cannot be used, with its place.
    pub fn load(flags: &Flags, environment: Environment<'_>) -> Result<Self, Error> {
        let file = File::of(flags)?;
        let policy_settings = file.policy_settings();
        // No `..`: a new key must be handled here.
        let File {
            listen,
            admin_listen,
            policies,
            store,
            mode,
            docspace,
            retry,
            limits,
            sweep,
            keep,
            vars: _,
            fiscal_year_starts: _,
        } = file;
        let mut secret_files = Vec::new();
        let mut read = |name: &str, file: Option<PathBuf>| {
            let file = secrets::file(name, file, environment)?;
            secret_files.extend(file.clone());
            secret(name, file.as_deref(), environment)
        };
        let api_key = read("DOCSPACE_API_KEY", docspace.api_key_file)?;
        let hook = "DOCSPACE_WEBHOOK_SECRET";
        let webhook_secret = read(hook, docspace.webhook_secret_file)?;
        let previous = docspace.webhook_secret_previous_file;
        let webhook_secret_previous = read(&format!("{hook}_PREVIOUS"), previous)?;
        Ok(Self {
            listen: listening(listen.map(|listen| listen.value), environment)?,
            admin_listen: admin(admin_listen.map(|listen| listen.value), environment)?,
            policies: directory(flags, environment, policies),
            store: store_of(flags, environment, store),
            mode: mode.unwrap_or_default(),
            host: environment("DOCSPACE_API_HOST").or(docspace.host),
            api_key,
            webhook_secret,
            webhook_secret_previous,
            secret_files,
            webhook_url: webhook_url::of(docspace.webhook_url, environment)?,
            ownership: docspace.ownership.unwrap_or_default(),
            retry: retry.filled(),
            limits: limits.filled(),
            sweep: sweep.filled(),
            keep: keep.filled(),
            policy_settings,
        })
    }

    /// The portal's address and key.
    ///
    /// # Errors
    /// One of them is not set, or both.
    pub fn portal(&self) -> Result<(&str, &SecretString), Error> {
        match (self.host.as_deref(), &self.api_key) {
            (Some(host), Some(key)) => Ok((host, key)),
            _ => Err(Error::Missing(self.missing_for_portal())),
        }
    }

    /// What is needed to reach the portal and not set.
    pub fn missing_for_portal(&self) -> Vec<&'static str> {
        let host = self.host.is_none().then_some(
            "no portal: set DOCSPACE_API_HOST, such as `https://docspace.example.com`, or `docspace.host` in roomwright.yaml",
        );
        let key = self.api_key.is_none().then_some(
            "no API key: set DOCSPACE_API_KEY or DOCSPACE_API_KEY_FILE, or `docspace.api_key_file` in roomwright.yaml",
        );
        host.into_iter().chain(key).collect()
    }
}

/// The directory of the policy files, for commands that need nothing else. Reads no secrets.
///
/// # Errors
/// The configuration file cannot be used.
pub fn policies_directory(flags: &Flags, environment: Environment<'_>) -> Result<PathBuf, Error> {
    Ok(directory(flags, environment, File::of(flags)?.policies))
}

/// The settings that apply to all policies, for commands that need nothing else.
///
/// # Errors
/// The configuration file cannot be used.
pub fn policy_settings(flags: &Flags) -> Result<PolicySettings, Error> {
    Ok(File::of(flags)?.policy_settings())
}

/// The store's address, for commands that need nothing else.
///
/// # Errors
/// The configuration file cannot be used.
pub fn store_address(flags: &Flags, environment: Environment<'_>) -> Result<String, Error> {
    Ok(store_of(flags, environment, File::of(flags)?.store))
}

fn store_of(flags: &Flags, environment: Environment<'_>, file: Option<String>) -> String {
    flags
        .store
        .clone()
        .or_else(|| environment("ROOMWRIGHT_STORE"))
        .or(file)
        .unwrap_or_else(|| "sqlite:roomwright.db".to_owned())
}

fn directory(flags: &Flags, environment: Environment<'_>, file: Option<PathBuf>) -> PathBuf {
    flags
        .policies
        .clone()
        .or_else(|| environment("ROOMWRIGHT_POLICIES").map(PathBuf::from))
        .or(file)
        .unwrap_or_else(|| PathBuf::from("policies"))
}
