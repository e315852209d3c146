//! What the clearinghouse is told at its start.

use chassis::config::ServiceConfig;

/// The command line of the clearinghouse.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// What every service is told.
    #[command(flatten)]
    pub service: ServiceConfig,
    /// How many years the root holds that is made at the first start
    #[arg(long, env = "TSL_ROOT_YEARS", value_name = "YEARS", default_value_t = ROOT_YEARS, value_parser = clap::value_parser!(u32).range(1..=1000), global = true)]
    pub root_years: u32,
    /// How many years an activation certificate holds, at most to the end of the root
    #[arg(long, env = "TSL_CERTIFICATE_YEARS", value_name = "YEARS", default_value_t = CERTIFICATE_YEARS, value_parser = clap::value_parser!(u32).range(1..=1000), global = true)]
    pub certificate_years: u32,
}

impl Config {
    /// A clearinghouse with the usual years (CE-13) inside another program.
    #[must_use]
    pub fn embedded(service: ServiceConfig) -> Self {
        Self { service, root_years: ROOT_YEARS, certificate_years: CERTIFICATE_YEARS }
    }
}

/// CE-13.
const ROOT_YEARS: u32 = 30;
/// CE-13.
const CERTIFICATE_YEARS: u32 = 10;
