//! The administrator's tools, and the troubles that bring people to them.

use super::Status::{Later, Working};
use super::{Rule, rule};

#[rustfmt::skip]
pub(super) const TOOLS: &[Rule] = &[
    rule("TL-01", Later, "The licensing manager: servers, their activation, packs, holders and actions.", &[]),
    rule("TL-02", Working, "The NT 4.0 license manager: categories and their counts.", &["shared::node::workstation::reports::licenses", "lab::cli::nt::show_licenses"]),
    rule("TL-03", Working, "lsview: which license servers are there, of which role, seen when.", &["lab::cli::discovery::Lsview"]),
    rule("TL-04", Later, "lsreport: everything issued, as tab-separated text.", &[]),
    rule("TL-05", Later, "tsctst: what a client has in its store.", &[]),
    rule("TL-06", Later, "The Licensing Diagnoser.", &[]),
    rule("TL-07", Working, "The per-user report of 2008.", &["shared::ledger::network::report", "lab::cli::per_user::Report"]),
    rule("TL-08", Working, "Review Configuration: group, publication and scope.", &["license_server::network::review", "lab::cli::per_user::Review"]),
    rule("TL-09", Later, "Installing CALs asks the wizard's questions in the wizard's order.", &[]),
    rule("TL-10", Later, "Installing a license server asks for its role, then offers activation.", &[]),
];

#[rustfmt::skip]
pub(super) const TROUBLES: &[Rule] = &[
    rule("FT-01", Later, "It worked for four months, then for nobody: grace is over and there is no license server.", &[]),
    rule("FT-02", Later, "It worked for three months, then PC after PC failed: only temporaries were ever given.", &[]),
    rule("FT-03", Later, "The same with CALs bought: they are User CALs and the mode is Per Device.", &[]),
    rule("FT-04", Later, "The mode changes by itself: set-up wrote a value that is none.", &[]),
    rule("FT-05", Later, "A license server is there and is not seen.", &[]),
    rule("FT-06", Later, "One PC holds several CALs.", &[]),
    rule("FT-07", Later, "A scrapped PC holds a CAL.", &[]),
    rule("FT-08", Later, "Thin clients take a CAL each time they are switched on.", &[]),
    rule("FT-09", Later, "Cloned PCs: fewer devices in the books than at work.", &[]),
    rule("FT-10", Later, "The client is told that its license was modified: the store came from another machine.", &[]),
    rule("FT-11", Later, "A protocol error follows the deletion of the store: it cannot be written without elevation.", &[]),
    rule("FT-12", Later, "Security errors after an upgrade: the terminal server's own certificate is damaged.", &[]),
    rule("FT-13", Later, "The license server's database is damaged.", &[]),
    rule("FT-14", Later, "A license server was rebuilt: issued CALs are there, unissued ones are gone.", &[]),
    rule("FT-15", Later, "The security group was switched on and everybody is denied.", &[]),
    rule("FT-16", Later, "2000 terminal servers use 2003 CALs up.", &[]),
    rule("FT-17", Later, "After a migration the old license server still issues.", &[]),
    rule("FT-18", Later, "NT 4.0: not even the administrator gets in.", &[]),
    rule("FT-19", Later, "The clocks of terminal and license server differ.", &[]),
    rule("FT-20", Later, "The licensing service fails on one date only.", &[]),
    rule("FT-21", Later, "A revocation is refused.", &[]),
    rule("FT-22", Later, "The per-user report stays empty.", &[]),
    rule("FT-23", Later, "A license server's private key got out.", &[]),
    rule("FT-24", Later, "Grace ended with 80 days left: a permanent CAL came in.", &[]),
    rule("FT-25", Later, "A new license server is up and clients are refused for minutes yet.", &[]),
];
