//! AM: what a second reading of the sources, use and attack have corrected. Each wins over the rule that it names.

use super::family;

family! {
    RULES:
    AM_01 = "AM-01", Later, "The whole list of a 2003 terminal server's events. Built of it so far: 1012, five failed logons from a client name in ten minutes.", ["shared::policy::logons::barred_until", "shared::policy::logons::too_many_failed", "shared::node::logons::note"];
    AM_03 = "AM-03", Later, "The whole list of a 2008 R2 terminal server's events. Built of it so far: 1012.", ["shared::policy::logons::too_many_failed"];
    AM_15 = "AM-15", Working, "Keys and names change hands with proof only, and permanents count if an enrolled server made or knows them.", ["shared::policy::registration::may_change_key_itself", "shared::policy::registration::may_change_at_desk", "shared::policy::registration::may_take_name", "shared::policy::activation::owns_registration", "shared::registry::reports::standing", "license_server::activation::learn_standing", "shared::policy::terms::is_within_terms", "shared::trust::anchors::may_issue", "shared::node::issuers::whose_permanents_count", "terminal_server::issuers::open"];
    AM_16 = "AM-16", Working, "A restore that puts issued CALs back says how many, in event 9006 and in the list of packs.", ["shared::ledger::backup::put_back", "shared::policy::licensing_events::put_back"];
    AM_17 = "AM-17", Working, "A pack leaves a license server on its administrator's order only; a dead one's is issued anew on papers.", ["shared::ledger::orders::order", "shared::ledger::orders::release", "shared::policy::events::released", "shared::registry::decide::decide_migration", "license_server::routes::managing::migrate"];
    AM_18 = "AM-18", Working, "Who is no administrator of a license server is told so, and not that it cannot be reached.", ["lab::failure::Failure::is_not_administrator", "lab::diagnosis::license_server::findings"];
    AM_30 = "AM-30", Working, "Only permanents of 5.0 may have no end; a newer CAL before Service Pack 3 ends and renews as its own.", ["shared::ledger::decide::draw", "shared::policy::terms::is_within_terms", "shared::policy::admission::by_version_and_dates"];
}
