//! Certificates, packs and licenses: what is believed and what is not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by failing"
)]

mod certificates;
mod codes;
mod keys;
mod licenses;
mod packs;
mod world;
