//! Passwords of accounts: hashed with Argon2id, and checked without paying for it every time, nor for more at once than the
//! machine bears.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Digest, Sha256};
use shared::model::{UserName, hex};
use shared::wire::problem::{Problem, ProblemCode};
use tokio::sync::{Semaphore, watch};

use crate::random;

/// Checks passwords.
///
/// * One that was checked once is remembered in memory only, as a hash under a key of this run, so that thousands of logons stay
///   cheap; a changed account has another hash and is checked anew.
/// * A password that is being checked is not checked a second time beside it: whoever shows the same waits for the same outcome.
/// * No more than [`WAITING_MAX`] are under way, and of one account [`WAITING_OF_ONE_MAX`], so that whoever guesses at one account
///   crowds nobody else out. What comes above that is told to come again (`crowded`), and nothing was decided.
/// * Two are worked on at a time in the whole process, since each takes 19 MiB, and that memory is used again.
/// * An account that does not exist costs what a wrong password costs, so that the time tells nobody which accounts exist.
///
/// Clones share all of it.
#[derive(Clone)]
pub struct PasswordCheck(Arc<Shared>);

struct Shared {
    work: Work,
    key: [u8; 32],
    /// What the password of an account that does not exist is compared with: a hash that no password has.
    nobody: String,
    state: Mutex<State>,
}

/// What a password is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    /// Argon2id.
    Argon2,
    /// A plain hash, at once: only where the machine is simulated, and a guesser's time with it.
    StandIn,
}

#[derive(Default)]
struct State {
    remembered: HashMap<UserName, [u8; 32]>,
    under_way: HashMap<[u8; 32], UnderWay>,
}

/// A check that somebody waits for.
struct UnderWay {
    user: UserName,
    outcome: watch::Receiver<Option<bool>>,
}

/// What is to be checked.
struct Shown {
    user: UserName,
    hash: String,
    password: String,
    fingerprint: [u8; 32],
    /// Whether there is such an account: what an unknown one's password is compared with is nothing to be remembered.
    known: bool,
}

impl PasswordCheck {
    /// A check that remembers nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::of(Work::Argon2)
    }

    /// A check for simulated machines, whose hashes cost nothing and are worth nothing.
    pub(crate) fn simulated() -> Self {
        Self::of(Work::StandIn)
    }

    fn of(work: Work) -> Self {
        Self(Arc::new(Shared { work, key: random::bytes(), nobody: hash_of_nobody(), state: Mutex::default() }))
    }

    /// The hash under which an account's password is kept.
    ///
    /// # Errors
    /// A password that is empty or too long.
    pub async fn hash(&self, password: String) -> Result<String, Problem> {
        if password.is_empty() || password.chars().count() > PASSWORD_CHARACTERS_MAX {
            return Err(Problem::new(ProblemCode::Invalid, format!("a password has 1 to {PASSWORD_CHARACTERS_MAX} characters")));
        }
        if self.0.work == Work::StandIn {
            return Ok(stand_in(&password));
        }
        working(move || hasher().hash_password_with_salt(password.as_bytes(), &random::bytes::<16>()).map(|hash| hash.to_string()))
            .await?
            .map_err(|error| Problem::new(ProblemCode::Internal, format!("the password could not be hashed: {error}")))
    }

    /// Whether this is the password that was hashed for `user`; never, and after the same work, where there is no hash.
    ///
    /// # Errors
    /// `crowded` where too many are being checked, and if the check itself is lost.
    pub async fn fits(&self, user: &UserName, hash: Option<&str>, password: &str) -> Result<bool, Problem> {
        if self.0.work == Work::StandIn {
            return Ok(hash == Some(stand_in(password).as_str()));
        }
        let kept = hash.unwrap_or(&self.0.nobody);
        let fingerprint = self.fingerprint(user, kept, password);
        let shown = Shown { user: user.clone(), hash: kept.to_owned(), password: password.to_owned(), fingerprint, known: hash.is_some() };
        match self.0.begin(shown)? {
            Begun::Remembered => Ok(true),
            Begun::UnderWay(mut outcome) => {
                let seen = outcome.wait_for(Option::is_some).await.map(|outcome| *outcome);
                let lost = || Problem::new(ProblemCode::Internal, "the password check was lost");
                seen.ok().flatten().ok_or_else(lost)
            }
        }
    }

    fn fingerprint(&self, user: &UserName, hash: &str, password: &str) -> [u8; 32] {
        let parts = Sha256::new().chain_update(self.0.key).chain_update(user.as_str()).chain_update([0]).chain_update(hash);
        parts.chain_update([0]).chain_update(password).finalize().into()
    }
}

impl Default for PasswordCheck {
    fn default() -> Self {
        Self::new()
    }
}

/// What a check begins with.
enum Begun {
    /// It was right before.
    Remembered,
    /// It is being worked on, for this caller or for one before.
    UnderWay(watch::Receiver<Option<bool>>),
}

