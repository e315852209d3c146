//! One key handing a Product ID over to the next: what the old key signs so that the new one is taken (AM-15, AC-25).

use super::{SigningKey, TrustError, signature_holds};
use crate::model::{ProductId, PublicKey, RequestId};

/// The old key's signature over a request by which its Product ID goes to another key. It is good for that request of that key only.
///
/// # Errors
/// If the key does not sign, which an accepted key does.
pub fn make_succession(old: &SigningKey, product_id: &ProductId, new: &PublicKey, request: &RequestId) -> Result<String, TrustError> {
    old.sign(message(product_id, new, request).as_bytes())
}

/// Whether `signature` is the old key's under this request.
#[must_use]
pub fn succession_holds(signature: &str, old: &PublicKey, product_id: &ProductId, new: &PublicKey, request: &RequestId) -> bool {
    signature_holds(signature, message(product_id, new, request).as_bytes(), old)
}

/// Its first line keeps it apart from everything else that a key signs.
fn message(product_id: &ProductId, new: &PublicKey, request: &RequestId) -> String {
    format!("tsl-key-succession\n{product_id}\n{new}\n{request}\n")
}
