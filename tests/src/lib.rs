//! What the whole-lab tests share.

pub mod harness;
pub mod pages;
pub mod tsl;
