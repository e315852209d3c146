//! AM: what a second reading of the sources, use and attack have corrected. Each wins over the rule that it names.

use super::Status::{Later, Working};
use super::{Rule, rule};

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    rule("AM-01", Later, "The whole list of a 2003 terminal server's events. Built of it so far: 1012, five failed logons from a client name in ten minutes.", &["shared::policy::logons::barred_until", "shared::policy::logons::too_many_failed", "shared::node::logons::note"]),
    rule("AM-03", Later, "The whole list of a 2008 R2 terminal server's events. Built of it so far: 1012.", &["shared::policy::logons::too_many_failed"]),
    rule("AM-18", Working, "Whoever asks and is no administrator of a license server is told exactly that, and not that it cannot be reached.", &["lab::failure::Failure::is_not_administrator", "lab::diagnosis::license_server::findings"]),
];
