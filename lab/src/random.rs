//! Randomness from the operating system: for what the lab's seedable dice must not decide.

use shared::model::RequestId;

use crate::failure::Failure;

/// `N` random bytes.
///
/// # Errors
/// A system without randomness.
pub fn bytes<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Failure::Broken("the system gives no random bytes".to_owned()))?;
    Ok(bytes)
}

/// A request id of its own.
///
/// # Errors
/// As [`bytes`].
pub fn request_id() -> Result<RequestId, Failure> {
    Ok(RequestId::from_random(bytes()?))
}

/// A password of 24 letters and digits, about 110 bits.
///
/// # Errors
/// As [`bytes`].
pub fn password() -> Result<String, Failure> {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789A";
    let letter = |byte: u8| LETTERS.get(usize::from(byte & 31)).copied().map_or('a', char::from);
    Ok(bytes::<24>()?.into_iter().map(letter).collect())
}
