//! Windows Server 2003: modes, grace, the connection per device and per user, the license server, renewal, versions.

use super::family;

family! {
    MODES:
    WS03_01 = "WS03-01", Working, "A fresh terminal server is Per Device.", ["shared::model::mode::PolicyAcOn"];
    WS03_02 = "WS03-02", Working, "2 is Per Device, 4 is Per User; with any other value devices get temporaries and nothing better.", ["shared::policy::modes::mode", "shared::policy::issuing::after_temporary", "shared::policy::issuing::permanent_on_record"];
    WS03_03 = "WS03-03", Working, "A change of mode counts from the next connection, without a restart, and leaves stored licenses alone.", ["shared::node::decide::change_settings"];
    WS03_04 = "WS03-04", Working, "Each terminal server has one mode; servers of different modes share a license server.", ["shared::policy::modes::mode", "shared::node::connection::assess"];
    WS03_05 = "WS03-05", Working, "Per Device with nothing but User CALs: temporaries for 90 days, then denial.", ["shared::ledger::reports::free_pack", "shared::policy::verdict::declined"];
    WS03_06 = "WS03-06", Working, "Per User with nothing but Device CALs lets everybody in, in or out of compliance.", ["shared::policy::per_user::judge"];
    WS03_07 = "WS03-07", Working, "Whoever wants both kinds on one server sets Per User and keeps the books himself.", ["shared::policy::per_user::judge"];
    WS03_08 = "WS03-08", Working, "An External Connector runs as Per User, counted nowhere.", ["shared::policy::per_user::judge"];
    WS03_09 = "WS03-09", Explained, "Every Windows session owes a terminal-services CAL, whatever the client runs; no built-in pool any more.", ["docs/GLOSSARY.md"];
    WS03_10 = "WS03-10", Working, "Owners of XP Professional before 2003-04-24 got a CAL for each free of charge, until mid-2007.", ["shared::policy::offer::covers", "shared::policy::offer::check_open"];
    WS03_11 = "WS03-11", Working, "A Device CAL serves one device at every terminal server; the second server draws nothing.", ["shared::policy::admission::by_version_and_dates"];
    WS03_12 = "WS03-12", Working, "One External Connector per terminal server, for any number of outsiders.", ["lab::cli::owed::seen", "shared::policy::connectors::has_external_connector"];
    WS03_13 = "WS03-13", Working, "What is owed on paper: server license, Windows CAL and terminal-services CAL.", ["lab::cli::owed::Owed"];
    WS03_14 = "WS03-14", Working, "Retail and OEM owners trade product keys for license tokens on a page, step by step.", ["shared::policy::offer::check_key", "clearinghouse::web::offer::take"];
}

family! {
    GRACE:
    GR_01 = "GR-01", Working, "Grace is 120 days, 90 on Windows 2000.", ["shared::policy::terms::terms", "shared::policy::grace::full_term_end"];
    GR_02 = "GR-02", Working, "The first client starts it, not an administrator's session; until then all its days are left.", ["shared::node::judge::grace_events", "shared::policy::grace::grace_at"];
    GR_03 = "GR-03", Working, "It ends when its days are over or at this server's first permanent CAL, whichever comes first.", ["shared::policy::grace::grace_at", "shared::policy::grace::early_end"];
    GR_04 = "GR-04", Working, "An end by permanent CAL leaves a marker and cannot be undone.", ["shared::policy::grace::early_end", "shared::node::judge::grace_events"];
    GR_05 = "GR-05", Working, "While it runs, a silent license server is no obstacle: the client is let in without a license.", ["shared::policy::verdict::none_reachable"];
    GR_06 = "GR-06", Working, "While it runs, a license server that declines is no obstacle either.", ["shared::policy::verdict::declined"];
    GR_07 = "GR-07", Working, "A license server that can issue does so during grace too.", ["shared::node::connection::next_inquiry", "shared::policy::verdict::issued"];
    GR_08 = "GR-08", Working, "In the last 14 days event 1009 announces the end, once a day.", ["shared::policy::grace::next_notice", "shared::node::decide::due"];
    GR_09 = "GR-09", Working, "Once it is over without a license server: event 1008 each day, and denials.", ["shared::policy::grace::next_notice", "shared::node::decide::due"];
    GR_10 = "GR-10", Working, "The days left can be asked for; 0 means over.", ["shared::policy::grace::days_left"];
    GR_11 = "GR-11", Working, "What ends it is a setting: first permanent CAL, server located, activated server located.", ["shared::policy::grace::early_end", "shared::node::judge::located"];
    GR_12 = "GR-12", Working, "Per User never brings a permanent CAL, so by default grace runs out in full.", ["shared::policy::grace::early_end", "shared::policy::per_user::judge"];
}

