//! Which license server is asked next (SPEC 4.3 step 4).

use std::collections::BTreeMap;

use crate::model::{LabTime, ServerName};

/// The servers to ask, in order: for a renewal the issuer first, then the current one, then the list; who was silent within
/// the last lab minute comes last. A renewal goes to the issuer even if it is not on the list (SD-02, RN-03).
#[must_use]
pub fn order(
    issuer: Option<&ServerName>,
    current: Option<&ServerName>,
    list: &[ServerName],
    silent_until: &BTreeMap<ServerName, LabTime>,
    now: LabTime,
) -> Vec<ServerName> {
    let mut servers: Vec<ServerName> = Vec::with_capacity(list.len() + 2);
    for server in issuer.into_iter().chain(current).chain(list) {
        if !servers.contains(server) {
            servers.push(server.clone());
        }
    }
    // A stable sort: within "silent" and "not silent" the order stays.
    servers.sort_by_key(|server| silent_until.get(server).is_some_and(|until| now < *until));
    servers
}

/// SD-02: the current server is the first of the list; another takes its place only when it was silent in this round.
#[must_use]
pub fn current_after_round(current: Option<&ServerName>, silent: &[ServerName], answered: Option<&ServerName>) -> Option<ServerName> {
    match (current, answered) {
        (Some(current), Some(answered)) if silent.contains(current) => Some(answered.clone()),
        (Some(current), _) => Some(current.clone()),
        (None, answered) => answered.cloned(),
    }
}
