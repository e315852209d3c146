//! `tsl up`: the whole lab in the foreground, until Ctrl-C or SIGTERM.

use std::path::{Path, PathBuf};

use chassis::run::StopSignals;
use chassis::telemetry::{self, LogConfig, LogFormat};
use clap::Args;
use serde_json::json;
use shared::model::{Generation, LabTime, UserName};

use super::Context;
use super::sure::sure;
use crate::beginning::Asked;
use crate::failure::Failure;
use crate::out::Out;
use crate::place::{DATA_FOLDER, LAB_FILE};
use crate::up::{self, RunningLab, Up};

/// The help that follows the switches.
pub(crate) const HELP: &str = "\
The services listen on this machine only. The lab keeps its data in ./tsl-data: start it again and everything is as it was. What is
asked of a lab that is there already has to be what it was begun with: --fresh begins anew (and asks), --data FOLDER begins beside it.
Two accounts are made, student and administrator; their passwords stand in tsl-data/passwords.json, where tsl finds them.

Example:  tsl up                                     then, in a second terminal: tsl connect PC01
          tsl up --temp --ports 0 --json             for a script: free ports, nothing left behind
          tsl up --fresh --start-at 2003-04-24T08:00:00Z --seed 7
          tsl up --fresh --yes                       the same without a question
          tsl up --fresh --network docs/networks/mixed.toml   domains, sites and four generations; then: tsl network show
Rules: AC-10 (activation), AC-30 (packs), GR-01 (grace begins with the first client).";

#[derive(Args, Debug)]
pub(crate) struct UpArgs {
    /// Begin anew: a lab that is in the data folder is deleted, after a question
    #[arg(long)]
    fresh: bool,
    /// With --fresh: delete without a question
    #[arg(long, requires = "fresh")]
    yes: bool,
    /// Keep the data in a temporary folder and delete it at the end
    #[arg(long, conflicts_with_all = ["fresh", "data"])]
    temp: bool,
    /// The first of the ports in a row, one for each service; 0 takes free ones
    #[arg(long, default_value_t = 7801, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=65_533))]
    ports: u16,
    /// The data folder
    #[arg(long, default_value = DATA_FOLDER, value_name = "FOLDER")]
    data: PathBuf,
    /// The seed of all dice of a new lab, so that it can be repeated
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The moment at which the clocks of a new lab begin
    #[arg(long, value_name = "MOMENT")]
    start_at: Option<LabTime>,
    /// What license server and terminal server of a new lab are: windows-nt4 (its license server is 2003's), windows-2000-sp2, windows-2000-sp3, windows-2003 (unless told), windows-2008, windows-2008-r2
    #[arg(long, value_name = "NAME")]
    generation: Option<Generation>,
    /// Device CALs that a new lab has, 20 unless told; with windows-nt4 server CALs and Full licenses too
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=9999))]
    cals: Option<u32>,
    /// Build this network in place of one license server and one terminal server; docs/networks has one to begin with
    #[arg(long, value_name = "FILE", conflicts_with_all = ["generation", "cals", "bare"])]
    network: Option<PathBuf>,
    /// Ordinary accounts that a new lab has, beside administrator; student unless told
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    users: Option<Vec<UserName>>,
    /// A new lab whose services are strangers to one another: no trust, no activation, no CALs; set up by hand (tsl setup-wizard, tsl setup)
    #[arg(long)]
    bare: bool,
    /// What the services log to standard error: error, warn, info, debug, or module=level pairs
    #[arg(long, env = "TSL_LOG", default_value = "warn", value_name = "FILTER")]
    log: String,
}

