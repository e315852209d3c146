//! Windows 2000: devices only, a built-in pool, and the change that Service Pack 3 brought.

use super::family;

family! {
    RULES:
    W2K_01 = "W2K-01", Working, "Application Server mode asks for licenses, Remote Administration mode does not.", ["shared::policy::admission::assess"];
    W2K_02 = "W2K-02", Working, "Only devices are licensed; there is no mode to choose.", ["shared::policy::modes::has_mode_switch", "shared::node::decide::change_settings"];
    W2K_03 = "W2K-03", Working, "Windows 2000 and XP Professional clients are served from an unlimited built-in pool.", ["shared::policy::built_in::covers", "shared::ledger::decide::mint_built_in", "shared::policy::verdict::first_license_rule"];
    W2K_04 = "W2K-04", Working, "Every other client takes a CAL that was bought.", ["shared::policy::built_in::covers", "shared::ledger::decide::draw"];
    W2K_05 = "W2K-05", Working, "Grace lasts 90 days from the first client.", ["shared::policy::terms::WINDOWS_2000_SP3", "shared::policy::grace::full_term_end"];
    W2K_06 = "W2K-06", Working, "Before SP3 a permanent without end is given to whoever reaches the logon prompt.", ["shared::policy::issuing::at_once", "shared::policy::terms::WINDOWS_2000_SP2"];
    W2K_07 = "W2K-07", Working, "Before SP3, with nothing to give, a temporary of 90 days.", ["shared::policy::issuing::at_once"];
    W2K_08 = "W2K-08", Working, "With SP3 on both servers: temporary first, mark, permanent later, renewal, as in 2003.", ["shared::policy::terms::WINDOWS_2000_SP3", "shared::policy::terms::between", "shared::policy::issuing::first_license", "shared::policy::issuing::upgrade", "shared::node::verdict::mark_target"];
    W2K_09 = "W2K-09", Working, "An upgrade that fails for want of CALs leaves the temporary as it was.", ["shared::policy::issuing::at_once", "shared::policy::verdict::declined"];
    W2K_10 = "W2K-10", Working, "Before SP3 a CAL lost with its device is lost, unless it is reissued by telephone.", ["shared::policy::replacing::check_reissue", "clearinghouse::person::reissue"];
    W2K_11 = "W2K-11", Working, "A CAL may move to another device once, by telephone; the replacement is a key pack of its own.", ["shared::policy::replacing::check_reissue"];
    W2K_12 = "W2K-12", Working, "Internet Connector: a mode for up to 200 anonymous users at a time and nobody else.", ["shared::policy::connectors::internet", "terminal_server::door::log_on_anonymously"];
    W2K_13 = "W2K-13", Working, "In a domain the license server has to be a domain controller.", ["shared::ledger::network::place"];
    W2K_14 = "W2K-14", Working, "A 2003 terminal server gets nothing from a 2000 license server.", ["shared::policy::versions::server_serves", "shared::ledger::decide::inquire"];
    W2K_15 = "W2K-15", Working, "A 2000 license server takes no 2003 pack in (message 0x13A7).", ["shared::policy::versions::server_holds", "shared::policy::packs::check_version", "license_server::activation::turned_down", "shared::policy::events::policy_module_missing"];
    W2K_16 = "W2K-16", Working, "A 2003 license server gives a 2000 terminal server 2000 CALs first, 2003 CALs after that.", ["shared::policy::versions::eligible_versions", "shared::ledger::reports::free_pack"];
    W2K_17 = "W2K-17", Working, "User CALs never go to a 2000 terminal server.", ["shared::ledger::reports::free_pack"];
    W2K_18 = "W2K-18", Working, "The clearinghouse is reached by Internet, web, telephone or fax.", ["lab::phone::clearinghouse::call"];
    W2K_19 = "W2K-19", Working, "A denial is logged as event 1004 with the user and domain named.", ["shared::policy::denials::Denial::event", "shared::policy::denials::Denial::record"];
}
