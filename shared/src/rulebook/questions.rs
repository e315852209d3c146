//! Where the sources disagree or are silent, and what the lab does there.

use super::family;

family! {
    CONTRADICTIONS:
    CON_01 = "CON-01", Working, "What ends grace: this server's first permanent CAL; two other readings as settings.", ["shared::policy::grace::early_end"];
    CON_02 = "CON-02", Working, "What starts grace: the first connection that is accepted; the first start, as a setting.", ["shared::policy::grace::begun_by", "shared::node::judge::grace_events"];
    CON_03 = "CON-03", Working, "An NT 4.0 temporary lasts 60 days, not 90; a switch has it the other way.", ["shared::policy::terms::terms", "shared::policy::nt4::granting::temporary"];
    CON_04 = "CON-04", Working, "NT 4.0 gives temporaries again and again, later generations once.", ["shared::policy::terms::terms", "shared::policy::nt4::granting::grant"];
    CON_05 = "CON-05", Working, "NT 4.0 waits for the end of a temporary, 2003 replaces it at the next connection.", ["shared::policy::nt4::granting::rule_of_held"];
    CON_06 = "CON-06", Working, "A temporary comes first always in 2003, before SP3 of 2000 only for want of CALs.", ["shared::policy::issuing::at_once", "shared::policy::issuing::first_license"];
    CON_07 = "CON-07", Explained, "A license server makes and signs licenses, a terminal server delivers them.", ["docs/GLOSSARY.md"];
    CON_08 = "CON-08", Working, "A terminal server asks for renewal; the issuer may come in behind that.", ["shared::policy::asking::order", "shared::ledger::peers::return_owed"];
    CON_09 = "CON-09", Working, "Per user any license server that answers will do; a switch demands activation.", ["shared::policy::per_user::judge"];
    CON_10 = "CON-10", Working, "A license server without activation keeps a terminal server going with temporaries past grace.", ["shared::policy::verdict::stopped", "shared::policy::issuing::first_license", "shared::policy::issuing::after_temporary"];
    CON_11 = "CON-11", Working, "Per user issues no temporaries.", ["shared::policy::per_user::with_temporary", "shared::policy::admission::assess", "shared::policy::per_user::judge"];
    CON_12 = "CON-12", Working, "Sweep, recover a pack, reissue, revoke: four different things with four names; `tsl revoke --help` tells them apart.", ["shared::policy::sweeping::sweep_after", "clearinghouse::person::recover", "clearinghouse::person::reissue", "shared::ledger::managing::revoke"];
    CON_13 = "CON-13", Working, "Revocation counts each version apart; 2003 can be left out.", ["shared::policy::revoking::covers"];
    CON_14 = "CON-14", Working, "CALs on one server or split over two: both can be shown.", ["shared::policy::asking::order"];
    CON_15 = "CON-15", Working, "A registry list is needed for the Domain role on a member server, not for Enterprise.", ["shared::policy::discovery::reach"];
    CON_16 = "CON-16", Working, "NT 4.0 has Per Server and Per Seat; a switch leaves Per Seat only.", ["shared::policy::nt4::counting::has_free", "shared::policy::nt4::counting::in_force"];
    CON_17 = "CON-17", Explained, "A grace of 180 days is a misreading: 90 and another 90 of evaluation.", ["docs/GLOSSARY.md"];
    CON_18 = "CON-18", Working, "Event 1004 reads differently in each generation.", ["shared::policy::denials::Denial::event", "shared::policy::denials::Denial::record"];
    CON_19 = "CON-19", Explained, "Four types of CAL: temporary, user, device, external connector.", ["docs/GLOSSARY.md"];
    CON_20 = "CON-20", Working, "A hardware id is 20 bytes, not 20 bits.", ["shared::model::hardware::HardwareId"];
    CON_21 = "CON-21", Working, "That a license has ended never shuts a device out by itself.", ["shared::policy::issuing::after_temporary", "shared::policy::verdict::issued"];
    CON_22 = "CON-22", Working, "A license that cannot be read is denied; a switch asks for a new one.", ["shared::policy::admission::assess"];
    CON_23 = "CON-23", Working, "Grace looks at what this terminal server receives, not at what others do.", ["shared::node::judge::grace_events"];
    CON_24 = "CON-24", Working, "The Domain role is found on a domain controller and needs a list elsewhere.", ["shared::policy::discovery::reach"];
    CON_25 = "CON-25", Working, "A Per User server accepts whatever is owned, by a switch User CALs only; the reports name the mismatch.", ["shared::policy::per_user::lacking_user_cals", "lab::diagnosis::pools::pool"];
    CON_26 = "CON-26", Explained, "The mode belongs to the terminal server.", ["docs/GLOSSARY.md"];
}

