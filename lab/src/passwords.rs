//! The passwords of a lab's accounts: a file that only its owner reads.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use chassis::random;
use shared::model::UserName;

use crate::failure::Failure;

/// The file with the passwords.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passwords {
    path: PathBuf,
}

impl Passwords {
    /// The passwords in this file.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All passwords by account; none while there is no file.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(&self) -> Result<BTreeMap<UserName, String>, Failure> {
        let text = match std::fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(Failure::file(&self.path, error)),
        };
        let listed: BTreeMap<String, String> =
            serde_json::from_slice(&text).map_err(|error| Failure::file(&self.path, format!("not a file of passwords ({error})")))?;
        listed
            .into_iter()
            .map(|(name, password)| match name.parse() {
                Ok(name) => Ok((name, password)),
                Err(error) => Err(Failure::file(&self.path, error)),
            })
            .collect()
    }

    /// The password of an account, made and written down if there is none yet.
    ///
    /// # Errors
    /// A file that cannot be read or written.
    pub fn find_or_make(&self, user: &UserName) -> Result<String, Failure> {
        let known = self.read()?;
        if let Some(password) = known.get(user) {
            return Ok(password.clone());
        }
        let password = new_password();
        self.keep(user, &password)?;
        Ok(password)
    }

    /// Writes down the password of an account.
    ///
    /// # Errors
    /// As [`Passwords::find_or_make`].
    pub fn keep(&self, user: &UserName, password: &str) -> Result<(), Failure> {
        let mut known = self.read()?;
        known.insert(user.clone(), password.to_owned());
        self.write(&known)
    }

    /// Forgets an account's password.
    ///
    /// # Errors
    /// As [`Passwords::find_or_make`].
    pub fn forget(&self, user: &UserName) -> Result<(), Failure> {
        let mut known = self.read()?;
        if known.remove(user).is_none() {
            return Ok(());
        }
        self.write(&known)
    }

    fn write(&self, known: &BTreeMap<UserName, String>) -> Result<(), Failure> {
        let named: BTreeMap<&str, &String> = known.iter().map(|(name, password)| (name.as_str(), password)).collect();
        let json = serde_json::to_vec_pretty(&named).map_err(|error| Failure::file(&self.path, error))?;
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
        }
        crate::clients::write_atomically(&self.path, &json).map_err(|error| Failure::file(&self.path, error))
    }
}

/// A password of 24 letters and digits, 120 bits.
fn new_password() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789A";
    let letter = |byte: u8| LETTERS.get(usize::from(byte & 31)).copied().map_or('a', char::from);
    random::bytes::<24>().into_iter().map(letter).collect()
}
