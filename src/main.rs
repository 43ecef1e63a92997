//! Parses the arguments, runs the command, and sets the exit code.

use std::process::ExitCode;

use clap::Parser;
use roomwright::cli::{self, Arguments, Exit, Out};

/// The exit code for wrong arguments.
const WRONG_USAGE: u8 = 64;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are requested output; everything else is a usage error.
            let code = if error.use_stderr() { WRONG_USAGE } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(cli::run(arguments, &mut Out::stdout())) {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(error) => fail(&error),
    }
}

#[expect(clippy::print_stderr, reason = "the last word of the program")]
fn fail(error: &anyhow::Error) -> ExitCode {
    let text = cli::lines(&format!("{error:#}"));
    // Problems with positions already begin with `error`.
    let prefix = if text.starts_with("error[") {
        ""
    } else {
        "error: "
    };
    let advice = if is_about_portal(error) {
        "; run `roomwright doctor`"
    } else {
        ""
    };
    eprintln!("{prefix}{text}{advice}");
    ExitCode::from(if is_configuration(error) {
        Exit::Invalid.code()
    } else if error.is::<cli::WrongArgument>() {
        WRONG_USAGE
    } else {
        Exit::Failed.code()
    })
}

/// Whether the portal or the key does not work.
fn is_about_portal(error: &anyhow::Error) -> bool {
    use roomwright::{docspace, service};
    let portal = match error.downcast_ref() {
        Some(service::Error::Portal(error)) => Some(error),
        _ => error.downcast_ref(),
    };
    portal.is_some_and(docspace::Error::is_about_portal)
}

/// Whether the configuration is wrong; an invalid address is only found when it is used.
fn is_configuration(error: &anyhow::Error) -> bool {
    use roomwright::{config, docspace, policies, service, store};
    let portal = match error.downcast_ref() {
        Some(service::Error::Config(_) | service::Error::Account(_)) => return true,
        Some(service::Error::Portal(error)) => Some(error),
        _ => error.downcast_ref(),
    };
    error.is::<config::Error>()
        || error.is::<policies::Error>()
        || matches!(portal, Some(docspace::Error::Configuration(_)))
        || matches!(error.downcast_ref(), Some(store::Error::Address(_)))
}
