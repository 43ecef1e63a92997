//! The only reader of the environment and of `roomwright.yaml`: flags over environment over file.

mod file;

use std::collections::BTreeMap;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use self::file::File;
pub use self::file::check;

/// Everything that a command may need to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where `serve` listens.
    pub listen: SocketAddr,
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
    /// The secret with which deliveries are signed.
    pub webhook_secret: Option<SecretString>,
    /// The secret before it, while it is rotated.
    pub webhook_secret_previous: Option<SecretString>,
    /// Whether rooms may be adopted.
    pub ownership: Ownership,
    /// How failed rooms are tried again.
    pub retry: Retry,
    /// What the portal is asked at most.
    pub limits: Limits,
    /// How often the list of rooms is swept.
    pub sweep: Sweeping,
    /// What it says to all policies.
    pub words: PortalWords,
}

/// What the configuration says to all policies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PortalWords {
    /// Values for variables that neither a policy nor its templates define.
    pub vars: BTreeMap<String, Words>,
    /// When a fiscal year begins.
    pub fiscal_year_starts: MonthDay,
}

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Rooms are brought in line.
    #[default]
    Enforce,
    /// What would be done is reported, and nothing is written.
    Observe,
}

/// Whether rooms may be adopted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ownership {
    /// A room in which our account lacks a right changes hands for an instant, which makes our account Room manager.
    #[default]
    #[serde(alias = "hand-back")]
    Adopt,
    /// It is refused instead.
    Never,
}

/// How failed rooms are tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// The pause after the first failure; it doubles from there.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// After so many attempts a room is a dead letter.
    pub attempts: u32,
    /// How long a write whose answer was lost is given before the room is looked at again. No call waits longer for
    /// its answer, but for five seconds at least and a minute at most.
    pub after_lost_answer: Duration,
}

/// What the portal is asked at most (docs/docspace.md, rate limits).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls a minute.
    pub requests_per_minute: u32,
    /// Writes under way at one time.
    pub writes_at_once: u32,
    /// Reads under way at one time.
    pub reads_at_once: u32,
    /// POST and PUT a day.
    pub writes_per_day: u64,
}

/// How often the list of rooms is swept for what no event told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sweeping {
    /// For the newest rooms.
    pub newest: Duration,
    /// Through all rooms.
    pub all: Duration,
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
        }
    }
}

/// What the command line may set.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Flags {
    /// The configuration file [default: roomwright.yaml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The directory of the policy files [env: `ROOMWRIGHT_POLICIES`] [default: policies]
    #[arg(long, global = true, value_name = "DIR")]
    pub policies: Option<PathBuf>,
    /// The store [env: `ROOMWRIGHT_STORE`] [default: sqlite:roomwright.db]
    #[arg(long, global = true, value_name = "URL")]
    pub store: Option<String>,
}

/// Why there is no configuration. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("`{}` cannot be read: {cause}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The configuration file is wrong; the text shows every place.
    #[error("{0}")]
    Wrong(String),
    /// A value from the environment or the command line is wrong.
    #[error("{name}: {reason}")]
    Value {
        /// The variable or flag.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Something is needed that nobody set.
    #[error("{0}")]
    Missing(&'static str),
}

/// Looks up a variable of the environment; an argument, so that tests need no real one.
pub type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// The environment of this process.
pub fn environment(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
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
        let words = file.words();
        // No `..`: a further key must be thought about here.
        let File {
            listen,
            policies,
            store,
            mode,
            docspace,
            retry,
            limits,
            sweep,
            vars: _,
            fiscal_year_starts: _,
        } = file;
        Ok(Self {
            listen: listening(listen.map(|listen| listen.value), environment)?,
            policies: directory(flags, environment, policies),
            store: kept(flags, environment, store),
            mode: mode.unwrap_or_default(),
            host: environment("DOCSPACE_API_HOST").or(docspace.host),
            api_key: secret(
                "DOCSPACE_API_KEY",
                docspace.api_key_file.as_deref(),
                environment,
            )?,
            webhook_secret: secret(
                "DOCSPACE_WEBHOOK_SECRET",
                docspace.webhook_secret_file.as_deref(),
                environment,
            )?,
            webhook_secret_previous: secret(
                "DOCSPACE_WEBHOOK_SECRET_PREVIOUS",
                docspace.webhook_secret_previous_file.as_deref(),
                environment,
            )?,
            ownership: docspace.ownership.unwrap_or_default(),
            retry: retry.filled(),
            limits: limits.filled(),
            sweep: sweep.filled(),
            words,
        })
    }

    /// The portal's address and key.
    ///
    /// # Errors
    /// One of them is not set.
    pub fn portal(&self) -> Result<(&str, &SecretString), Error> {
        let host = self.host.as_deref().ok_or(Error::Missing(
            "no portal: set DOCSPACE_API_HOST, such as `https://docspace.example.com`, or `docspace.host` in roomwright.yaml",
        ))?;
        let key = self.api_key.as_ref().ok_or(Error::Missing(
            "no API key: set DOCSPACE_API_KEY or DOCSPACE_API_KEY_FILE, or `docspace.api_key_file` in roomwright.yaml",
        ))?;
        Ok((host, key))
    }
}

