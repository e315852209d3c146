//! How a terminal server finds its license servers.

use super::Status::{Explained, Later, Working};
use super::{Rule, rule};

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule("DI-01", Later, "2000: one name in DefaultLicenseServer goes before everything else.", &[]),
    rule("DI-02", Later, "2000 in a domain: ask its domain controllers and take one that answers, by lot.", &[]),
    rule("DI-03", Later, "2000: the site's object in the directory lists enterprise servers of any domain.", &[]),
    rule("DI-04", Later, "2000: where both are found the domain's go first.", &[]),
    rule("DI-05", Later, "2000 in a workgroup: a broadcast, and one responder by lot.", &[]),
    rule("DI-06", Working, "2000: a server without the pack passes the request to the enterprise server.", &["shared::ledger::peers::referral", "shared::policy::neighbours::candidates"]),
    rule("DI-07", Later, "2000 in a domain: looked at again every two hours, searched for every 15 minutes.", &[]),
    rule("DI-08", Later, "2000 enterprise: both once an hour.", &[]),
    rule("DI-09", Later, "When the chosen one falls silent the remembered ones are next, then a new search.", &[]),
    rule("DI-10", Later, "So a new server may stay unnoticed for up to 15 minutes after grace.", &[]),
    rule("DI-11", Later, "The search runs when the service starts, not when the first client comes.", &[]),
    rule("DI-20", Later, "2003 in a workgroup: the registry list, then the broadcast.", &[]),
    rule("DI-21", Later, "2003 in a domain: the registry list, the site's enterprise servers, the domain controllers.", &[]),
    rule("DI-22", Later, "2003: the registry list has one subkey for each server.", &[]),
    rule("DI-23", Later, "The Enterprise role publishes in the site and is found from any domain there.", &[]),
    rule("DI-24", Later, "The Domain role on a member server is found by nobody who has no list.", &[]),
    rule("DI-25", Later, "The Domain role on a domain controller is found from every site of that domain.", &[]),
    rule("DI-26", Later, "A role says who finds a server, not whom it serves.", &[]),
    rule("DI-27", Later, "SP1 set-up asks: name them, find them, or decide within 120 days.", &[]),
    rule("DI-28", Later, "A license server on the same machine is always found.", &[]),
    rule("DI-29", Later, "2003 has no published intervals; those of 2000 stand in, as settings.", &[]),
    rule("DI-30", Later, "In a mixed network each generation needs its own form of the registry setting.", &[]),
    rule("DI-31", Later, "Three ways to bring a 2003 terminal server into a 2000 domain.", &[]),
    rule("DI-32", Explained, "A small site may keep both servers on one machine; a large one should not.", &["docs/GLOSSARY.md"]),
];
