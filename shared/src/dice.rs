//! The lab's chance, seedable: the same seed and the same journal position give the same throws.
//!
//! The dice decide lives, serial numbers and identifiers. Keys never come from them.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// The seed of a service's dice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

impl Seed {
    /// The seed of one kind of machine from a number, as a person types it: `--seed 7`. Services that are given the same
    /// number throw differently.
    #[must_use]
    pub fn from_number(number: u64, machine: &str) -> Self {
        Self(Sha256::new().chain_update(number.to_be_bytes()).chain_update(machine).finalize().into())
    }
}

/// The throws of one command.
///
/// ```
/// use shared::dice::{Dice, Seed};
///
/// let seed = Seed::from_number(7, "ledger");
/// let life = Dice::new(seed, 12).between(52, 89);
/// assert!((52..=89).contains(&life));
/// assert_eq!(Dice::new(seed, 12).between(52, 89), life, "the same place of the journal, the same throw");
/// ```
pub struct Dice(ChaCha12Rng);

impl Dice {
    /// The dice for the command that will write journal entry `entry`.
    ///
    /// Throws depend on nothing but seed and position, so a restart in between changes nothing.
    #[must_use]
    pub fn new(seed: Seed, entry: u64) -> Self {
        let mut rng = ChaCha12Rng::from_seed(seed.0);
        rng.set_stream(entry);
        Self(rng)
    }

    /// A whole number from `low` to `high`, both included, each equally likely.
    pub fn between(&mut self, low: u32, high: u32) -> u32 {
        let span = u64::from(high.saturating_sub(low)) + 1;
        // Rejects the uneven tail, so that no value is favoured.
        let limit = u64::MAX - u64::MAX % span;
        loop {
            let throw = self.0.next_u64();
            if throw < limit {
                return low.saturating_add(u32::try_from(throw % span).unwrap_or(0));
            }
        }
    }

    /// `N` random bytes, for serial numbers and identifiers.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}
