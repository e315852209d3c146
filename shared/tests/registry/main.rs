//! The clearinghouse's machine: activations, packs, papers, and the record of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by failing"
)]

mod activations;
mod desk;
mod packs;
mod refused;
mod representative;