family! {
    OPEN:
    OQ_1 = "OQ-1", Explained, "The lost flowchart of the connection per device: the PD family stands for it.", ["docs/GLOSSARY.md"];
    OQ_2 = "OQ-2", Working, "Rediscovery in 2003: the intervals of 2000, as settings.", ["shared::policy::discovery::INTERVALS"];
    OQ_3 = "OQ-3", Working, "A temporary that ended unvalidated still gets a permanent; a switch denies it.", ["shared::policy::issuing::after_temporary"];
    OQ_4 = "OQ-4", Working, "A renewal by another server counts there, and is taken back at the issuer when that can be reached.", ["shared::ledger::peers::return_owed", "shared::ledger::peers::take_back"];
    OQ_5 = "OQ-5", Working, "A temporary's end is announced to the user from seven days before.", ["shared::policy::denials::expiry_popup", "shared::policy::protocol::popup_record"];
    OQ_6 = "OQ-6", Working, "258 says that nothing was presented, 265 that something presented could not be helped.", ["shared::policy::verdict::declined", "shared::policy::denials::Denial::code"];
    OQ_7 = "OQ-7", Working, "A permanent's life is drawn evenly from whole days, 52 to 89, from dice with a seed.", ["shared::ledger::decide::end_of_life", "shared::dice::between"];
    OQ_8 = "OQ-8", Working, "A pool is low at ten percent.", ["shared::policy::terms::LOW_POOL_PERCENT", "shared::ledger::decide::draw"];
    OQ_9 = "OQ-9", Working, "Asked for a temporary that is on record and holds, the server hands out the same one.", ["shared::policy::issuing::first_license", "shared::ledger::reports::live_temporary"];
    OQ_10 = "OQ-10", Working, "A license that begins within a day from now counts as begun; beyond that it is invalid.", ["shared::policy::admission::sound"];
    OQ_11 = "OQ-11", Working, "The lesser switches of lsreport and tsctst do what the TL family says.", ["lab::cli::lsreport::LsReport", "lab::cli::tsctst::TsCtst"];
    OQ_12 = "OQ-12", Working, "Events whose text is not published have texts of the lab's own: 1010, 1026, 1027.", ["shared::policy::denials::Denial::record"];
}

family! {
    DECISIONS:
    SD_01 = "SD-01", Working, "A client presents a license that holds first, then a permanent, then the nearest version.", ["client::device::present", "client::device::Preference"];
    SD_02 = "SD-02", Working, "A terminal server stays with its first license server; renewals and marks go to the issuer.", ["shared::policy::asking::order", "shared::policy::asking::current_after_round"];
    SD_03 = "SD-03", Working, "SP3 on one side only is as if it were on neither.", ["shared::policy::terms::between"];
    SD_04 = "SD-04", Working, "Built-in licenses are on record, are handed back, and end no grace.", ["shared::policy::built_in::covers", "shared::policy::admission::by_version_and_dates", "shared::node::judge::grace_events", "shared::policy::issuing::decide"];
    SD_05 = "SD-05", Working, "A server that lost its activation hands a live permanent back and extends none.", ["shared::policy::issuing::permanent_on_record"];
    SD_06 = "SD-06", Working, "Event 21 also comes before a referral that helps; 22 only where no usable version was ever installed.", ["shared::ledger::log::pool_event", "shared::ledger::peers::pass_through", "shared::ledger::reports::has_pack_for"];
    SD_07 = "SD-07", Working, "Event 20 comes with every draw at or below the threshold.", ["shared::ledger::decide::draw"];
    SD_08 = "SD-08", Working, "New, handed back or renewed: any permanent ends grace.", ["shared::node::judge::grace_events"];
    SD_09 = "SD-09", Working, "Whether to ask goes by the terminal server's clock, what to issue by the license server's.", ["shared::node::connection::step", "shared::policy::issuing::Request"];
    SD_10 = "SD-10", Working, "A record that outlasts the license shown is handed out as it is, for temporaries as well.", ["shared::policy::renewal::already_extended", "shared::policy::issuing::permanent_on_record"];
    SD_11 = "SD-11", Working, "A device revoked inside its window takes another CAL where there is one.", ["shared::ledger::reports::permanent"];
    SD_12 = "SD-12", Working, "The revocation limit is rounded down, and at least one.", ["shared::policy::revoking::limit"];
    SD_13 = "SD-13", Working, "In the same second the sweep goes before a request.", ["shared::policy::sweeping::sweep_after", "chassis::engine::decide"];
    SD_14 = "SD-14", Working, "Administrators' sessions count to two on an application server too.", ["shared::node::judge::administration", "shared::node::verdict::open_session"];
    SD_15 = "SD-15", Working, "A logon in grace without a license marks nothing.", ["shared::node::verdict::mark_target"];
    SD_16 = "SD-16", Working, "The security group binds marks too; a server that refuses still counts as contacted.", ["shared::ledger::reports::may_ask", "license_server::routes::licensing::contact"];
    SD_17 = "SD-17", Working, "Where activation is demanded per user, the first answer settles it.", ["shared::node::judge::contact_outcome", "shared::policy::per_user::judge"];
    SD_18 = "SD-18", Working, "An older license that gets no newer one is denied with 265, and the event goes by its kind.", ["shared::policy::verdict::older_denial", "shared::policy::verdict::issued"];
    SD_19 = "SD-19", Working, "A return notice is repeated until it arrives, and must name version and end exactly.", ["shared::ledger::peers::known::try_again", "shared::ledger::peers::known::next_try", "shared::policy::neighbours::is_the_one"];
}
