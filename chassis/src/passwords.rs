//! Passwords of accounts: hashed with Argon2id, and checked without paying for it every time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use sha2::{Digest, Sha256};
use shared::model::UserName;
use shared::wire::problem::{Problem, ProblemCode};

use crate::random;

/// Checks passwords.
///
/// One that was checked once is remembered in memory only, as a hash under a key of this run, so that thousands of logons stay
/// cheap; a changed account has another hash and is checked anew.
pub struct PasswordCheck {
    key: [u8; 32],
    remembered: Mutex<HashMap<UserName, [u8; 32]>>,
}

impl PasswordCheck {
    /// A check that remembers nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { key: random::bytes(), remembered: Mutex::default() }
    }

    /// Whether this is the password that was hashed for `user`.
    ///
    /// # Errors
    /// If the check itself is lost.
    pub async fn fits(&self, user: &UserName, hash: &str, password: &str) -> Result<bool, Problem> {
        let seen = self.fingerprint(hash, password);
        if self.remembered.lock().unwrap_or_else(PoisonError::into_inner).get(user) == Some(&seen) {
            return Ok(true);
        }
        let (hash, given) = (hash.to_owned(), password.to_owned());
        let fits = blocking(move || verify(&hash, &given)).await?;
        if fits {
            self.remembered.lock().unwrap_or_else(PoisonError::into_inner).insert(user.clone(), seen);
        }
        Ok(fits)
    }

    fn fingerprint(&self, hash: &str, password: &str) -> [u8; 32] {
        Sha256::new().chain_update(self.key).chain_update(hash).chain_update([0]).chain_update(password).finalize().into()
    }
}

impl Default for PasswordCheck {
    fn default() -> Self {
        Self::new()
    }
}

/// The hash under which an account's password is kept.
///
/// # Errors
/// A password that is empty or too long.
pub async fn hash(password: String) -> Result<String, Problem> {
    if password.is_empty() || password.chars().count() > PASSWORD_CHARACTERS_MAX {
        return Err(Problem::new(ProblemCode::Invalid, format!("a password has 1 to {PASSWORD_CHARACTERS_MAX} characters")));
    }
    blocking(move || hasher().hash_password_with_salt(password.as_bytes(), &random::bytes::<16>()).map(|hash| hash.to_string()))
        .await?
        .map_err(|error| Problem::new(ProblemCode::Internal, format!("the password could not be hashed: {error}")))
}

fn verify(hash: &str, password: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|parsed| hasher().verify_password(password.as_bytes(), &parsed).is_ok())
}

/// Argon2id with 19 MiB and two passes, the least that is recommended for passwords.
fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

/// Hashing takes tens of milliseconds, so it does not run where requests are answered.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Problem::new(ProblemCode::Internal, format!("the password check was lost: {error}")))
}

const PASSWORD_CHARACTERS_MAX: usize = 256;
