//! The command line: one file per command. Nothing else prints.

mod annotations;
mod apply;
mod connect;
mod deliveries;
#[cfg(feature = "simulator")]
mod demo;
mod diff;
mod doctor;
mod explain;
mod findings;
mod healthcheck;
mod import;
mod init;
mod lines;
mod out;
mod plan;
mod release;
mod serve;
mod shells;
#[cfg(feature = "simulator")]
mod simulator;
mod status;
mod store;
mod survey;
mod test;
mod totals;
mod validate;
mod webhook;

use clap::{ArgAction, Parser, Subcommand};

use crate::config::{Flags, GLOBAL};
use crate::report::{Outcome, Report};
use crate::resolve::Origin;
use crate::room::Skip;
use crate::telemetry::LogFormat;

pub use out::{Out, lines};

/// An argument is well-formed but names nothing.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongArgument(String);

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// In sync, done or skipped.
    Fine,
    /// Something failed.
    Failed,
    /// There are changes to make.
    Pending,
    /// Policies or configuration cannot be used.
    Invalid,
    /// A room was refused, or is only partly in sync.
    Refused,
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Exit::Fine => 0,
            Exit::Failed => 1,
            Exit::Pending => 2,
            Exit::Invalid => 3,
            Exit::Refused => 4,
        }
    }

    /// For several rooms, the first that occurs of failed, refused, pending and fine.
    pub fn of(reports: &[Report]) -> Exit {
        let exits: Vec<Exit> = reports.iter().map(Exit::of_one).collect();
        [Exit::Failed, Exit::Refused, Exit::Pending]
            .into_iter()
            .find(|exit| exits.contains(exit))
            .unwrap_or(Exit::Fine)
    }

    /// For rooms that the user named: one that does not exist counts as refused.
    pub fn of_named(reports: &[Report]) -> Exit {
        let is_gone = |report: &Report| report.outcome == Outcome::Skipped(Skip::Gone);
        match Exit::of(reports) {
            Exit::Failed => Exit::Failed,
            _ if reports.iter().any(is_gone) => Exit::Refused,
            exit => exit,
        }
    }

    fn of_one(report: &Report) -> Exit {
        match &report.outcome {
            // The user probably meant a different room.
            Outcome::Skipped(Skip::Gone) => Exit::Refused,
            Outcome::InSync | Outcome::Changed | Outcome::Skipped(_) => Exit::Fine,
            Outcome::WouldChange | Outcome::Drifted(_) => Exit::Pending,
            Outcome::Refused(_) | Outcome::Partial(_) => Exit::Refused,
            Outcome::Waiting(_) | Outcome::Failed(_) => Exit::Failed,
        }
    }
}

/// What `--help` prints after the options.
const MORE_HELP: &str = "\
Exit codes:
  0   done, in sync or skipped
  1   something failed
  2   there are changes to make (`plan`), a room has drifted, or two versions differ (`diff`)
  3   the policies or the configuration cannot be used
  4   a room was refused, is only partly in sync, does not exist, or has nothing to write (`import`)
  64  the arguments are wrong

Environment:
  DOCSPACE_API_HOST                 the portal's address, such as https://docspace.example.com
  DOCSPACE_API_KEY                  its API key; DOCSPACE_API_KEY_FILE names a file that holds it
  DOCSPACE_WEBHOOK_SECRET           the webhook's secret, or DOCSPACE_WEBHOOK_SECRET_FILE
  DOCSPACE_WEBHOOK_SECRET_PREVIOUS  the previous secret during a rotation, or ..._FILE
  ROOMWRIGHT_WEBHOOK_URL            the address at which the portal reaches `serve`
  ROOMWRIGHT_POLICIES               the directory of the policy files
  ROOMWRIGHT_STORE                  the store, such as sqlite:roomwright.db
  ROOMWRIGHT_LISTEN, PORT           the address on which `serve` listens, or only its port
  ROOMWRIGHT_ADMIN_LISTEN           the address on which `serve` responds to operators, or none
  HTTPS_PROXY, NO_PROXY             the proxy for calls to the portal
  SSL_CERT_FILE                     CA certificates to use instead of the system's
  NO_COLOR                          no colours in the output

Flags override the environment, which overrides the file `roomwright.yaml`.";

/// Declarative policies for ONLYOFFICE DocSpace rooms.
#[derive(Debug, Parser)]
#[command(version, about, long_about = None, propagate_version = true, after_long_help = MORE_HELP)]
pub struct Arguments {
    #[command(flatten)]
    flags: Flags,
    /// What to log, such as `info` or `roomwright=debug,warn` [default: info]
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "FILTER", value_parser = log_filter, conflicts_with_all = ["verbose", "quiet"])]
    log: Option<String>,
    /// Log more; twice: everything
    #[arg(short, long, global = true, help_heading = GLOBAL, action = ArgAction::Count, conflicts_with = "quiet")]
    verbose: u8,
    /// Log warnings and errors only; twice: errors only
    #[arg(short, long, global = true, help_heading = GLOBAL, action = ArgAction::Count)]
    quiet: u8,
    /// The format of log lines
    #[arg(long, global = true, help_heading = GLOBAL, value_enum, default_value = "text")]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

