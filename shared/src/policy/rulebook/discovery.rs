//! How a terminal server finds its license servers.

use super::Status::{Explained, Working};
use super::{Rule, rule};

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule("DI-01", Working, "2000: one name in DefaultLicenseServer goes before everything else.", &["shared::policy::discovery::ways", "shared::policy::discovery::registry_names"]),
    rule("DI-02", Working, "2000 in a domain: ask its domain controllers and take one that answers, by lot.", &["shared::policy::discovery::ways", "shared::policy::discovery::reach", "shared::node::network::in_order"]),
    rule("DI-03", Working, "2000: the site's object in the directory lists enterprise servers of any domain.", &["shared::policy::discovery::ways", "shared::directory::reports::discovery"]),
    rule("DI-04", Working, "2000: where both are found the domain's go first.", &["shared::policy::discovery::goes_on_after"]),
    rule("DI-05", Working, "2000 in a workgroup: a broadcast, and one responder by lot.", &["shared::policy::discovery::reach", "shared::model::network::hears", "shared::node::network::in_order"]),
    rule("DI-06", Working, "2000: a server without the pack passes the request to the enterprise server.", &["shared::ledger::peers::reports::referral", "shared::policy::neighbours::candidates"]),
    rule("DI-07", Working, "2000 in a domain: looked at again every two hours, searched for every 15 minutes.", &["shared::policy::discovery::again_after", "shared::policy::discovery::INTERVALS", "shared::node::network::search_due"]),
    rule("DI-08", Working, "2000 enterprise: both once an hour.", &["shared::policy::discovery::again_after", "shared::policy::discovery::INTERVALS"]),
    rule("DI-09", Working, "When the chosen one falls silent the remembered ones are next, then a new search.", &["shared::node::network::search_again", "shared::node::network::asked"]),
    rule("DI-10", Working, "So a new server may stay unnoticed for up to 15 minutes after grace.", &["shared::node::network::search_again", "shared::node::network::search_due"]),
    rule("DI-11", Working, "The search runs when the service starts, not when the first client comes.", &["terminal_server::asking::try_locate", "terminal_server::discovery::search"]),
    rule("DI-20", Working, "2003 in a workgroup: the registry list, then the broadcast.", &["shared::policy::discovery::ways", "shared::policy::discovery::reach"]),
    rule("DI-21", Working, "2003 in a domain: the registry list, the site's enterprise servers, the domain controllers.", &["shared::policy::discovery::ways"]),
    rule("DI-22", Working, "2003: the registry list has one subkey for each server.", &["shared::policy::discovery::registry_names", "shared::node::network::asked"]),
    rule("DI-23", Working, "The Enterprise role publishes in the site and is found from any domain there.", &["shared::ledger::network::role", "shared::ledger::network::site_to_publish_in", "shared::directory::decide::publish"]),
    rule("DI-24", Working, "The Domain role on a member server is found by nobody who has no list.", &["shared::policy::discovery::reach"]),
    rule("DI-25", Working, "The Domain role on a domain controller is found from every site of that domain.", &["shared::policy::discovery::reach"]),
    rule("DI-26", Working, "A role says who finds a server, not whom it serves.", &["shared::policy::discovery::reach", "shared::model::network::LicenseServerRole"]),
    rule("DI-27", Working, "SP1 set-up asks: name them, find them, or decide within 120 days; policy may name them later.", &["shared::model::network::Search", "shared::node::network::configure"]),
    rule("DI-28", Working, "A license server on the same machine is always found.", &["shared::policy::discovery::reach"]),
    rule("DI-29", Working, "2003 has no published intervals; those of 2000 stand in, as settings.", &["shared::policy::discovery::INTERVALS", "shared::wire::terminal_server::DiscoveryChange"]),
    rule("DI-30", Working, "In a mixed network each generation needs its own form of the registry setting.", &["shared::node::network::registry_form", "shared::policy::discovery::registry_names", "lab::cli::discovery::name_servers"]),
    rule("DI-31", Explained, "Three ways to bring a 2003 terminal server into a 2000 domain.", &["docs/networks/README.md"]),
    rule("DI-32", Explained, "A small site may keep both servers on one machine; a large one should not.", &["docs/GLOSSARY.md"]),
];
