//! The administrator's tools, and the troubles that bring people to them.

use super::family;

family! {
    TOOLS:
    TL_01 = "TL-01", Working, "The licensing manager: servers, their activation, packs, holders and actions.", ["lab::cli::licmgr::LicMgr"];
    TL_02 = "TL-02", Working, "The NT 4.0 license manager: categories and their counts.", ["shared::node::workstation::reports::licenses", "lab::cli::nt::show_licenses"];
    TL_03 = "TL-03", Working, "lsview: which license servers are there, of which role, seen when.", ["lab::cli::discovery::Lsview"];
    TL_04 = "TL-04", Working, "lsreport: everything issued, as tab-separated text.", ["lab::cli::lsreport::LsReport"];
    TL_05 = "TL-05", Working, "tsctst: what a client has in its store.", ["lab::cli::tsctst::TsCtst"];
    TL_06 = "TL-06", Working, "The Licensing Diagnoser.", ["lab::cli::diagnose::Diagnose", "lab::diagnosis::findings", "lab::diagnosis::remedy::Remedy"];
    TL_07 = "TL-07", Working, "The per-user report of 2008.", ["shared::ledger::network::report", "lab::cli::per_user::Report"];
    TL_08 = "TL-08", Working, "Review Configuration: group, publication and scope.", ["license_server::network::review", "lab::cli::per_user::Review"];
    TL_09 = "TL-09", Working, "Installing CALs asks the wizard's questions in the wizard's order.", ["lab::cli::wizards::install_wizard"];
    TL_10 = "TL-10", Working, "Installing a license server asks for its role, then offers activation.", ["lab::cli::wizards::SetupWizard"];
}

family! {
    TROUBLES:
    FT_01 = "FT-01", Working, "It worked for four months, then for nobody: grace is over and there is no license server.", ["docs/labs/ft-01-no-license-server.md"];
    FT_02 = "FT-02", Working, "It worked for three months, then PC after PC failed: only temporaries were ever given.", ["docs/labs/ft-02-only-temporaries.md"];
    FT_03 = "FT-03", Working, "The same with CALs bought: they are User CALs and the mode is Per Device.", ["docs/labs/ft-03-user-cals-per-device.md"];
    FT_04 = "FT-04", Working, "The mode changes by itself: set-up wrote a value that is none.", ["docs/labs/ft-04-mode-flips.md"];
    FT_05 = "FT-05", Working, "A license server is there and is not seen.", ["docs/labs/ft-05-server-not-found.md"];
    FT_06 = "FT-06", Working, "One PC holds several CALs.", ["docs/labs/ft-06-several-cals.md"];
    FT_07 = "FT-07", Working, "A scrapped PC holds a CAL.", ["docs/labs/ft-07-scrapped-pc.md"];
    FT_08 = "FT-08", Working, "Thin clients take a CAL each time they are switched on.", ["docs/labs/ft-08-thin-clients.md", "client::device::Memory"];
    FT_09 = "FT-09", Working, "Cloned PCs: fewer devices in the books than at work.", ["docs/labs/ft-09-cloned-pcs.md"];
    FT_10 = "FT-10", Working, "The client is told that its license was modified: the store came from another machine.", ["docs/labs/ft-10-modified-license.md"];
    FT_11 = "FT-11", Working, "A protocol error follows the deletion of the store: it cannot be written without elevation.", ["docs/labs/ft-11-protocol-error.md"];
    FT_12 = "FT-12", Working, "Security errors after an upgrade: the terminal server's own certificate is damaged.", ["docs/labs/ft-12-security-error.md", "shared::node::connection::breach"];
    FT_13 = "FT-13", Working, "The license server's database is damaged.", ["docs/labs/ft-13-damaged-database.md", "lab::cli::journals::Journals"];
    FT_14 = "FT-14", Working, "A license server was rebuilt: issued CALs are there, unissued ones are gone.", ["docs/labs/ft-14-unissued-cals-gone.md"];
    FT_15 = "FT-15", Working, "The security group was switched on and everybody is denied.", ["docs/labs/ft-15-security-group.md"];
    FT_16 = "FT-16", Working, "2000 terminal servers use 2003 CALs up.", ["docs/labs/ft-16-drained-by-2000.md"];
    FT_17 = "FT-17", Working, "After a migration the old license server still issues.", ["docs/labs/ft-17-old-server-still-serves.md"];
    FT_18 = "FT-18", Working, "NT 4.0: not even the administrator gets in.", ["docs/labs/ft-18-nt4-nobody-gets-in.md"];
    FT_19 = "FT-19", Working, "The clocks of terminal and license server differ.", ["docs/labs/ft-19-clocks-differ.md"];
    FT_20 = "FT-20", Working, "The licensing service fails on one date only.", ["docs/labs/ft-20-leap-day.md"];
    FT_21 = "FT-21", Working, "A revocation is refused.", ["docs/labs/ft-21-revocation-refused.md"];
    FT_22 = "FT-22", Working, "The per-user report stays empty.", ["docs/labs/ft-22-empty-per-user-report.md"];
    FT_23 = "FT-23", Working, "A license server's private key got out.", ["docs/labs/ft-23-key-leaked.md", "chassis::identity::replace_key", "shared::ledger::activation::replace_key"];
    FT_24 = "FT-24", Working, "Grace ended with 80 days left: a permanent CAL came in.", ["docs/labs/ft-24-grace-ended-early.md"];
    FT_25 = "FT-25", Working, "A new license server is up and clients are refused for minutes yet.", ["docs/labs/ft-25-refused-for-minutes.md"];
}
