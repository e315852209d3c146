//! The common `main` of the three service binaries: command line, logs, signals, exit codes.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use shared::machine::Machine;
use shared::wire::common::Health;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::client::Client;
use crate::config::Kind;
use crate::data::DataDir;
use crate::journal;
use crate::server::{Running, StartError};
use crate::telemetry::{self, LogConfig};

#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct CommandLine<C: clap::Args> {
    #[command(subcommand)]
    command: Option<Task<C>>,
    #[command(flatten)]
    serve: C,
    #[command(flatten)]
    logs: LogConfig,
}

#[derive(Subcommand)]
enum Task<C: clap::Args> {
    /// Run the service until Ctrl-C or SIGTERM; what happens when no subcommand is given
    Serve(Serve<C>),
    /// Ask a running service whether it works: exit code 0 or 1
    Health {
        /// The service's address [default: the loopback address with this kind's port, or the port of TSL_BIND]
        #[arg(long, env = "TSL_URL")]
        url: Option<String>,
    },
    /// Look after the journal of a service that is not running
    #[command(subcommand)]
    Journal(Care),
}

#[derive(Subcommand)]
enum Care {
    /// Check every entry, and every row against the entries; changes nothing
    Verify {
        /// The service's data directory
        #[arg(long, env = "TSL_DATA", value_name = "DIRECTORY", default_value = "./data")]
        data: PathBuf,
    },
    /// Mend what is damaged, on a copy, and say what is lost
    Repair {
        /// The service's data directory
        #[arg(long, env = "TSL_DATA", value_name = "DIRECTORY", default_value = "./data")]
        data: PathBuf,
    },
    /// Write what is whole to standard output, a line an entry
    Export {
        /// The service's data directory
        #[arg(long, env = "TSL_DATA", value_name = "DIRECTORY", default_value = "./data")]
        data: PathBuf,
        /// The last entry to write: imported into a new directory, that is the service as it was then
        #[arg(long, value_name = "ENTRY")]
        until: Option<u64>,
    },
    /// Read an export from standard input into a new data directory
    Import {
        /// The new data directory; copy the key files and admin-token there too, and lserver of a Windows NT 4.0 server
        #[arg(long, env = "TSL_DATA", value_name = "DIRECTORY", default_value = "./data")]
        data: PathBuf,
    },
}

#[derive(clap::Args)]
struct Serve<C: clap::Args> {
    #[command(flatten)]
    config: C,
    #[command(flatten)]
    logs: LogConfig,
}

/// Runs a service binary. `start` brings the service up from its command line `C`; its journal is that of machine `M`.
///
/// Exit codes: 0 ended as told, 1 failed, 2 wrong command line.
pub fn main<C, M, S, F>(kind: Kind, about: &'static str, start: S) -> ExitCode
where
    C: clap::Args,
    M: Machine,
    S: FnOnce(C) -> F,
    F: Future<Output = Result<Running, StartError>>,
{
    let parsed = CommandLine::<C>::command().name(kind.name()).about(about).try_get_matches();
    let parsed = parsed.and_then(|matches| CommandLine::<C>::from_arg_matches(&matches));
    let CommandLine { command, serve, logs } = match parsed {
        Ok(line) => line,
        Err(error) => {
            let code = error.exit_code();
            // Help and usage go where clap sends them; a closed terminal is no reason to fail.
            let _ = error.print();
            return u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from);
        }
    };
    match command {
        None => serving(start, serve, &logs),
        Some(Task::Serve(Serve { config, logs })) => serving(start, config, &logs),
        Some(Task::Health { url }) => finish(in_runtime(health(url.unwrap_or_else(|| own_url(kind))))),
        Some(Task::Journal(care)) => finish(look_after::<M>(care)),
    }
}

fn serving<C, S, F>(start: S, config: C, logs: &LogConfig) -> ExitCode
where
    S: FnOnce(C) -> F,
    F: Future<Output = Result<Running, StartError>>,
{
    finish(telemetry::init(logs).and_then(|()| in_runtime(until_told(start(config)))))
}

