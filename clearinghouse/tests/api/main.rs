//! The clearinghouse over its real HTTP interface, on a port of the system's choice.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by failing"
)]

mod activations;
mod founding;
mod guesses;
mod packs;
mod record;
mod refusals;
mod world;
