//! Services under load, killed, started on damage, and cut off in the middle of an answer: nothing doubled, nothing lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod clearinghouse_killed;
mod crowds;
mod damaged_files;
mod directory_killed;
mod license_server_killed;
mod lost_answers;
mod nt4_killed;
mod open_sessions;
mod process;
mod proxy;
mod race;
mod starts;
mod tally;
mod terminal_server_killed;
