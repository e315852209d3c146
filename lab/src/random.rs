//! Randomness from the operating system: for what the lab's seedable dice must not decide.

use chassis::random::bytes;
use shared::model::RequestId;

/// A request id of its own.
#[must_use]
pub fn request_id() -> RequestId {
    RequestId::from_random(bytes())
}

/// A password of 24 letters and digits, 120 bits.
#[must_use]
pub fn password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789A";
    let letter = |byte: u8| LETTERS.get(usize::from(byte & 31)).copied().map_or('a', char::from);
    bytes::<24>().into_iter().map(letter).collect()
}