family! {
    DEVICE:
    PD_01 = "PD-01", Working, "A new device gets a temporary of 90 days, however many CALs are free.", ["shared::policy::issuing::first_license", "shared::policy::verdict::first_license_rule"];
    PD_02 = "PD-02", Working, "A device that lost its license but is on record gets the same one back.", ["shared::policy::issuing::permanent_on_record", "shared::policy::issuing::first_license", "shared::policy::verdict::first_license_rule"];
    PD_03 = "PD-03", Working, "No second temporary: a device that used its one up gets a permanent when it comes with nothing.", ["shared::policy::issuing::after_temporary", "shared::policy::verdict::first_license_rule"];
    PD_04 = "PD-04", Working, "The same with no CAL to give: grace decides.", ["shared::policy::verdict::declined"];
    PD_05 = "PD-05", Working, "A new device and no license server: grace decides.", ["shared::policy::verdict::none_reachable"];
    PD_06 = "PD-06", Working, "A validated temporary becomes a permanent as soon as a CAL is free.", ["shared::policy::issuing::upgrade", "shared::policy::verdict::issued"];
    PD_07 = "PD-07", Working, "A validated temporary stays as it is where there is no CAL or no activation.", ["shared::policy::verdict::declined"];
    PD_08 = "PD-08", Working, "A temporary on which nobody logged on is not upgraded.", ["shared::policy::issuing::upgrade", "shared::policy::verdict::declined"];
    PD_09 = "PD-09", Working, "A temporary that holds is enough when no license server answers.", ["shared::policy::verdict::none_reachable"];
    PD_10 = "PD-10", Working, "An ended temporary is upgraded when a CAL is free.", ["shared::policy::issuing::upgrade", "shared::policy::verdict::issued"];
    PD_11 = "PD-11", Working, "An ended temporary with no CAL: grace decides; denial is event 1011.", ["shared::policy::verdict::declined"];
    PD_12 = "PD-12", Working, "An ended temporary and no license server: grace decides.", ["shared::policy::verdict::none_reachable"];
    PD_13 = "PD-13", Working, "A permanent with more than seven days left asks nobody.", ["shared::policy::admission::by_version_and_dates", "shared::node::judge::rule"];
    PD_14 = "PD-14", Working, "A permanent in its last seven days is renewed, and tried at every connection.", ["shared::policy::renewal::in_window", "shared::policy::verdict::issued"];
    PD_15 = "PD-15", Working, "A renewal that fails leaves the permanent good until its end.", ["shared::policy::verdict::declined", "shared::policy::verdict::none_reachable"];
    PD_16 = "PD-16", Working, "An ended permanent is replaced when a CAL is free or its own record still stands.", ["shared::policy::issuing::permanent_on_record", "shared::policy::verdict::issued"];
    PD_17 = "PD-17", Working, "An ended permanent with none free: grace decides; denial is event 1028.", ["shared::policy::verdict::declined"];
    PD_18 = "PD-18", Working, "An ended permanent and no license server: grace decides.", ["shared::policy::verdict::none_reachable"];
    PD_19 = "PD-19", Working, "A license of an older version starts over in the newer one, and stays in the store beside it.", ["shared::policy::admission::by_version_and_dates", "shared::policy::issuing::decide", "client::device::store"];
    PD_20 = "PD-20", Working, "A license of a newer version is good at an older server; what it needs is asked for in its own version.", ["shared::policy::admission::by_version_and_dates", "shared::node::connection::question"];
    PD_21 = "PD-21", Working, "A license of another device is denied: 260, event 1004.", ["shared::policy::admission::sound", "shared::node::judge::refused"];
    PD_22 = "PD-22", Working, "A damaged license is denied: 261, event 1003; a switch makes it count as none.", ["shared::policy::admission::sound", "shared::trust::license::open_license", "shared::node::judge::refused"];
    PD_23 = "PD-23", Working, "A license whose signer is not trusted is denied like a damaged one.", ["shared::trust::license::open_license", "shared::trust::anchors::check_issuer", "shared::policy::terms::is_within_terms", "shared::node::judge::refused"];
    PD_24 = "PD-24", Working, "Remote administration looks at no license.", ["shared::policy::admission::assess", "shared::node::judge::administration"];
    PD_25 = "PD-25", Working, "It allows two sessions and turns the third away.", ["shared::node::judge::administration"];
}

