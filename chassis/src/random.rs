//! Random bytes for keys and ids, from the operating system; what a lesson may seed comes from the dice instead.
//!
//! On a thread that runs a simulation they follow from its seed, so that the whole run can be had again ([`seeded`]). Nothing else
//! in the workspace asks for randomness.

use std::cell::RefCell;

use shared::dice::{Dice, Seed};
use shared::model::RequestId;

thread_local! {
    static SIMULATED: RefCell<Option<Dice>> = const { RefCell::new(None) };
}

/// Runs something on this thread whose random bytes all follow from a number. Keys that are made in it protect nothing.
pub fn seeded<T>(seed: u64, run: impl FnOnce() -> T) -> T {
    /// Puts the operating system's randomness back in any case.
    struct Ends;
    impl Drop for Ends {
        fn drop(&mut self) {
            SIMULATED.with(|source| source.replace(None));
        }
    }
    let _ends = Ends;
    SIMULATED.with(|source| source.replace(Some(Dice::new(Seed::from_number(seed, "entropy"), 0))));
    run()
}

/// A request id that nobody has used.
#[must_use]
pub fn request_id() -> RequestId {
    RequestId::from_random(bytes())
}

/// `N` random bytes. Ends the process where the operating system has no randomness to give, since every key and id would be
/// a guess then.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    if let Some(bytes) = SIMULATED.with(|source| source.borrow_mut().as_mut().map(Dice::bytes)) {
        return bytes;
    }
    let mut bytes = [0; N];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        tracing::error!("the operating system has no randomness to give");
        std::process::abort();
    }
    bytes
}
