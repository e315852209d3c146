//! The whole lab in one thread, from one seed: a clearinghouse, license servers and terminal servers of all generations, devices and
//! administrators, and everything that goes wrong between them.
//!
//! The services are the real ones, from their routes to the bytes of their journals; only what stands behind the four ports is
//! simulated: the wires lose, delay, double and reorder messages, disks lose what was not flushed, clocks are put forward, and every
//! random byte follows from the seed. The same seed gives the same journals, byte for byte.

use std::path::Path;
use std::{io, panic, thread};

mod chance;
mod check;
mod disk;
mod errands;
mod machine;
mod many;
mod plan;
mod shorten;
mod tasks;
mod wire;
mod world;

pub use many::{Failed, Summary, run_many};
pub use plan::{Act, Deed, Follow, Plan, Size};
pub use shorten::shorten;
pub use world::{Invariant, Outcome, Violation};

/// Carries a plan through, on a thread of its own: the caller's runtime, where it has one, has no part in it.
///
/// # Errors
/// Where no folder can be made for what stands beside the journals.
pub fn run(plan: &Plan) -> io::Result<Outcome> {
    run_and_keep(plan, None)
}

/// The same, and writes down what happened at each machine: an entry of its journal a line, in `NAME.jsonl` of a folder.
///
/// # Errors
/// Where a file cannot be written.
pub fn run_and_keep(plan: &Plan, journals: Option<&Path>) -> io::Result<Outcome> {
    let carried =
        thread::scope(|scope| scope.spawn(|| chassis::random::seeded(plan.seed, || world::World::new(plan)?.run(journals))).join());
    carried.unwrap_or_else(|panicked| panic::resume_unwind(panicked))
}