family! {
    LICENSE_SERVER:
    LS_01 = "LS-01", Working, "With the security group on, only its members are served; it starts empty.", ["shared::ledger::reports::may_ask", "shared::ledger::decide::inquire", "shared::ledger::decide::mark"];
    LS_02 = "LS-02", Working, "A terminal server newer than the license server is not served.", ["shared::policy::versions::server_serves", "shared::ledger::decide::inquire"];
    LS_03 = "LS-03", Working, "Without activation there are temporaries only, and event 18 with each answer.", ["shared::policy::issuing::after_temporary", "shared::ledger::decide::inquire"];
    LS_04 = "LS-04", Working, "One temporary per device and version; while it holds it is handed out again.", ["shared::policy::issuing::first_license", "shared::ledger::decide::mint_temporary"];
    LS_05 = "LS-05", Working, "A permanent needs a device pack with a free CAL, activation, and a mark on a temporary that still holds.", ["shared::policy::issuing::upgrade", "shared::policy::issuing::after_temporary", "shared::ledger::reports::free_pack"];
    LS_06 = "LS-06", Working, "Each issue moves one CAL from available to issued and notes who, what, since and until.", ["shared::ledger::decide::draw", "shared::ledger::apply::count_new"];
    LS_07 = "LS-07", Working, "A server with an empty pool refers to one that has announced free CALs.", ["shared::ledger::peers::reports::referral", "shared::policy::neighbours::candidates", "shared::policy::issuing::may_refer", "license_server::referring::refer"];
    LS_08 = "LS-08", Working, "Servers tell one another how many CALs they have.", ["shared::ledger::peers::reports::owed", "shared::ledger::peers::known::changed", "shared::policy::events::not_announced", "license_server::outreach::run"];
    LS_09 = "LS-09", Working, "Once a day ended permanents return to the pool; until then the record is its own device's to extend.", ["shared::policy::sweeping::sweep_after", "shared::ledger::apply::take_back", "shared::policy::issuing::permanent_on_record"];
    LS_10 = "LS-10", Working, "An ended CAL of another server is reported to it, again and again if need be.", ["shared::ledger::peers::return_owed", "shared::ledger::peers::take_back", "shared::policy::events::not_returned"];
    LS_11 = "LS-11", Working, "Event 20 says that a pool runs low.", ["shared::ledger::decide::draw"];
    LS_12 = "LS-12", Working, "Asked for a permanent with the pool empty: event 21; with no such pack at all: event 22.", ["shared::ledger::log::pool_event", "shared::ledger::reports::has_pack_for"];
    LS_13 = "LS-13", Working, "A logon sets the mark at the server that issued the temporary; if that one is silent, the next logon tries again.", ["shared::ledger::decide::mark", "terminal_server::asking::mark"];
    LS_14 = "LS-14", Working, "A device with a live permanent on record gets that one, not a second.", ["shared::policy::issuing::permanent_on_record", "shared::ledger::reports::permanent"];
}

family! {
    RENEWAL:
    RN_01 = "RN-01", Working, "The window opens seven times 24 hours before the end, that second included.", ["shared::policy::renewal::in_window"];
    RN_02 = "RN-02", Working, "The issuer extends the same record; asked twice, it extends once.", ["shared::policy::issuing::permanent_on_record", "shared::policy::renewal::already_extended", "shared::ledger::decide::extend"];
    RN_03 = "RN-03", Working, "With the issuer down another server renews from its own pool; the old CAL stays counted at the issuer.", ["shared::policy::asking::order", "shared::policy::issuing::upgrade", "shared::ledger::peers::return_owed"];
    RN_04 = "RN-04", Working, "When the issuer is back it is told to take the moved CAL in.", ["shared::ledger::peers::return_owed", "shared::ledger::peers::take_back", "license_server::outreach::run"];
    RN_05 = "RN-05", Working, "With the issuer gone for good and no other CALs the client works up to its end.", ["shared::policy::verdict::none_reachable"];
    RN_06 = "RN-06", Working, "All CALs on one server, a second one empty: time to repair the first.", ["shared::policy::issuing::first_license"];
    RN_07 = "RN-07", Working, "CALs split over two servers: either one issues and renews.", ["shared::policy::asking::order"];
}

