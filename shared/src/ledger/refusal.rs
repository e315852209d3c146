//! Why a command to a license server is improper.

use crate::model::{Generation, PackId, ProductVersion, ServerName};
use crate::rulebook::{RuleId, rule};
use crate::wire::problem::{Problem, ProblemCode};

/// Why a command was improper.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The service has not said who it is yet.
    #[error("this license server has not been started yet")]
    NotStarted,
    /// The data directory is another server's.
    #[error("this data directory belongs to {name} ({generation}); start it under that name and generation, or give another directory")]
    OtherServer {
        /// Whose it is.
        name: ServerName,
        /// Its generation.
        generation: Generation,
    },
    /// Another clearinghouse is trusted already.
    #[error("this license server belongs to clearinghouse {0}; it cannot change to another one")]
    OtherClearinghouse(ServerName),
    /// Another key is pinned under that name.
    #[error(
        "{0} is enrolled with another key: compare the thumbprints; if the machine was set up anew, take the old enrolment back first (tsl forget {0}), then enrol it (tsl trust)"
    )]
    OtherKey(ServerName),
    /// A license server is no neighbour of its own.
    #[error("a license server is not enrolled at itself")]
    Itself,
    /// Not enrolled.
    #[error("no license server {0} is enrolled here")]
    NoSuchServer(ServerName),
    /// Not enrolled.
    #[error("no terminal server {0} is enrolled here")]
    NoSuchTerminalServer(ServerName),
    /// There is no enrolment to take back.
    #[error("this server was given no directory")]
    NoDirectory,
    /// No such record.
    #[error("no license {0} is on record; `tsl licenses` lists them with their numbers")]
    NoSuchLicense(u64),
    /// No such pack.
    #[error("no key pack {0} is installed")]
    NoSuchPack(PackId),
    /// AM-17: the administrator has ordered nothing for that server.
    #[error(
        "this license server's administrator has ordered no pack for {0}: tsl packs release PACK --to {0} --server HERE, then ask again"
    )]
    NoOrder(ServerName),
    /// No order for that pack.
    #[error("nothing is ordered for the pack {0}; `tsl packs orders` lists what is")]
    NoOrderFor(PackId),
    /// The tools of this generation cannot.
    #[error("{tool} is beyond the tools of {}", .generation.title())]
    NoSuchTool {
        /// What.
        tool: &'static str,
        /// The generation.
        generation: Generation,
    },
    /// Only permanents of a pack that still hold can be revoked.
    #[error("license {0} cannot be revoked: only a permanent device CAL that was drawn from a pack and has not ended can")]
    NotRevocable(u64),
    /// CON-13: the switch.
    #[error("CALs of version {0} are not revoked here: revoke-2008-only is on")]
    VersionNotRevocable(ProductVersion),
    /// AC-33: installed before.
    #[error("key pack {0} is already installed")]
    PackInstalled(PackId),
    /// AC-36, VC-08: too new for this server.
    #[error("the pack is for product version {pack}, this license server is {server}")]
    PackVersion {
        /// The pack's version.
        pack: ProductVersion,
        /// The server's.
        server: ProductVersion,
    },
    /// AC-30: not activated.
    #[error("CALs can be installed only after activation")]
    NotActivated,
    /// AC-17: an id of an activation that is over.
    #[error("this License Server ID belongs to activation {0} of this server, which is over; ask for a new one with a reason (AC-25)")]
    OldId(u16),
    /// AC-24: there is no activation to work with.
    #[error("this license server is {0}")]
    NoActivation(&'static str),
    /// AC-25: only what was activated once is activated again.
    #[error("this license server was never activated: activate it, without a reason")]
    NeverActivated,
    /// AC-38: the backup is not for this server.
    #[error("{0}")]
    Backup(String),
    /// AC-38: a part of a backup without its beginning.
    #[error("no restore has begun, or it has ended already (`tsl events` says so); send its facts first")]
    NoRestore,
    /// W2K-13: a 2000 license server of a domain stands on a controller.
    #[error("{0} is no domain controller: in a domain of Active Directory a Windows 2000 license server runs on one")]
    NotOnController(ServerName),
    /// W2K-06: permanents of this generation have no end.
    #[error("permanents of {} have no end, so no life can be laid down", .0.title())]
    NoEnd(Generation),
    /// A number outside its range.
    #[error("{what} must be from {low} to {high}, not {given}")]
    OutOfRange {
        /// Which number.
        what: &'static str,
        /// The lowest.
        low: u32,
        /// The highest.
        high: u32,
        /// What was given.
        given: u32,
    },
}

impl Refusal {
    /// The refusal as a problem.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let (code, rules): (ProblemCode, &[RuleId]) = match self {
            Refusal::NotStarted | Refusal::OtherServer { .. } | Refusal::OtherClearinghouse(_) | Refusal::OtherKey(_) => {
                (ProblemCode::Conflict, &[])
            }
            Refusal::NoSuchLicense(_) | Refusal::NoSuchPack(_) => (ProblemCode::NotFound, &[]),
            Refusal::NoOrder(_) => (ProblemCode::Forbidden, &[rule::AM_17]),
            Refusal::NoOrderFor(_) => (ProblemCode::NotFound, &[rule::AM_17]),
            Refusal::NoSuchTool { .. } => (ProblemCode::Conflict, &[rule::RC_06, rule::W08_07, rule::W08_11, rule::W08_12, rule::W08_13]),
            Refusal::NotRevocable(_) => (ProblemCode::Conflict, &[rule::W08_07]),
            Refusal::VersionNotRevocable(_) => (ProblemCode::Conflict, &[rule::W08_10, rule::CON_13]),
            Refusal::Itself => (ProblemCode::Invalid, &[]),
            Refusal::NoSuchServer(_) | Refusal::NoSuchTerminalServer(_) | Refusal::NoDirectory => (ProblemCode::NotFound, &[]),
            Refusal::PackInstalled(_) => (ProblemCode::PackInstalled, &[rule::AC_33]),
            Refusal::PackVersion { .. } => (ProblemCode::PackVersion, &[rule::AC_36, rule::VC_08]),
            Refusal::NotActivated => (ProblemCode::NotActivated, &[rule::AC_30]),
            Refusal::OldId(_) => (ProblemCode::CodeRefused, &[rule::AC_17, rule::AC_25]),
            Refusal::NoActivation(_) | Refusal::NeverActivated => (ProblemCode::NotActivated, &[rule::AC_24, rule::AC_25]),
            Refusal::Backup(_) | Refusal::NoRestore => (ProblemCode::BackupRefused, &[rule::AC_38]),
            Refusal::NotOnController(_) => (ProblemCode::Conflict, &[rule::W2K_13]),
            Refusal::NoEnd(_) => (ProblemCode::Conflict, &[rule::W2K_06]),
            Refusal::OutOfRange { .. } => (ProblemCode::Invalid, &[]),
        };
        Problem::new(code, self.to_string()).under(rules)
    }
}
