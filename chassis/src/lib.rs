//! What touches a socket, a disk or a clock, once for all services.

pub mod clock;
pub mod data;
pub mod engine;
pub mod journal;