family! {
    RECOVERY:
    RC_01 = "RC-01", Working, "At most 89 days for a permanent, 90 for a temporary, 24 hours between sweeps.", ["shared::policy::terms::Terms", "shared::policy::sweeping::sweep_after"];
    RC_02 = "RC-02", Working, "So a dead device's CAL is back before the temporary of its replacement ends.", ["shared::policy::sweeping::sweep_after"];
    RC_03 = "RC-03", Working, "A temporary older than the last CAL by some days can be shut out for that many.", ["shared::policy::sweeping::sweep_after"];
    RC_04 = "RC-04", Working, "Only the CALs of devices that stopped renewing come back.", ["shared::policy::sweeping::sweep_after", "shared::policy::issuing::permanent_on_record"];
    RC_05 = "RC-05", Working, "A missed day is no loss: an ended temporary is still upgraded.", ["shared::policy::issuing::upgrade", "shared::policy::verdict::issued"];
    RC_06 = "RC-06", Explained, "No command of 2000 or 2003 takes a CAL away from a device.", ["docs/GLOSSARY.md"];
}

family! {
    USER:
    PU_01 = "PU-01", Working, "During grace everybody is let in.", ["shared::policy::per_user::judge"];
    PU_02 = "PU-02", Working, "After it, a license server that answers is enough; nothing is issued or counted.", ["shared::policy::per_user::judge"];
    PU_03 = "PU-03", Working, "After it, with none answering, nobody is let in.", ["shared::policy::per_user::judge"];
    PU_04 = "PU-04", Working, "The client's store is not touched.", ["shared::policy::per_user::judge", "shared::node::connection::granted"];
    PU_05 = "PU-05", Working, "A license left over from Per Device is ignored.", ["shared::policy::admission::assess"];
    PU_06 = "PU-06", Working, "Whether the license server must be activated is a switch, off by default.", ["shared::policy::per_user::judge"];
    PU_07 = "PU-07", Working, "Nothing checks that enough User CALs were bought; the trace of each decision says so.", ["shared::policy::per_user::judge"];
    PU_08 = "PU-08", Working, "One CAL for a person, whatever the number of devices and servers; the reports count people, not sessions.", ["shared::node::people::note_person", "shared::ledger::network::report"];
    PU_09 = "PU-09", Explained, "Why it is not tracked: it came late, and nothing tied a CAL to an account.", ["docs/GLOSSARY.md"];
}

family! {
    VERSIONS:
    VC_01 = "VC-01", Working, "2000 terminal server, 2000 license server, 2000 CAL: they fit.", ["shared::policy::versions::server_serves", "shared::policy::versions::eligible_versions"];
    VC_02 = "VC-02", Working, "2003 terminal server, 2000 license server: of no use to each other.", ["shared::policy::versions::server_serves", "shared::node::connection::located"];
    VC_03 = "VC-03", Working, "A 2003 license server prefers 2000 CALs for a 2000 terminal server.", ["shared::policy::versions::eligible_versions", "shared::ledger::reports::free_pack"];
    VC_04 = "VC-04", Working, "Where they are gone it gives 2003 device CALs, unless the policy forbids it.", ["shared::policy::versions::eligible_versions", "shared::ledger::reports::free_pack"];
    VC_05 = "VC-05", Working, "2003 throughout fits.", ["shared::policy::versions::eligible_versions", "shared::policy::versions::license_covers"];
    VC_06 = "VC-06", Working, "2000 CALs do not serve a 2003 terminal server: temporary, then denial.", ["shared::policy::versions::eligible_versions", "shared::policy::versions::license_covers"];
    VC_07 = "VC-07", Working, "2003 user CALs do not serve a 2000 terminal server.", ["shared::ledger::reports::free_pack"];
    VC_08 = "VC-08", Working, "In general neither the license server nor the CAL may be older than the terminal server, nor the CAL newer than its server.", ["shared::policy::versions::server_serves", "shared::policy::versions::server_holds", "shared::policy::versions::license_covers"];
    VC_09 = "VC-09", Working, "A terminal server upgraded to 2003 needs a 2003 license server; an upgraded one keeps its packs.", ["shared::ledger::managing::decide", "license_server::upgrade"];
}

family! {
    UPGRADE_POLICY:
    PL_01 = "PL-01", Working, "Policy off: a 2003 CAL goes to a 2000 terminal server when 2000 CALs are gone.", ["shared::policy::versions::eligible_versions"];
    PL_02 = "PL-02", Working, "Policy on: a device that never had a temporary gets one.", ["shared::policy::versions::eligible_versions"];
    PL_03 = "PL-03", Working, "Policy on: once that has ended, nothing; grace decides.", ["shared::policy::versions::eligible_versions"];
}
