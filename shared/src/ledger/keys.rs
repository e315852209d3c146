//! The keys of rows that are written in more than one place.

/// A pack's row, by its place.
pub(super) fn pack_key(number: u64) -> String {
    format!("pack/{number:016x}")
}

/// A license record's row, by its place.
pub(super) fn license_key(number: u64) -> String {
    format!("license/{number:016x}")
}

/// The row of a license record that a restore has brought, by its place.
pub(super) fn staged_key(number: u64) -> String {
    format!("staged-license/{number:016x}")
}
