//! License servers among each other: who is asked in another's place (LS-07), and what is given back (LS-10).

use super::versions;
use crate::model::{Cal, CalKind, LabTime, ProductType, ProductVersion, ServerName};

/// CALs of one version and type that another license server announced as free (LS-08).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Free<'a> {
    /// The server.
    pub server: &'a ServerName,
    /// The version.
    pub version: ProductVersion,
    /// What they license.
    pub product_type: ProductType,
    /// How many.
    pub count: u32,
}

/// LS-07: the servers that announced free device CALs which may serve `asked`: who has most comes first, and two at the most are
/// asked, so that the terminal server is not kept waiting.
#[must_use]
pub fn candidates(announced: &[Free<'_>], asked: ProductVersion, prevent_license_upgrade: bool) -> Vec<ServerName> {
    let eligible = versions::eligible_versions(asked, prevent_license_upgrade);
    let mut totals: Vec<(&ServerName, u32)> = Vec::new();
    for free in announced.iter().filter(|free| free.product_type == ProductType::Device && eligible.contains(&free.version)) {
        match totals.iter_mut().find(|(server, _)| *server == free.server) {
            Some((_, total)) => *total = total.saturating_add(free.count),
            None => totals.push((free.server, free.count)),
        }
    }
    totals.retain(|(_, total)| *total > 0);
    totals.sort_by(|(one, more), (other, less)| less.cmp(more).then_with(|| one.cmp(other)));
    totals.into_iter().take(ASKED_MAX).map(|(server, _)| server.clone()).collect()
}

/// LS-10, RN-04: whether the license that a device presented moves to this server with a draw here, so that its issuer is to take it
/// back: a bought permanent of another server, of the version asked for or a newer one. An older one stays good for older servers.
#[must_use]
pub fn moves(presented: &Cal, here: &ServerName, asked: ProductVersion) -> bool {
    presented.kind == CalKind::Permanent && !presented.is_built_in() && presented.issuer != *here && presented.version >= asked
}

/// SD-19: whether a CAL on record is the one that a return notice names: version and end must be the same.
#[must_use]
pub fn is_the_one(record: &Cal, version: ProductVersion, expires_at: LabTime) -> bool {
    record.kind == CalKind::Permanent && record.version == version && record.expires_at == expires_at
}

/// How many servers one request is referred to.
const ASKED_MAX: usize = 2;