impl UpArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        telemetry::init(&LogConfig { filter: self.log.clone(), format: LogFormat::Text }).map_err(Failure::Usage)?;
        let data = if self.temp { temporary_folder() } else { self.data.clone() };
        let hold = up::hold(&data)?;
        let ended = self.in_folder(context.out, &data).await;
        hold.release();
        if self.temp && data.exists() {
            std::fs::remove_dir_all(&data).map_err(|error| Failure::file(&data, error))?;
        }
        ended
    }

    /// The lab that the switches ask for, in this data folder.
    pub(super) fn plan(&self, data: PathBuf) -> Up {
        let asked = Asked {
            seed: self.seed,
            start_at: self.start_at,
            generation: self.generation,
            cals: self.cals,
            users: self.users.clone(),
            bare: self.bare,
            network: self.network.clone(),
        };
        Up { data, first_port: self.ports, asked }
    }

    async fn in_folder(&self, out: Out, data: &Path) -> Result<(), Failure> {
        let plan = self.plan(data.to_owned());
        if self.fresh {
            // Whatever would stop the new lab is found while the old one is still there.
            up::check(&plan, true)?;
            if up::holds_a_lab(data) {
                let loss = format!("--fresh deletes the lab in {}: every license, journal and key", data.display());
                sure(&loss, self.yes, "--fresh --yes, or keep it and begin beside it with --data FOLDER")?;
            }
            up::empty(data)?;
        }
        self.until_told(out, &plan).await
    }

    async fn until_told(&self, out: Out, plan: &Up) -> Result<(), Failure> {
        let mut stop = StopSignals::listen().map_err(|error| Failure::Broken(format!("signals cannot be received here: {error}")))?;
        // A signal during the set-up ends the lab as one later does.
        let Some(mut running) = up::start(plan, stop.told()).await? else {
            out.note("stopped before the lab was up");
            return Ok(());
        };
        out.show(&json!(running.lab.file()), |out| welcome(out, &running))?;
        let ended = tokio::select! {
            () = stop.told() => Ok(()),
            failure = running.finished() => Err(Failure::Broken(failure.to_string())),
        };
        out.note("stopping");
        // The first failure says more than what follows from it.
        let stopped = running.stop().await;
        ended.and(stopped)
    }
}

fn temporary_folder() -> PathBuf {
    let own: [u8; 8] = chassis::random::bytes();
    std::env::temp_dir().join(format!("tsl-{}", shared::model::hex(&own)))
}

fn welcome(out: Out, running: &RunningLab) {
    for step in &running.steps {
        out.line(&format!("+ {} {}", step.server, step.what));
    }
    if running.steps.is_empty() {
        out.line(&format!("= the lab that is in this folder, begun with: {}", running.began));
    }
    let rows =
        running.lab.services().into_iter().map(|(kind, place)| vec![place.name.to_string(), kind.name().to_owned(), place.url.clone()]);
    out.table(&["server", "kind", "address"], rows.collect(), "");
    if let Some(place) = &running.lab.file().clearinghouse {
        out.line(&format!("The clearinghouse's pages, for a browser: {}/web", place.url));
    }
    out.line("The lab is up. It stays up until Ctrl-C; what to type next, in a second terminal:\n");
    if running.lab_file != Path::new(DATA_FOLDER).join(LAB_FILE) {
        let file = std::path::absolute(&running.lab_file).unwrap_or_else(|_| running.lab_file.clone());
        out.line(&format!("  export TSL_LAB_FILE={}", file.display()));
    }
    let tsl = own_command();
    let nt4 = [
        ("status", "who is up, and how everything stands"),
        ("connect OLD01 --platform windows-95", "a workstation license, to be kept (NT-04)"),
        ("connect PC01..PC03 --stay", "three sessions, three server CALs"),
        ("nt lm", "how many server CALs are in use (NT-14)"),
        ("nt licenses", "workstation licenses by category (NT-05)"),
        ("nt --help", "everything else that Windows NT 4.0 has"),
        ("--help", "everything else"),
    ];
    let later = [
        ("status", "who is up, and how everything stands"),
        ("connect PC01", "a first visit: a temporary license (PD-01)"),
        ("connect PC01", "a second visit: a permanent one (PD-06)"),
        ("licenses", "who holds what, until when"),
        ("connect PC02..PC19 --daily 88", "18 more devices, 88 days"),
        ("trace PC02", "why the last decision was made"),
        ("--help", "everything else"),
    ];
    let network = [
        ("status", "who is up, and how everything stands"),
        ("network show", "who stands where, who finds whom, who reaches whom"),
        ("discover NAME --trace", "how a terminal server came to its license servers"),
        ("connect PC01 --server NAME", "a first visit to one of them"),
        ("network cut NAME NAME", "take the way between two services away"),
        ("directory --help", "domains, sites, users, where there is a directory"),
        ("--help", "everything else"),
    ];
    let several = running.lab.file().terminal_servers.len() > 1;
    let usual = if running.began.generation == Generation::WindowsNt4 { nt4 } else { later };
    for (arguments, what) in if several { network } else { usual } {
        out.line(&format!("  {tsl} {arguments:<29}  # {what}"));
    }
}

/// How this program is called from here: by its name where the shell finds it, else by its path.
fn own_command() -> String {
    let Ok(own) = std::env::current_exe() else { return "tsl".to_owned() };
    let on_path = std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join("tsl") == own));
    if on_path {
        return "tsl".to_owned();
    }
    let here = std::env::current_dir().unwrap_or_default();
    own.strip_prefix(&here).map_or_else(|_| own.display().to_string(), |path| format!("./{}", path.display()))
}
