//! The HTTP side of every service, proved on a toy service through real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod access;
mod bodies;
mod calls;
mod doorstep;
mod passwords;
mod server;
mod table;
mod toy;
