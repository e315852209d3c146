//! Which versions go together (SPEC 4.8, 4.9).

use crate::model::ProductVersion;

/// VC-02, VC-08, LS-02: a license server serves a version up to its own.
#[must_use]
pub fn server_serves(server: ProductVersion, asked: ProductVersion) -> bool {
    asked <= server
}

/// VC-08, AC-36, W2K-15: a license server holds packs up to its own version.
#[must_use]
pub fn server_holds(server: ProductVersion, pack: ProductVersion) -> bool {
    pack <= server
}

/// VC-06, VC-08: a license covers a terminal server of its own version or an older one.
#[must_use]
pub fn license_covers(license: ProductVersion, terminal_server: ProductVersion) -> bool {
    license >= terminal_server
}

/// VC-01, VC-03 to VC-06, PL-01 to PL-03: the versions whose packs may serve a request for `asked`, in order: its own first,
/// then newer ones, which the policy "Prevent license upgrade" forbids.
#[must_use]
pub fn eligible_versions(asked: ProductVersion, prevent_license_upgrade: bool) -> Vec<ProductVersion> {
    ProductVersion::ALL.into_iter().filter(|version| *version == asked || (*version > asked && !prevent_license_upgrade)).collect()
}
