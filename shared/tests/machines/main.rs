//! The license server's and the terminal server's machines under random histories: what must hold after every step.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by failing"
)]

mod directory;
mod ledger;
mod network;
mod node;
mod run;
mod upgrade;
mod workstation;
