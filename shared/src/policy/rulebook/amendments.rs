//! AM: what a second reading of the sources, use and attack have corrected. Each wins over the rule that it names.

use super::Status::{Later, Working};
use super::{Rule, rule};

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule("AM-01", Later, "The whole list of a 2003 terminal server's events. Built of it so far: 1012, five failed logons from a client name in ten minutes.", &["shared::policy::logons::barred_until", "shared::policy::logons::too_many_failed", "shared::node::logons::note"]),
    rule("AM-03", Later, "The whole list of a 2008 R2 terminal server's events. Built of it so far: 1012.", &["shared::policy::logons::too_many_failed"]),
    rule("AM-15", Working, "Nobody takes a license server over or forges its licenses: another key takes the old key's signature or the telephone with papers, a name passes on after a deactivation or by telephone, and a terminal server takes permanents of enrolled servers and those they know, none of which outlasts its terms.", &["shared::policy::registration::may_change_key_itself", "shared::policy::registration::may_change_at_desk", "shared::policy::registration::may_take_name", "shared::policy::activation::owns_registration", "shared::registry::reports::standing", "license_server::activation::learn_standing", "shared::policy::terms::is_within_terms", "shared::trust::anchors::may_issue", "shared::node::issuers::tell_issuers", "terminal_server::issuers::open"]),
    rule("AM-17", Working, "A pack leaves a license server on its own administrator's order only, once, with event 89; a dead server's is issued anew by the clearinghouse against the papers, with event 93.", &["shared::ledger::orders::order", "shared::ledger::orders::release", "shared::policy::events::released", "shared::registry::decide::decide_migration", "license_server::routes::managing::migrate"]),
    rule("AM-30", Working, "Only permanents of 5.0 may have no end; a newer CAL given to a server from before Service Pack 3 lives and renews by its own version.", &["shared::ledger::decide::draw", "shared::policy::terms::is_within_terms", "shared::policy::admission::by_version_and_dates"]),
];