impl Shared {
    fn begin(self: &Arc<Self>, shown: Shown) -> Result<Begun, Problem> {
        let mut state = self.state();
        if shown.known && state.remembered.get(&shown.user) == Some(&shown.fingerprint) {
            return Ok(Begun::Remembered);
        }
        if let Some(same) = state.under_way.get(&shown.fingerprint) {
            return Ok(Begun::UnderWay(same.outcome.clone()));
        }
        let of_one = state.under_way.values().filter(|check| check.user == shown.user).count();
        if of_one >= WAITING_OF_ONE_MAX || state.under_way.len() >= WAITING_MAX {
            return Err(crowded(&shown.user, of_one));
        }
        let (told, outcome) = watch::channel(None);
        state.under_way.insert(shown.fingerprint, UnderWay { user: shown.user.clone(), outcome: outcome.clone() });
        drop(state);
        // A task of its own: others may wait for it when the first caller has hung up.
        tokio::spawn(self.clone().check(shown, told));
        Ok(Begun::UnderWay(outcome))
    }

    async fn check(self: Arc<Self>, shown: Shown, told: watch::Sender<Option<bool>>) {
        let Shown { user, hash, password, fingerprint, known } = shown;
        let fits = working(move || verify(&hash, &password)).await.ok().map(|fits| fits && known);
        let mut state = self.state();
        state.under_way.remove(&fingerprint);
        if fits == Some(true) {
            state.remembered.insert(user, fingerprint);
        }
        drop(state);
        // Where the check was lost, whoever waits learns it from the sender's end.
        if fits.is_some() {
            told.send_replace(fits);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn crowded(user: &UserName, of_one: usize) -> Problem {
    let detail = if of_one >= WAITING_OF_ONE_MAX {
        format!("{of_one} passwords of {user} are being checked already")
    } else {
        format!("{WAITING_MAX} passwords are being checked already")
    };
    Problem::new(ProblemCode::Crowded, detail).retry_after(1)
}

/// What a password is kept as on a simulated machine.
fn stand_in(password: &str) -> String {
    format!("simulated-{}", hex(&Sha256::digest(password)))
}

/// Whether the password gives this hash; what is no hash is given by none.
fn verify(hash: &str, password: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else { return false };
    let (Some(salt), Some(kept)) = (&parsed.salt, &parsed.hash) else { return false };
    let Ok(params) = Params::try_from(&parsed) else { return false };
    if parsed.algorithm != Algorithm::Argon2id.ident() || parsed.version != Some(Version::V0x13.into()) {
        return false;
    }
    let mut given = vec![0; kept.len()];
    let mut memory = memory(params.block_count());
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hashed = hasher.hash_password_into_with_memory(password.as_bytes(), salt, &mut given, &mut memory);
    give_back(memory);
    // Two outputs are compared in a time that does not tell where they differ.
    hashed.is_ok() && Output::new(&given).is_ok_and(|given| given == *kept)
}

/// The memory of a check that is over, or fresh. Taken anew each time it would be scattered over the allocator's heaps, one for each
/// thread that ever checked a password, and stay there.
fn memory(blocks: usize) -> Vec<Block> {
    let mut memory = MEMORY.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
    memory.resize(blocks, Block::new());
    memory
}

fn give_back(memory: Vec<Block>) {
    let mut kept = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() < WORKED_ON_MAX {
        kept.push(memory);
    }
}

static MEMORY: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

/// A hash of the same cost as every other, whose password nobody knows: random bytes in place of what a password would give.
fn hash_of_nobody() -> String {
    let (salt, output) = (STANDARD_NO_PAD.encode(random::bytes::<16>()), STANDARD_NO_PAD.encode(random::bytes::<32>()));
    let params = Params::default();
    format!("$argon2id$v=19$m={},t={},p={}${salt}${output}", params.m_cost(), params.t_cost(), params.p_cost())
}

/// Argon2id with 19 MiB and two passes, the least that is recommended for passwords.
fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

/// Hashing takes tens of milliseconds and 19 MiB, so it does not run where requests are answered, and not more than twice at a time.
async fn working<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let lost = |error: &dyn std::fmt::Display| Problem::new(ProblemCode::Internal, format!("the password check was lost: {error}"));
    let place = AT_ONCE.acquire().await.map_err(|error| lost(&error))?;
    let worked = tokio::task::spawn_blocking(move || {
        // Held for as long as the work takes, also where nobody waits for it any more.
        let _place = place;
        work()
    });
    worked.await.map_err(|error| lost(&error))
}

/// How many are worked on at a time in this process: a lab of `tsl up` is several services in one.
static AT_ONCE: Semaphore = Semaphore::const_new(WORKED_ON_MAX);

const WORKED_ON_MAX: usize = 2;

/// How many checks may be under way, those that are worked on included: as many as are done in about a second.
pub const WAITING_MAX: usize = 32;
/// How many of one account.
pub const WAITING_OF_ONE_MAX: usize = 4;
const PASSWORD_CHARACTERS_MAX: usize = 256;
