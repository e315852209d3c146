//! Where logs go: standard error, as text for people or JSON for machines, filtered by `TSL_LOG`.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What is logged, and how.
#[derive(Clone, Debug, clap::Args)]
pub struct LogConfig {
    /// What is logged: a level, or levels by module, such as info,chassis=debug
    #[arg(long = "log", env = "TSL_LOG", value_name = "FILTER", default_value = "info", global = true)]
    pub filter: String,
    /// How log lines look
    #[arg(long = "log-format", env = "TSL_LOG_FORMAT", value_enum, default_value_t, global = true)]
    pub format: LogFormat,
}

/// Sends logs to standard error from now on; the error says what is wrong with the filter. A second call changes nothing.
pub fn init(config: &LogConfig) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.filter)
        .map_err(|error| format!("--log {:?}: {error}; give a level such as info, or module=level pairs", config.filter))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    // Fails only where the program has set up its logs already; those stay.
    let _ = match config.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    Ok(())
}
