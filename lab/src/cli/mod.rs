//! The command line: its tree, its help, and which function does what.

mod accounts;
mod client;
mod completing;
mod connect;
mod diagnose;
mod discovery;
mod faults;
mod groups;
mod history;
mod install;
mod journals;
mod licmgr;
mod lifecycle;
mod lsreport;
mod managing;
mod network;
mod nt;
mod on;
mod operate;
mod owed;
mod packs;
mod papers;
mod per_user;
mod phone;
mod play;
mod rule;
mod servers;
mod service;
mod settings;
mod sim;
mod sure;
mod switches;
mod time;
mod tsctst;
mod up;
mod wizards;
mod words;

use shared::rulebook::listed;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use shared::model::ServerName;

use crate::failure::Failure;
use crate::out::{self, Out, Tint};
use crate::place::{Addresses, Lab};

/// How `tsl --help` is laid out: the commands in groups in place of one long list.
const TEMPLATE: &str = "{about-with-newline}\n{usage-heading} {usage}\n\n{before-help}Options:\n{options}{after-help}";

/// What follows every command's list in the short help.
const SHORT_HELP: &str = "\
Start a lab with `tsl up`, then in a second terminal: tsl connect PC01

Exit codes: 0 done, 1 failed, 2 refused or wrongly used, 3 a connection was denied.
`tsl rule PD-06` explains a rule. `tsl --help` says how to find labs elsewhere.";

/// The same in the long help, with the way to labs elsewhere.
const LONG_HELP: &str = "\
Start a lab with `tsl up`, then in a second terminal: tsl connect PC01

Exit codes: 0 done, 1 failed, 2 refused or wrongly used, 3 a connection was denied.
`tsl rule PD-06` explains a rule, docs/RULES.md lists all.

