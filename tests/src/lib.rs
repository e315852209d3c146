//! What the whole-lab tests share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

pub mod harness;
pub mod size;
pub mod tsl;
