//! Tidiness of the sources and documents: layers, generated pages, links, the pages' harness.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should end loudly"
)]

mod facts;
mod files;
mod layers;
mod pages;
mod problems;
mod rules;
mod sources;
mod tags;
