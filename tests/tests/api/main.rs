//! The services' HTTP interfaces as somebody improper meets them: driven from each service's own /openapi.json, through real
//! sockets, with the journals watched.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod access;
mod bodies;
mod calls;
mod lists;
mod paths;
mod roles;
mod secrets;
mod world;