Where the lab is: ./tsl-data/lab.json, or the file of --lab or TSL_LAB_FILE, or these addresses
(lists are NAME=value, comma separated; each is a switch too, such as --terminal-server):
  TSL_CLEARINGHOUSE=http://host:7801
  TSL_LICENSE_SERVER=LS1=http://host:7802
  TSL_TERMINAL_SERVER=TS1=http://host:7803,TS2=http://other:7803
  TSL_DIRECTORY=http://host:7800                        where the lab has domains
  each with _TOKEN_FILE (the file with the administrator's token) or _TOKEN at its end
  TSL_CLEARINGHOUSE_PEER_URL, TSL_LICENSE_SERVER_PEER_URL   as the other services reach them
  TSL_CLIENTS                                               folder of simulated devices
  TSL_PASSWORDS_FILE, TSL_PASSWORD, TSL_USER                who logs on

At which server: --server NAME, with every command that is done at one. Without it questions go to all servers, and
whatever else is done is done at the first and says so. What is printed fits the terminal, or TSL_WIDTH columns; colours
are for terminals, and NO_COLOR=1 turns them off.";

/// A lab of Terminal Server Licensing: three services, simulated client devices, and time that can be skipped.
#[derive(Debug, Parser)]
#[command(name = "tsl", version, max_term_width = 110, after_help = SHORT_HELP, after_long_help = LONG_HELP)]
pub struct Cli {
    #[command(flatten)]
    addresses: Addresses,
    /// Print JSON for scripts instead of tables
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a whole lab here: clearinghouse, license server, terminal server, activated and with a pack of CALs
    #[command(after_help = up::HELP)]
    Up(up::UpArgs),
    /// Perform a page of docs/labs on screen, step by step, and stop where the lab says something else
    #[command(after_help = play::HELP)]
    Play(play::Play),
    /// Stop or start one service of a lab that `tsl up` runs
    #[command(
        after_help = "Example:  tsl service stop LS1\n          tsl service restart LS1\nServices in containers: docker compose stop, start, restart.",
        subcommand
    )]
    Service(service::Service),
    /// Wait until every service of the lab answers
    #[command(after_help = "Example:  tsl up & tsl wait --seconds 20 && tsl connect PC01")]
    Wait(operate::Wait),
    /// Empty a lab's data folder, so that the next `tsl up` starts from nothing
    #[command(
        after_help = "The lab must be down: `tsl reset` never pulls the data from under running services.\nOne step for both: tsl up --fresh\n\nExample:  tsl reset            asks first\n          tsl reset --yes"
    )]
    Reset(operate::Reset),
    /// Show every service: address, version, clock, activation, CALs, sessions
    #[command(after_help = "Example:  tsl status\nRules: AC-15 (activation status), GR-10 (days of grace left).")]
    Status,
    /// Set up a lab: trust, activation, a first pack, accounts; what is there already stays
    #[command(
        after_help = "`tsl up` does this by itself; a lab of containers or machines needs it once.\n\nExample:  tsl setup --cals 20 --per-user TS2\nRules: AC-10, AC-11, AC-30, WS03-02."
    )]
    Setup(operate::Setup),
    /// Let the services know each other's keys, and show the thumbprints
    #[command(
        after_help = "Carries the clearinghouse's key and root to the license servers, and introduces every terminal server and\nlicense server to each other. A service answers nobody whose key it has not been given.\n\nExample:  tsl trust\nRules: LS-01 (a second check, by name, comes after), CE-14."
    )]
    Trust,
    /// Take every enrolment of a service back: nobody knows its key any more, and it knows nobody's
    #[command(
        after_help = "For a machine that was set up anew, that is no longer there, or whose key got out; `tsl trust` enrols it again with the key that it\nhas then. What was issued stays on record, and goes on counting unless the key got out (--leaked).\nOne side alone: tsl servers forget, tsl peers forget.\n\nExample:  tsl service reinstall TS1 && tsl forget TS1 && tsl setup\n          tsl forget LS1 --leaked && tsl trust\nRules: AM-15, CE-14, FT-14, FT-23."
    )]
    Forget {
        /// The service: LS1, TS1, DIR1, or one that is in the lab no longer
        name: ServerName,
        /// Its key got out: terminal servers take nothing any more that was signed with it
        #[arg(long)]
        leaked: bool,
    },
    /// Activate a license server at its clearinghouse
    #[command(
        after_help = "Automatically, by web or by telephone:\n          tsl activate --first-name Ada --last-name Example --company 'Example Ltd' --country Austria\n          tsl activate --papers          what the page asks for, or is read out: Product ID and key text\n          tsl activate --id 222AN-...    the License Server ID that came back; a mistyped group is named\n          tsl activate --certificate FILE   the certificate from the page, for the usual chain (CE-15)\nRules: AC-10 to AC-17, AC-47. Without activation there are temporary CALs only (LS-03); it can be done later."
    )]
    Activate(Box<lifecycle::Activate>),
    /// Deactivate a license server: automatically, or with the confirmation code of a telephone call
    #[command(
        after_help = "When its certificate has ended or is damaged, or the machine gets another job (AC-20). It issues temporaries only\nuntil it is reactivated (AC-24); what it issued stays good. The web and fax do not do it (AC-21).\n\nExample:  tsl deactivate --first-name Ada --last-name Example --company 'Example Ltd' --country Austria --email ada@example.com\n          tsl phone clearinghouse        then: tsl deactivate --code XXXXX-XXXXX-XXXXX-XXXXX\nRules: AC-20 to AC-24."
    )]
    Deactivate(Box<lifecycle::Deactivate>),
    /// Activate a license server again, for one of five reasons
    #[command(
        after_help = "Reasons: 0 redeployed, 1 certificate-corrupt, 2 key-compromised, 3 registration-expired, 4 server-upgraded.\nCALs that were issued stay good; those that were not must be reissued by the clearinghouse: tsl phone clearinghouse.\nAnother key than before takes the old one (--old-key, reason 0) or a telephone call with papers of a purchase; reason 2 is always a call.\nAfterwards: tsl forget LS1 (--leaked for reason 2), then tsl trust.\n\nExample:  tsl reactivate --reason 1 --first-name Ada --last-name Example --company 'Example Ltd' --country Austria\n          tsl reactivate --reason 0 --id 222AN-...     by web or telephone\n          tsl reactivate --reason 0 --old-key old-key.pem --first-name Ada ...\n          tsl reactivate --reason 2 --new-key          before calling\nRules: AM-15, AC-25 to AC-27, FT-23."
    )]
    Reactivate(Box<lifecycle::Reactivate>),
    /// Call somebody: the clearinghouse, Product Support, the reseller
    #[command(
        after_help = "Plays whoever is called, at this terminal or from a script (one answer a line). What you hear is typed at the license\nserver: tsl activate --id, tsl install --key-pack-id, tsl deactivate --code. Whoever cannot help sends you on.\n\nExample:  tsl phone clearinghouse\n          tsl phone support\n          tsl phone clearinghouse --fax        the same in writing, for Windows 2000 (W2K-18)\nRules: AC-13, AC-22, AC-34, AC-35, AC-37, AC-43 to AC-46, AC-48, W2K-10, W2K-11."
    )]
    Phone(phone::Phone),
    /// Save a license server's database to a file
    #[command(
        after_help = "A database takes some 5 MB for every 6,000 licenses (AC-41). It belongs to this license server alone (AC-38); keep the\nkey files of its data directory with it (they are its machine), or unissued CALs do not come back.\n\nExample:  tsl backup --server LS1 ls1.backup\nRules: AC-38, AC-41."
    )]
    Backup(lifecycle::Backup),
    /// Bring a license server's database back from a file
    #[command(
        after_help = "On the same installation (same key files) unissued CALs come back. On another installation only the issued ones do; an\nevent says how many were lost, and the clearinghouse recovers them by telephone against the papers of the purchase.\n\nExample:  tsl restore --server LS1 ls1.backup\nRules: AC-38 to AC-40, AC-48."
    )]
    Restore(lifecycle::Restore),
    /// Buy at the lab's reseller desk: a retail code, or an agreement
    #[command(
        after_help = "The clearinghouse never sells (AC-45); codes and agreements come from a desk of their own.\n\nExample:  tsl buy code --quantity 20\n          tsl buy agreement open --quantity 25\nRules: AC-04 to AC-08.",
        subcommand
    )]
    Buy(papers::Buy),
    /// Install CALs on a license server
    #[command(after_help = wizards::INSTALL_HELP)]
    Install(Box<install::InstallArgs>),
    /// Install the license server component as its set-up asks: role, then activation is offered
    #[command(after_help = wizards::SETUP_HELP)]
    SetupWizard(wizards::SetupWizard),
    /// Show the Terminal Server Licensing window: servers, activation, packs, and who holds what
    #[command(name = "licmgr", after_help = licmgr::HELP)]
    LicMgr(licmgr::LicMgr),
    /// Write everything that was issued as tab-separated text
    #[command(name = "lsreport", after_help = lsreport::HELP)]
    LsReport(lsreport::LsReport),
    /// Show every license in a client's store, field by field
    #[command(name = "tsctst", after_help = tsctst::HELP)]
    TsCtst(tsctst::TsCtst),
    /// Diagnose licensing: every license server, every problem, and what to do about it
    #[command(after_help = diagnose::HELP)]
    Diagnose(diagnose::Diagnose),
    /// Say what is owed on paper for what the terminal servers did
    #[command(after_help = owed::HELP)]
    Owed(owed::Owed),
    /// List the installed packs: total, issued, available
    #[command(after_help = "Temporary CALs have no pack: they are made without limit and only counted (TL-01).\n\nExample:  tsl packs")]
    Packs(managing::Packs),
    /// Take a Device CAL back from its device before its end (2008 and later)
    #[command(after_help = managing::REVOKE_HELP)]
    Revoke(managing::Revoke),
    /// Turn Device CALs into User CALs, or back (2008 and later)
    #[command(after_help = managing::CONVERT_HELP)]
    Convert(managing::Convert),
    /// Move the packs of another license server to this one (2008 R2)
    #[command(after_help = managing::MIGRATE_HELP)]
    Migrate(managing::Migrate),
    /// Delete every CAL and every record of a license server whose database is damaged (2008 and later)
    #[command(after_help = managing::REBUILD_HELP)]
    RebuildDatabase(managing::RebuildDatabase),
    /// Show what the license servers tell each other
    #[command(after_help = managing::PEERS_HELP, subcommand)]
    Peers(managing::Peers),
    /// List the clearinghouse's record: every activation and every pack, refused ones included
    #[command(after_help = "Example:  tsl records\nRules: AC-42 (what was turned down is on record too), AC-33.")]
    Records(packs::Records),
    /// Print the lab's root certificate (PEM): what every other certificate leads to
    #[command(
        after_help = "Example:  tsl root > root.pem\n          tsl activate --show --json   has the license server's certificate, to be checked against it\nRule: CE-13."
    )]
    Root,
    /// List who holds what, since when, until when
    #[command(
        after_help = "Example:  tsl licenses --device PC01\nRules: TL-01, TL-04, LS-09 (an expired CAL is counted until the sweep), LS-13 (validated)."
    )]
    Licenses(packs::Licenses),
    /// Show or change a license server's group of terminal servers that it serves
    #[command(
        after_help = "Example:  tsl group TS1 TS2\n          tsl settings set security-group-policy on --server LS1\nRule: LS-01. A change of the group counts after a restart of the license server."
    )]
    Group(packs::Group),
    /// Connect client devices to a terminal server
    #[command(after_help = connect::HELP)]
    Connect(connect::Connect),
    /// Show or change the simulated client devices and their license stores
    #[command(after_help = "Example:  tsl client show PC01\n          tsl client delete-store PC01\nRules: ST-01 to ST-11.", subcommand)]
    Client(client::Client),
    /// Show, back up or delete a terminal server's own certificate values
    #[command(after_help = "Example:  tsl certificate show\nRules: FT-12, CE-11.", subcommand)]
    Certificate(faults::Certificate),
    /// Break something inside a terminal server, for a lesson
    #[command(
        after_help = "Example:  tsl break certificate\n          tsl break internal --mend\nRules: FT-12; section 10's code 256. Needs --lab, which labs of `tsl up` have."
    )]
    Break(faults::Break),
    /// List the sessions of a terminal server
    #[command(
        after_help = "Example:  tsl sessions --open\nA session waits for a logon, is active, or has ended; waiting and active ones count against the limit (PD-25)."
    )]
    Sessions(history::Sessions),
    /// End a session
    #[command(
        after_help = "Example:  tsl logoff PC01        the open sessions of a device\n          tsl logoff 0123456789abcdef0123456789abcdef"
    )]
    Logoff(history::Logoff),
    /// List the decisions of a terminal server, or how often each rule decided
    #[command(after_help = "Example:  tsl verdicts --device PC01\n          tsl verdicts --counts")]
    Verdicts(history::Verdicts),
    /// Explain the last decision about a device: every rule that fired, with what it saw
    #[command(after_help = "Example:  tsl trace PC01")]
    Trace(history::Trace),
    /// List events as the services' event logs show them
    #[command(
        after_help = "Example:  tsl events --server TS1 --id 1011\nSPEC names: TermService on terminal servers, TermServLicensing on license servers;\non Windows NT 4.0 also LicenseService and \"Service Control Manager\" (NT-12, NT-41)."
    )]
    Events(history::Events),
    /// Show how a terminal server's grace period stands
    #[command(
        after_help = "From 2008 on Windows keeps the 120 days in an LSA secret and a time stamp of the registry, which people call the timebomb; deleting\nit is not supported, and the lab has nothing to delete (W08-16).\n\nExample:  tsl grace\nRules: GR-01 (120 days on 2003), GR-02, GR-03 (the first permanent CAL ends it), GR-11 (policies), W08-16."
    )]
    Grace(settings::Grace),
    /// Show or change a terminal server's licensing mode
    #[command(
        after_help = "Example:  tsl mode per-user --server TS2\n          tsl mode --policy-ac-on 0\nRules: WS03-01 to WS03-08, PD-24, PD-25. PolicyAcOn is 2 per device, 4 per user, anything else temporaries only."
    )]
    Mode(settings::Mode),
    /// Windows NT 4.0: License Manager, workstation licenses, the licensing service
    #[command(after_help = nt::HELP)]
    Nt(nt::Nt),
    /// Show or change settings of a terminal server or a license server
    #[command(
        after_help = "Example:  tsl settings get\n          tsl settings set grace-end ls_located\n          tsl settings set prevent-license-upgrade on --server LS1\nRules: GR-11, CON-22, PU-06, OQ-10, OQ-5 (terminal server); PL-01, LS-01, OQ-3, LS-09 (license server).",
        subcommand
    )]
    Settings(settings::Settings),
    /// Where the sources disagree: each switch, both readings, and how it is set
    #[command(after_help = switches::HELP)]
    Switches(switches::Switches),
    /// Say what a rule says, where it comes from, where it is decided and what shows it
    #[command(after_help = rule::HELP)]
    Rule(rule::Rule),
    /// Simulate whole labs from seeds, with everything that goes wrong between services, and hold what must hold against them
    #[command(after_help = sim::HELP)]
    Sim(sim::Sim),
    /// Show or change the accounts that may log on to a terminal server
    #[command(
        after_help = "A password is never an argument: it comes from a prompt, from --password-file FILE (- is standard input) or from TSL_PASSWORD.\n\nExample:  tsl accounts add teacher --administrator",
        subcommand
    )]
    Accounts(accounts::Accounts),
    /// Show or change the license servers that a terminal server asks
    #[command(
        after_help = "Example:  tsl servers list\n          tsl servers order LS2 LS1\nRules: SPEC 4.3 step 4, SD-02 (the first is the current one until it is silent).",
        subcommand
    )]
    Servers(servers::Servers),
    /// Show or change the lab's network: sites, domains, machines, and ways that are cut
    #[command(after_help = "Example:  tsl network show\n          tsl network cut TS1 LS1", subcommand)]
    Network(network::Network),
    /// Search for license servers as the generation does, and show what was found by which way
    #[command(
        after_help = "Example:  tsl discover --server TS1 --trace\n          tsl discover --server TS1 --search automatic\n          tsl discover --server TS1 --intervals 2h,15m,1h\nRules: DI-01 to DI-11 (2000), DI-20 to DI-29 (2003), W08-14 (2008 R2 does not search)."
    )]
    Discover(discovery::Discover),
    /// Show or change whom the terminal servers' registries name
    #[command(after_help = "Example:  tsl registry set --server TS1 LS1\nRules: DI-01, DI-22, DI-30.", subcommand)]
    Registry(discovery::Registry),
    /// List the license servers: type, last seen, as lsview of the 2003 kit did
    #[command(
        after_help = "Example:  tsl lsview\n          tsl lsview --every 5m --log lsview.log\nRules: TL-03. A workgroup's server shows as Domain."
    )]
    Lsview(discovery::Lsview),
    /// Show the directory, or change its group of license servers
    #[command(after_help = "Example:  tsl directory users", subcommand)]
    Directory(network::Directory),
    /// Look at a license server's group membership, publication and scope
    #[command(after_help = "Example:  tsl review-configuration --server LS1\nRules: TL-08, W08-05, DI-23 to DI-25.")]
    ReviewConfiguration(per_user::Review),
    /// Report who holds a user license, from 2008 on
    #[command(
        after_help = "Example:  tsl per-user-report --domain LAB --unit SALES\n          tsl per-user-report --kept\nRules: TL-07, W08-04 to W08-06. For 2003 see tsl people."
    )]
    PerUserReport(per_user::Report),
    /// List who worked on a terminal server in Per User mode: each owes one User CAL
    #[command(after_help = "Example:  tsl people --server TS2\nRules: PU-07 (nothing enforces it), PU-08 (people, not sessions).")]
    People(per_user::People),
    /// Show or move the lab's time
    #[command(
        after_help = "Example:  tsl clock freeze\n          tsl clock advance 89d\n          tsl clock set 2026-12-24T20:00:00Z\n          tsl clock advance 10m --server LS1     skew: one clock alone\nTime only goes forward. What falls due in between (the sweep of LS-09, say) happens at its own moment, on every service in order.",
        subcommand
    )]
    Clock(time::Clock),
    /// Seed the dice, or lay down the life of the next permanent CAL
    #[command(
        after_help = "Example:  tsl dice --next-life 89\n          tsl dice --seed 7\nA permanent CAL lives 52 to 89 days, at random (OQ-7); a lesson may want to know which."
    )]
    Dice(time::Dice),
    /// Show how the journals of the services stand
    #[command(after_help = journals::HELP)]
    Journal(journals::Journals),
    /// Show a service's API description (OpenAPI)
    #[command(after_help = "Example:  tsl openapi --server LS1 > license-server.json")]
    Openapi(history::Openapi),
    /// Write a completion script for a shell
    #[command(after_help = completing::HELP)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Say what may be typed next: for the scripts of `tsl completions`
    #[command(hide = true)]
    Complete {
        /// The words of the line up to the one that is being typed, without `tsl`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
}

