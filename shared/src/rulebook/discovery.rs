//! How a terminal server finds its license servers.

use super::family;

family! {
    RULES:
    DI_01 = "DI-01", Working, "2000: one name in DefaultLicenseServer goes before everything else.", ["shared::policy::discovery::ways", "shared::policy::discovery::registry_names"];
    DI_02 = "DI-02", Working, "2000 in a domain: ask its domain controllers and take one that answers, by lot.", ["shared::policy::discovery::ways", "shared::policy::discovery::reach", "shared::node::network::in_order"];
    DI_03 = "DI-03", Working, "2000: the site's object in the directory lists enterprise servers of any domain.", ["shared::policy::discovery::ways", "shared::directory::reports::discovery"];
    DI_04 = "DI-04", Working, "2000: where both are found the domain's go first.", ["shared::policy::discovery::goes_on_after"];
    DI_05 = "DI-05", Working, "2000 in a workgroup: a broadcast, and one responder by lot.", ["shared::policy::discovery::reach", "shared::model::network::hears", "shared::node::network::in_order"];
    DI_06 = "DI-06", Working, "2000: a server without the pack passes the request to the enterprise server.", ["shared::ledger::peers::reports::referral", "shared::policy::neighbours::candidates"];
    DI_07 = "DI-07", Working, "2000 in a domain: looked at again every two hours, searched for every 15 minutes.", ["shared::policy::discovery::again_after", "shared::policy::discovery::INTERVALS", "shared::node::network::search_due"];
    DI_08 = "DI-08", Working, "2000 enterprise: both once an hour.", ["shared::policy::discovery::again_after", "shared::policy::discovery::INTERVALS"];
    DI_09 = "DI-09", Working, "When the chosen one falls silent the remembered ones are next, then a new search.", ["shared::node::network::search_again", "shared::node::network::asked"];
    DI_10 = "DI-10", Working, "So a new server may stay unnoticed for up to 15 minutes after grace.", ["shared::node::network::search_again", "shared::node::network::search_due"];
    DI_11 = "DI-11", Working, "The search runs when the service starts, not when the first client comes.", ["terminal_server::asking::try_locate", "terminal_server::discovery::search"];
    DI_20 = "DI-20", Working, "2003 in a workgroup: the registry list, then the broadcast.", ["shared::policy::discovery::ways", "shared::policy::discovery::reach"];
    DI_21 = "DI-21", Working, "2003 in a domain: the registry list, the site's enterprise servers, the domain controllers.", ["shared::policy::discovery::ways"];
    DI_22 = "DI-22", Working, "2003: the registry list has one subkey for each server.", ["shared::policy::discovery::registry_names", "shared::node::network::asked"];
    DI_23 = "DI-23", Working, "The Enterprise role publishes in the site and is found from any domain there.", ["shared::ledger::network::role", "shared::ledger::network::site_to_publish_in", "shared::directory::decide::publish"];
    DI_24 = "DI-24", Working, "The Domain role on a member server is found by nobody who has no list.", ["shared::policy::discovery::reach"];
    DI_25 = "DI-25", Working, "The Domain role on a domain controller is found from every site of that domain.", ["shared::policy::discovery::reach"];
    DI_26 = "DI-26", Working, "A role says who finds a server, not whom it serves.", ["shared::policy::discovery::reach", "shared::model::network::LicenseServerRole"];
    DI_27 = "DI-27", Working, "SP1 set-up asks: name them, find them, or decide within 120 days; policy may name them later.", ["shared::model::network::Search", "shared::node::network::configure"];
    DI_28 = "DI-28", Working, "A license server on the same machine is always found.", ["shared::policy::discovery::reach"];
    DI_29 = "DI-29", Working, "2003 has no published intervals; those of 2000 stand in, as settings.", ["shared::policy::discovery::INTERVALS", "shared::wire::terminal_server::DiscoveryChange"];
    DI_30 = "DI-30", Working, "In a mixed network each generation needs its own form of the registry setting.", ["shared::node::network::registry_form", "shared::policy::discovery::registry_names", "lab::cli::discovery::name_servers"];
    DI_31 = "DI-31", Explained, "Three ways to bring a 2003 terminal server into a 2000 domain.", ["docs/networks/README.md"];
    DI_32 = "DI-32", Explained, "A small site may keep both servers on one machine; a large one should not.", ["docs/GLOSSARY.md"];
}