/// Serves until a signal comes or the service cannot go on.
async fn until_told(start: impl Future<Output = Result<Running, StartError>>) -> Result<(), String> {
    let mut signals = StopSignals::listen().map_err(|error| error.to_string())?;
    // Listened for, so that a file that may not grow any further is an error like a full disk, and not a death without a word.
    let _too_large = signal(SignalKind::from_raw(FILE_TOO_LARGE)).map_err(|error| error.to_string())?;
    let mut running = tokio::select! {
        started = start => started.map_err(|error| error.to_string())?,
        () = signals.told() => return Ok(()),
    };
    let ended = tokio::select! {
        () = signals.told() => Ok(()),
        failure = running.finished() => Err(failure.to_string()),
    };
    // The first failure says more than what follows from it.
    let stopped = running.stop().await.map_err(|error| error.to_string());
    ended.and(stopped)
}

/// Ctrl-C and SIGTERM, from the moment at which they are listened for.
///
/// Listen once, and early: listening takes a signal's own effect away for good, so one that comes while nobody holds this is lost.
#[derive(Debug)]
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Begins to listen; from here on neither signal ends the process by itself.
    ///
    /// # Errors
    /// Where the system does not let signals be received.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Comes back when one of them came, be it since the last call.
    pub async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[expect(clippy::print_stderr, reason = "what a person at the terminal is told")]
fn look_after<M: Machine>(care: Care) -> Result<(), String> {
    match care {
        Care::Verify { data } => {
            let verified = journal::verify::<M>(&open(&data)?).map_err(|error| error.to_string())?;
            eprintln!("{verified}");
        }
        Care::Repair { data } => {
            eprintln!("{}", journal::repair::<M>(&open(&data)?).map_err(|error| error.to_string())?);
        }
        Care::Export { data, until } => {
            let exported = journal::export::<M>(&open(&data)?, std::io::stdout(), until).map_err(|error| error.to_string())?;
            let end = exported.damage.map_or_else(String::new, |damage| format!("; it ends there, since the journal is damaged: {damage}"));
            eprintln!("exported {} entries{end}", exported.entries);
        }
        Care::Import { data } => {
            let input = std::io::BufReader::new(std::io::stdin());
            let imported = journal::import::<M>(&open(&data)?, input).map_err(|error| error.to_string())?;
            eprintln!("imported {} entries, chain {}", imported.entries, imported.chain);
        }
    }
    Ok(())
}

fn open(data: &Path) -> Result<DataDir, String> {
    DataDir::open(data).map_err(|error| error.to_string())
}

async fn health(url: String) -> Result<(), String> {
    let client = Client::anyone(url).map_err(|error| error.to_string())?;
    let asked = tokio::time::timeout(HEALTH_PATIENCE, client.get::<Health>("/health")).await;
    let answered = asked.map_err(|_| format!("{} did not answer within {} seconds", client.url(), HEALTH_PATIENCE.as_secs()))?;
    answered.map(|_| ()).map_err(|error| error.to_string())
}

/// Where a service of this kind in the same container listens.
fn own_url(kind: Kind) -> String {
    let told = std::env::var("TSL_BIND").ok().and_then(|text| text.parse::<SocketAddr>().ok());
    let mut address = told.unwrap_or_else(|| kind.default_bind());
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    format!("http://{address}")
}

fn in_runtime(work: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(RUNTIME_THREADS).enable_all().build();
    runtime.map_err(|error| format!("the runtime could not be started: {error}"))?.block_on(work)
}

#[expect(clippy::print_stderr, reason = "the last words of a process, which may come before logs are set up")]
fn finish(ended: Result<(), String>) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// SIGXFSZ of Linux.
const FILE_TOO_LARGE: i32 = 25;
const HEALTH_PATIENCE: Duration = Duration::from_secs(3);
const RUNTIME_THREADS: usize = 2;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test ends there")]
mod tests {
    use super::StopSignals;

    #[tokio::test]
    async fn a_signal_that_comes_between_two_waits_is_heard_by_the_second() {
        let mut stop = StopSignals::listen().unwrap();
        tokio::select! {
            biased;
            () = std::future::ready(()) => {}
            () = stop.told() => {}
        }
        let told = std::process::Command::new("kill").args(["-TERM", &std::process::id().to_string()]).status().unwrap();
        assert!(told.success());
        stop.told().await;
    }
}