/// What every command gets: where to find the lab, where to print.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    addresses: Addresses,
    out: Out,
}

impl Context {
    fn lab(&self) -> Result<Lab, Failure> {
        Lab::find(&self.addresses)
    }
}

/// Reads the command line, does it, and says how it went.
#[must_use]
pub fn run() -> ExitCode {
    let cli = match tree().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return misused(&error),
    };
    let json = cli.json;
    let done = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::Broken(format!("no runtime can be started here: {error}")))
        .and_then(|runtime| {
            let done = runtime.block_on(cli.run());
            // Nobody waits for a thread that waits for Enter.
            runtime.shutdown_background();
            done
        });
    let Err(failure) = done else { return ExitCode::SUCCESS };
    report(&failure, json);
    ExitCode::from(failure.exit_code())
}

/// The tree of commands, with its groups.
pub(crate) fn tree() -> clap::Command {
    let command = Cli::command();
    let groups = groups::list(&command);
    let command = command.help_template(TEMPLATE).before_help(format!("{groups}\n\n"));
    out::width().into_iter().fold(command, |command, width| command.term_width(width.min(110)))
}

/// A line that cannot be read as a command; for a script that asked for JSON the reason is a document too.
fn misused(error: &clap::Error) -> ExitCode {
    let json = std::env::args().any(|word| word == "--json");
    if !error.use_stderr() {
        // Help, on standard output; nobody is left to be told when that is gone.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.render().to_string();
    report(&Failure::Usage(text.trim().trim_start_matches("error: ").to_owned()), json);
    ExitCode::from(2)
}

impl Cli {
    async fn run(self) -> Result<(), Failure> {
        let context = Context { addresses: self.addresses, out: Out { json: self.json } };
        match self.command {
            Command::Up(args) => args.run(&context).await,
            Command::Play(args) => args.run(&context).await,
            Command::Service(args) => args.run(&context).await,
            Command::Wait(args) => args.run(&context).await,
            Command::Reset(args) => args.run(&context),
            Command::Status => operate::status(&context).await,
            Command::Setup(args) => args.run(&context).await,
            Command::Trust => operate::trust(&context).await,
            Command::Forget { name, leaked } => operate::forget(&context, &name, leaked).await,
            Command::Activate(args) => args.run(&context).await,
            Command::Deactivate(args) => args.run(&context).await,
            Command::Reactivate(args) => args.run(&context).await,
            Command::Phone(args) => args.run(&context).await,
            Command::Backup(args) => args.run(&context).await,
            Command::Restore(args) => args.run(&context).await,
            Command::Buy(args) => args.run(&context).await,
            Command::Install(args) => args.run(&context).await,
            Command::SetupWizard(args) => args.run(&context).await,
            Command::LicMgr(args) => args.run(&context).await,
            Command::LsReport(args) => args.run(&context).await,
            Command::TsCtst(args) => args.run(&context),
            Command::Diagnose(args) => args.run(&context).await,
            Command::Owed(args) => args.run(&context).await,
            Command::Packs(args) => args.run(&context).await,
            Command::Revoke(args) => args.run(&context).await,
            Command::Convert(args) => args.run(&context).await,
            Command::Migrate(args) => args.run(&context).await,
            Command::RebuildDatabase(args) => args.run(&context).await,
            Command::Peers(args) => args.run(&context).await,
            Command::Licenses(args) => args.run(&context).await,
            Command::Records(args) => args.run(&context).await,
            Command::Root => operate::root(&context).await,
            Command::Group(args) => args.run(&context).await,
            Command::Connect(args) => args.run(&context).await,
            Command::Client(args) => args.run(&context),
            Command::Certificate(args) => args.run(&context).await,
            Command::Break(args) => args.run(&context).await,
            Command::Sessions(args) => args.run(&context).await,
            Command::Logoff(args) => args.run(&context).await,
            Command::Verdicts(args) => args.run(&context).await,
            Command::Trace(args) => args.run(&context).await,
            Command::Events(args) => args.run(&context).await,
            Command::Grace(args) => args.run(&context).await,
            Command::Mode(args) => args.run(&context).await,
            Command::Nt(args) => args.run(&context).await,
            Command::Settings(args) => args.run(&context).await,
            Command::Switches(args) => args.run(&context).await,
            Command::Rule(args) => args.run(&context),
            Command::Sim(args) => args.run(&context),
            Command::Accounts(args) => args.run(&context).await,
            Command::Servers(args) => args.run(&context).await,
            Command::Network(args) => args.run(&context).await,
            Command::Discover(args) => args.run(&context).await,
            Command::Registry(args) => args.run(&context).await,
            Command::Lsview(args) => args.run(&context).await,
            Command::Directory(args) => args.run(&context).await,
            Command::ReviewConfiguration(args) => args.run(&context).await,
            Command::PerUserReport(args) => args.run(&context).await,
            Command::People(args) => args.run(&context).await,
            Command::Clock(args) => args.run(&context).await,
            Command::Dice(args) => args.run(&context).await,
            Command::Journal(args) => args.run(&context).await,
            Command::Openapi(args) => args.run(&context).await,
            Command::Completions { shell } => completing::script(&mut tree(), shell),
            Command::Complete { words } => {
                completing::candidates(&context, &tree(), &words);
                Ok(())
            }
        }
    }
}

/// A failure for people goes to standard error; with `--json` a problem goes to standard output, for the script, unless a document stands
/// there already.
fn report(failure: &Failure, json: bool) {
    let mut errors = io::stderr().lock();
    let said = |text: &str| {
        let text = out::fitted(&format!("tsl: {text}"), true);
        format!("{}{}", Out { json }.tinted("tsl:", Tint::Bad, true), text.strip_prefix("tsl:").unwrap_or(&text))
    };
    // Nobody is left to be told when standard error is gone.
    let _ = match failure {
        Failure::Problem(problem) if json => {
            let text = serde_json::to_string_pretty(problem).unwrap_or_default();
            writeln!(io::stdout().lock(), "{text}")
        }
        Failure::Silent { .. } | Failure::Usage(_) | Failure::Broken(_) if json && !out::has_shown() => {
            let code = match failure {
                Failure::Usage(_) => "usage",
                Failure::Silent { .. } => "silent",
                Failure::Problem(_) | Failure::Broken(_) | Failure::Denied(_) => "failed",
            };
            let value = serde_json::json!({ "code": code, "detail": failure.to_string(), "exit": failure.exit_code() });
            writeln!(io::stdout().lock(), "{value:#}")
        }
        Failure::Problem(problem) => {
            let rules = if problem.rules.is_empty() { String::new() } else { format!("\n  rules: {}", listed(&problem.rules)) };
            writeln!(errors, "{}", said(&format!("{problem}\n  what to do: {}{rules}", problem.cure)))
        }
        Failure::Silent { .. } | Failure::Usage(_) | Failure::Broken(_) | Failure::Denied(_) => {
            writeln!(errors, "{}", said(&failure.to_string()))
        }
    };
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    /// Where a server is not what a command is done to, but where it is done, it is `--server`.
    #[test]
    fn a_server_is_given_with_the_same_switch_to_every_command() {
        fn walk(command: &clap::Command, path: &str, faults: &mut Vec<String>) {
            let path = format!("{path} {}", command.get_name());
            for argument in command.get_arguments() {
                let (id, long) = (argument.get_id().as_str(), argument.get_long());
                let is_server = ["server", "service", "servers"].contains(&id) || long == Some("service");
                // These take care of whole services, which are what is done something to.
                let is_operand = long.is_none() && ["journal", "group"].iter().any(|word| path.split(' ').any(|part| part == *word));
                if is_server && long != Some("server") && !is_operand {
                    faults.push(format!("{path}: {id}"));
                }
            }
            command.get_subcommands().for_each(|one| walk(one, &path, faults));
        }
        let mut faults = Vec::new();
        walk(&super::Cli::command(), "", &mut faults);
        assert!(faults.is_empty(), "{faults:?}");
    }

    /// The tree of commands has no contradictions that clap would only find when it is used.
    #[test]
    fn the_command_tree_is_sound() {
        super::Cli::command().debug_assert();
    }
}
