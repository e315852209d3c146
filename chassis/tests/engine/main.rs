//! The clock, the data directory, the journal and the engine, run over a toy machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail loudly")]

mod clock;
mod counters;
mod damage;
mod data;
mod durability;
mod failure;
mod lists;
mod replay;
mod transfer;
mod watched;
