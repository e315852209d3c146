//! The administrator's tools, and the troubles that bring people to them.

use super::Status::Working;
use super::{Rule, rule};

#[rustfmt::skip]
pub(super) const TOOLS: &[Rule] = &[
    rule("TL-01", Working, "The licensing manager: servers, their activation, packs, holders and actions.", &["lab::cli::licmgr::LicMgr"]),
    rule("TL-02", Working, "The NT 4.0 license manager: categories and their counts.", &["shared::node::workstation::reports::licenses", "lab::cli::nt::show_licenses"]),
    rule("TL-03", Working, "lsview: which license servers are there, of which role, seen when.", &["lab::cli::discovery::Lsview"]),
    rule("TL-04", Working, "lsreport: everything issued, as tab-separated text.", &["lab::cli::lsreport::LsReport"]),
    rule("TL-05", Working, "tsctst: what a client has in its store.", &["lab::cli::tsctst::TsCtst"]),
    rule("TL-06", Working, "The Licensing Diagnoser.", &["lab::cli::diagnose::Diagnose", "lab::diagnosis::findings", "lab::diagnosis::remedy::Remedy"]),
    rule("TL-07", Working, "The per-user report of 2008.", &["shared::ledger::network::report", "lab::cli::per_user::Report"]),
    rule("TL-08", Working, "Review Configuration: group, publication and scope.", &["license_server::network::review", "lab::cli::per_user::Review"]),
    rule("TL-09", Working, "Installing CALs asks the wizard's questions in the wizard's order.", &["lab::cli::wizards::install_wizard"]),
    rule("TL-10", Working, "Installing a license server asks for its role, then offers activation.", &["lab::cli::wizards::SetupWizard"]),
];

#[rustfmt::skip]
pub(super) const TROUBLES: &[Rule] = &[
    rule("FT-01", Working, "It worked for four months, then for nobody: grace is over and there is no license server.", &["docs/labs/ft-01-no-license-server.md"]),
    rule("FT-02", Working, "It worked for three months, then PC after PC failed: only temporaries were ever given.", &["docs/labs/ft-02-only-temporaries.md"]),
    rule("FT-03", Working, "The same with CALs bought: they are User CALs and the mode is Per Device.", &["docs/labs/ft-03-user-cals-per-device.md"]),
    rule("FT-04", Working, "The mode changes by itself: set-up wrote a value that is none.", &["docs/labs/ft-04-mode-flips.md"]),
    rule("FT-05", Working, "A license server is there and is not seen.", &["docs/labs/ft-05-server-not-found.md"]),
    rule("FT-06", Working, "One PC holds several CALs.", &["docs/labs/ft-06-several-cals.md"]),
    rule("FT-07", Working, "A scrapped PC holds a CAL.", &["docs/labs/ft-07-scrapped-pc.md"]),
    rule("FT-08", Working, "Thin clients take a CAL each time they are switched on.", &["docs/labs/ft-08-thin-clients.md", "lab::device::Memory"]),
    rule("FT-09", Working, "Cloned PCs: fewer devices in the books than at work.", &["docs/labs/ft-09-cloned-pcs.md"]),
    rule("FT-10", Working, "The client is told that its license was modified: the store came from another machine.", &["docs/labs/ft-10-modified-license.md"]),
    rule("FT-11", Working, "A protocol error follows the deletion of the store: it cannot be written without elevation.", &["docs/labs/ft-11-protocol-error.md"]),
    rule("FT-12", Working, "Security errors after an upgrade: the terminal server's own certificate is damaged.", &["docs/labs/ft-12-security-error.md", "shared::node::connection::breach"]),
    rule("FT-13", Working, "The license server's database is damaged.", &["docs/labs/ft-13-damaged-database.md", "lab::cli::journals::Journals"]),
    rule("FT-14", Working, "A license server was rebuilt: issued CALs are there, unissued ones are gone.", &["docs/labs/ft-14-unissued-cals-gone.md"]),
    rule("FT-15", Working, "The security group was switched on and everybody is denied.", &["docs/labs/ft-15-security-group.md"]),
    rule("FT-16", Working, "2000 terminal servers use 2003 CALs up.", &["docs/labs/ft-16-drained-by-2000.md"]),
    rule("FT-17", Working, "After a migration the old license server still issues.", &["docs/labs/ft-17-old-server-still-serves.md"]),
    rule("FT-18", Working, "NT 4.0: not even the administrator gets in.", &["docs/labs/ft-18-nt4-nobody-gets-in.md"]),
    rule("FT-19", Working, "The clocks of terminal and license server differ.", &["docs/labs/ft-19-clocks-differ.md"]),
    rule("FT-20", Working, "The licensing service fails on one date only.", &["docs/labs/ft-20-leap-day.md"]),
    rule("FT-21", Working, "A revocation is refused.", &["docs/labs/ft-21-revocation-refused.md"]),
    rule("FT-22", Working, "The per-user report stays empty.", &["docs/labs/ft-22-empty-per-user-report.md"]),
    rule("FT-23", Working, "A license server's private key got out.", &["docs/labs/ft-23-key-leaked.md", "chassis::identity::replace_key", "shared::ledger::activation::replace_key"]),
    rule("FT-24", Working, "Grace ended with 80 days left: a permanent CAL came in.", &["docs/labs/ft-24-grace-ended-early.md"]),
    rule("FT-25", Working, "A new license server is up and clients are refused for minutes yet.", &["docs/labs/ft-25-refused-for-minutes.md"]),
];
