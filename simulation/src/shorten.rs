//! Makes a failing run shorter: what can be left out without mending it is left out.

use std::io;

use crate::plan::Plan;
use crate::world::Invariant;

/// A plan of as few acts as can be found in which the same invariant does not hold; `said` hears how many are left.
///
/// # Errors
/// Where no folder can be made for what stands beside the journals.
pub fn shorten(plan: &Plan, invariant: Invariant, mut said: impl FnMut(usize)) -> io::Result<Plan> {
    let mut shortest = plan.clone();
    let mut tries = 0;
    let mut piece = shortest.acts.len().div_ceil(2);
    while piece > 0 && tries < TRIES_MAX {
        let mut from = 0;
        let mut shorter = false;
        while from < shortest.acts.len() && tries < TRIES_MAX {
            tries += 1;
            let mut without = shortest.clone();
            let end = (from + piece).min(without.acts.len());
            // What is left out still takes its time.
            let took: u64 = without.acts.drain(from..end).map(|act| act.after_ms).sum();
            if let Some(next) = without.acts.get_mut(from) {
                next.after_ms += took;
            }
            let fails = crate::run(&without)?.violation.is_some_and(|violation| violation.invariant == invariant);
            if fails {
                shortest = without;
                shorter = true;
                said(shortest.acts.len());
            } else {
                from += piece;
            }
        }
        piece = match piece {
            1 if !shorter => 0,
            1 => 1,
            _ => piece / 2,
        };
    }
    Ok(shortest)
}

/// How many runs are tried at the most.
const TRIES_MAX: usize = 600;