/// The directory of the policy files, for commands that need nothing else: no secret is read, no name is looked up.
///
/// # Errors
/// The configuration file cannot be used.
pub fn policies_directory(flags: &Flags, environment: Environment<'_>) -> Result<PathBuf, Error> {
    Ok(directory(flags, environment, File::of(flags)?.policies))
}

/// What the configuration says to all policies, for commands that need nothing else.
///
/// # Errors
/// The configuration file cannot be used.
pub fn portal_words(flags: &Flags) -> Result<PortalWords, Error> {
    Ok(File::of(flags)?.words())
}

/// The store's address, for commands that need nothing else.
///
/// # Errors
/// The configuration file cannot be used.
pub fn store_address(flags: &Flags, environment: Environment<'_>) -> Result<String, Error> {
    Ok(kept(flags, environment, File::of(flags)?.store))
}

/// Where `serve` listens, for commands that need nothing else.
///
/// # Errors
/// The configuration file or the address cannot be used.
pub fn listen_address(flags: &Flags, environment: Environment<'_>) -> Result<SocketAddr, Error> {
    let listen = File::of(flags)?.listen;
    listening(listen.map(|listen| listen.value), environment)
}

fn kept(flags: &Flags, environment: Environment<'_>, file: Option<String>) -> String {
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

/// `PORT` changes only the port of what the file says.
fn listening(file: Option<String>, environment: Environment<'_>) -> Result<SocketAddr, Error> {
    if let Some(listen) = environment("ROOMWRIGHT_LISTEN") {
        return address(&listen);
    }
    let listen = file.unwrap_or_else(|| "0.0.0.0:3000".to_owned());
    let Some(port) = environment("PORT") else {
        return address(&listen);
    };
    let port: u16 = port.trim().parse().map_err(|_| Error::Value {
        name: "PORT".to_owned(),
        reason: format!("`{port}` is no port; write a number from 1 to 65535"),
    })?;
    let host = listen.rsplit_once(':').map_or("0.0.0.0", |(host, _)| host);
    address(&format!("{host}:{port}"))
}

/// Parses an address to listen on, such as `0.0.0.0:3000` or `localhost:3000`.
///
/// # Errors
/// It is none.
pub fn address(listen: &str) -> Result<SocketAddr, Error> {
    listen
        .to_socket_addrs()
        .ok()
        .and_then(|mut all| all.next())
        .ok_or_else(|| Error::Value {
            name: "listen".to_owned(),
            reason: format!("`{listen}` is no address to listen on; write `0.0.0.0:3000`"),
        })
}

fn secret(
    name: &str,
    file: Option<&Path>,
    environment: Environment<'_>,
) -> Result<Option<SecretString>, Error> {
    let text = match (environment(name), environment(&format!("{name}_FILE"))) {
        (Some(_), Some(_)) => {
            return Err(Error::Value {
                name: name.to_owned(),
                reason: format!("{name}_FILE is set as well; set one of the two"),
            });
        }
        (Some(text), None) => Some(text),
        (None, Some(path)) => Some(text_of(Path::new(&path))?),
        (None, None) => file.map(text_of).transpose()?,
    };
    match text.map(|text| text.trim().to_owned()) {
        Some(text) if text.is_empty() => Err(Error::Value {
            name: name.to_owned(),
            reason: "it is set but empty".to_owned(),
        }),
        text => Ok(text.map(SecretString::from)),
    }
}

fn text_of(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|cause| Error::File {
        path: path.to_owned(),
        cause,
    })
}