/// The filter that the flags ask for, if any.
fn wanted_log(log: Option<String>, verbose: u8, quiet: u8) -> Option<String> {
    let filter = match (verbose, quiet) {
        (0, 0) => return log,
        (0, 1) => "warn",
        (0, _) => "error",
        (1, _) => "roomwright=debug,info",
        (_, _) => "roomwright=trace,debug",
    };
    Some(filter.to_owned())
}

fn log_filter(filter: &str) -> Result<String, String> {
    match tracing_subscriber::EnvFilter::try_new(filter) {
        Ok(_) => Ok(filter.to_owned()),
        Err(error) => Err(format!("{error}; write `info` or `roomwright=debug,warn`")),
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a commented policy directory to start with
    Init(init::Init),
    /// Report all problems of the policy files at once
    Validate(validate::Validate),
    /// Print the JSON Schema of policy files, or of `roomwright.yaml`
    Schema {
        /// Print it as Markdown, for people
        #[arg(long)]
        markdown: bool,
        /// Print the schema of `roomwright.yaml`
        #[arg(long, conflicts_with = "markdown")]
        configuration: bool,
    },
    /// Run the tests of the policy files
    Test(test::Tests),
    /// Show which policies match a room, why the others do not, and what the room gets
    Explain(explain::Explain),
    /// Show what would change in live rooms; writes nothing
    Plan(plan::Plan),
    /// Apply the policies to live rooms
    Apply(apply::Apply),
    /// Show what a change to the policies does to which rooms and people
    Diff(diff::Diff),
    /// Write a live room as a policy file, verified by an empty plan
    Import(import::Import),
    /// Check the settings, the portal, the key, the account, the store, the webhook and the names in the policies
    Doctor(doctor::Doctor),
    /// Check, create or repair the portal's webhook, or replay missed events
    Webhook(webhook::Webhook),
    /// Finish open adoptions, or give a room that the service account owns to someone
    Release(release::Release),
    /// Run the webhook service
    Serve(serve::Serve),
    /// Ask the service on this machine whether it works
    Healthcheck(healthcheck::Healthcheck),
    /// Show what the service is doing, and what it did last
    Status(status::Status),
    /// List rooms with their last outcomes
    Rooms(store::Rooms),
    /// List deliveries, show one, or process its room again
    Deliveries(deliveries::Deliveries),
    /// Print a completion script for a shell
    Completions(shells::Completions),
    /// Print the manual page, or write the pages of all commands
    Man(shells::Man),
    /// Run the service against a simulated portal in this process and show what it does
    #[cfg(feature = "simulator")]
    Demo(demo::Demo),
    /// Run a simulated DocSpace portal to develop against; its state is in memory
    #[cfg(feature = "simulator")]
    Simulator(simulator::Simulator),
}

/// Runs the command that the arguments name.
///
/// # Errors
/// What stopped it, as a message for the user.
pub async fn run(arguments: Arguments, out: &mut Out) -> anyhow::Result<Exit> {
    let Arguments {
        flags,
        log,
        verbose,
        quiet,
        log_format,
        command,
    } = arguments;
    #[cfg(feature = "simulator")]
    let usual = if matches!(command, Command::Demo(_)) {
        "off"
    } else {
        "info"
    };
    #[cfg(not(feature = "simulator"))]
    let usual = "info";
    let log = wanted_log(log, verbose, quiet);
    crate::telemetry::start(log.as_deref().unwrap_or(usual), log_format)
        .map_err(anyhow::Error::msg)?;
    match command {
        Command::Init(command) => command.run(out),
        Command::Validate(command) => command.run(&flags, out),
        Command::Schema {
            markdown,
            configuration,
        } => {
            out.text(&match (markdown, configuration) {
                (true, _) => crate::policy::reference::markdown(),
                (_, true) => crate::config::schema::text(),
                (false, false) => crate::policy::schema::text(),
            })?;
            Ok(Exit::Fine)
        }
        Command::Test(command) => command.run(&flags, out),
        Command::Explain(command) => command.run(&flags, out).await,
        Command::Plan(command) => command.run(&flags, out).await,
        Command::Apply(command) => command.run(&flags, out).await,
        Command::Diff(command) => command.run(&flags, out).await,
        Command::Import(command) => command.run(&flags, out).await,
        Command::Doctor(command) => command.run(&flags, out).await,
        Command::Webhook(command) => command.run(&flags, out).await,
        Command::Release(command) => command.run(&flags, out).await,
        Command::Serve(command) => command.run(&flags).await,
        Command::Healthcheck(command) => command.run(&flags, out).await,
        Command::Status(command) => command.run(&flags, out).await,
        Command::Rooms(command) => command.run(&flags, out).await,
        Command::Deliveries(command) => command.run(&flags, out).await,
        Command::Completions(command) => command.run(out),
        Command::Man(command) => command.run(out),
        #[cfg(feature = "simulator")]
        Command::Demo(command) => command.run(out).await,
        #[cfg(feature = "simulator")]
        Command::Simulator(command) => command.run(out).await,
    }
}

/// Which policies ask for something, and where.
fn by(origins: &[Origin]) -> String {
    origins
        .iter()
        .map(|origin| format!("{} ({})", origin.policy, origin.place))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The clock of this process.
pub(crate) fn now() -> jiff::Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "the only clock of the program; everything else gets the time as an argument"
    )]
    jiff::Timestamp::now()
}
