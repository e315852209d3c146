//! The pure rules, table by table.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by failing"
)]

mod asking;
mod denials;
mod discovery;
mod forms;
mod grace;
mod issuing;
mod logons;
mod nt4;
mod per_user;
mod revoking;
mod spans;
mod tracking;
mod verdict;
mod versions;
mod world;
