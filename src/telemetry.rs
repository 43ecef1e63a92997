//! Tracing set-up: one line per event on standard error, as text or JSON.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging; `filter` is written as `info` or `roomwright=debug,warn`. A second call changes nothing.
///
/// # Errors
/// The filter cannot be read.
pub fn start(filter: &str, format: LogFormat) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter)
        .map_err(|error| format!("the log filter `{filter}` cannot be read: {error}"))?;
    // Colours on a terminal that takes them, unless NO_COLOR is set.
    let choice = anstream::AutoStream::choice(&std::io::stderr());
    let registry = tracing_subscriber::registry().with(filter);
    // Only the first caller sets the subscriber; a test binary has several.
    let _ = match format {
        LogFormat::Text => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .with_target(false)
                    .with_ansi(choice != anstream::ColorChoice::Never)
                    .with_writer(std::io::stderr),
            )
            .try_init(),
        LogFormat::Json => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .json()
                    .with_writer(std::io::stderr),
            )
            .try_init(),
    };
    Ok(())
}
