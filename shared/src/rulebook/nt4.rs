//! Windows NT 4.0 Terminal Server Edition: two licenses a connection, one of them only reported.

use super::family;

family! {
    RULES:
    NT_01 = "NT-01", Working, "Each connection takes a workstation license, which is tracked, and a server CAL, which is counted.", ["shared::node::workstation::judge::judge", "shared::policy::admission::assess"];
    NT_02 = "NT-02", Working, "Clients that are NT 4.0 themselves belong to an unlimited category and use nothing up.", ["shared::policy::nt4::categories::category"];
    NT_03 = "NT-03", Working, "A client of the NT 3.5 line takes an Upgrade license.", ["shared::policy::nt4::categories::category"];
    NT_04 = "NT-04", Working, "Any client that is not an NT workstation takes a Full license.", ["shared::policy::nt4::categories::category"];
    NT_05 = "NT-05", Working, "Three categories are always listed; the two for temporaries appear when first used.", ["shared::policy::nt4::categories::title", "shared::node::workstation::reports::licenses"];
    NT_06 = "NT-06", Working, "The client's set-up reminds of both licenses and checks neither.", ["lab::cli::client::setup_notice"];
    NT_07 = "NT-07", Explained, "Why a workstation license at all: a session delivers a workstation to whoever connects.", ["lab::cli::nt::HELP"];
    NT_10 = "NT-10", Working, "With Full or Upgrade used up and a server CAL free, the client is let in on a temporary of its category.", ["shared::policy::nt4::granting::grant"];
    NT_11 = "NT-11", Working, "Without a free server CAL nobody gets in; more workstation licenses do not change that.", ["shared::policy::nt4::counting::has_free", "shared::node::workstation::judge::denied"];
    NT_12 = "NT-12", Working, "That denial is event 201, naming SYSTEM and TermService; for file access it names the user and the SMB server.", ["shared::policy::nt4::events::no_server_cal_for_session", "shared::policy::nt4::events::no_server_cal_for_share"];
    NT_13 = "NT-13", Working, "The denied client reads one general sentence, whatever the reason was.", ["shared::policy::denials::text"];
    NT_14 = "NT-14", Working, "Per Server counts those connected now and denies at the number bought.", ["shared::policy::nt4::counting::has_free"];
    NT_15 = "NT-15", Working, "Per Seat never denies by count; the switch to it goes one way only.", ["shared::policy::nt4::counting::at_start", "shared::node::workstation::decide::choose_per_seat"];
    NT_16 = "NT-16", Working, "File, print and terminal use draw on one counter.", ["shared::node::workstation::reports::in_use", "shared::node::workstation::decide::open_share"];
    NT_17 = "NT-17", Working, "Somebody at the console uses a CAL that the in-use figure leaves out.", ["shared::policy::nt4::counting::shown", "shared::node::workstation::decide::log_on_at_console"];
    NT_18 = "NT-18", Working, "One CAL and somebody at the console: every remote client is denied while the figure says 0.", ["shared::policy::nt4::counting::has_free"];
    NT_19 = "NT-19", Working, "An administrator is denied over RDP like everybody; the console stays open to him.", ["shared::node::workstation::judge::denied", "shared::node::workstation::decide::log_on_at_console"];
    NT_20 = "NT-20", Working, "With the licensing service stopped clients still connect; they are merely not tracked.", ["shared::policy::nt4::granting::grant", "terminal_server::nt4::service::stop"];
    NT_21 = "NT-21", Working, "A domain logon without a license works, but the terminal-server profile stays unloaded.", ["shared::node::workstation::judge::logged_on"];
    NT_30 = "NT-30", Working, "A temporary lasts 60 days.", ["shared::policy::terms::terms", "shared::node::workstation::judge::mint"];
    NT_31 = "NT-31", Working, "Licenses added later do not shorten a temporary that still runs.", ["shared::policy::nt4::granting::rule_of_held"];
    NT_32 = "NT-32", Working, "When a temporary has ended and a license is free, the client takes that.", ["shared::policy::nt4::granting::grant"];
    NT_33 = "NT-33", Working, "When none is free it takes another temporary, as often as need be.", ["shared::policy::nt4::granting::grant"];
    NT_40 = "NT-40", Working, "The database is hydra.mdb, found through a data source with a fixed name.", ["shared::policy::nt4::starting::start", "terminal_server::nt4::database::look"];
    NT_41 = "NT-41", Working, "A missing or damaged database keeps the service from starting: events 7024 and 7.", ["shared::policy::nt4::starting::start", "shared::policy::nt4::events::start_failed"];
    NT_42 = "NT-42", Working, "A cryptography mismatch keeps it from starting too: events 13 and 7024.", ["shared::policy::nt4::starting::start", "shared::node::workstation::judge::denied"];
    NT_43 = "NT-43", Working, "An empty database is made by putting the blank file in place while the service is stopped.", ["shared::node::workstation::decide::know_database", "terminal_server::nt4::service::blank_database"];
    NT_44 = "NT-44", Working, "32-bit machines keep their license under the MSLicensing key.", ["shared::node::workstation::judge::is_own", "client::device::store", "terminal_server::nt4::sealing::seal"];
    NT_45 = "NT-45", Working, "Windows for Workgroups keeps its license in files of its own.", ["lab::cli::client::show_files"];
    NT_46 = "NT-46", Working, "Each start of the service makes seven scratch files, numbered by the first free block of seven.", ["terminal_server::nt4::scratch::first_free_block"];
    NT_47 = "NT-47", Working, "A clean stop at the console takes the scratch files away.", ["terminal_server::nt4::scratch::drop", "terminal_server::nt4::service::restart"];
    NT_48 = "NT-48", Working, "A power cut, or a shutdown from inside a session, leaves them.", ["terminal_server::nt4::scratch::abandon"];
    NT_49 = "NT-49", Working, "Deleting scratch files removes the closed ones; open ones refuse.", ["terminal_server::nt4::scratch::delete"];
    NT_50 = "NT-50", Working, "The way of a new license: scratch file, client, logon, database, then out of the scratch file.", ["terminal_server::nt4::hand_out", "shared::node::workstation::judge::logged_on", "terminal_server::nt4::written"];
    NT_51 = "NT-51", Working, "On 29 February 2000 the service may not start before Service Pack 5.", ["shared::policy::nt4::starting::has_leap_day_defect"];
    NT_52 = "NT-52", Working, "A handheld that changes its identity takes one license after the other.", ["client::device::change_identity", "shared::node::workstation::judge::findings"];
    NT_53 = "NT-53", Working, "A shutdown from inside a session does not tell the services and costs nothing but left-over files.", ["terminal_server::nt4::service::restart"];
}
