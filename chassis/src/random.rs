//! Random bytes from the operating system, for keys and ids; what a lesson may seed comes from the dice instead.

use shared::model::RequestId;

/// A request id that nobody has used.
#[must_use]
pub fn request_id() -> RequestId {
    RequestId::from_random(bytes())
}

/// `N` random bytes. Ends the process where the operating system has no randomness to give, since every key and id would be
/// a guess then.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        tracing::error!("the operating system has no randomness to give");
        std::process::abort();
    }
    bytes
}
