//! The chance of a run. Every throw is named by what it is for, so that leaving an action out changes as little as possible of the
//! rest: that is what makes a failing run short.

use sha2::{Digest, Sha256};

/// Throws that follow from a seed and a name.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The throw that has this name.
    pub(crate) fn throw(&self, name: &str, number: u64) -> u64 {
        let digest = Sha256::new().chain_update(self.0.to_be_bytes()).chain_update(name).chain_update(number.to_be_bytes()).finalize();
        digest.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }

    /// Throws one after the other.
    pub(crate) fn stream(&self, name: &str) -> Stream {
        Stream { state: self.throw(name, 0) }
    }
}

/// Throws one after the other: SplitMix64, which is quick and good enough for what happens, never for a secret.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    state: u64,
}

impl Stream {
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end.max(1) as u64)).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// True once in `times`.
    pub(crate) fn once_in(&mut self, times: u64) -> bool {
        self.next().is_multiple_of(times)
    }
}
