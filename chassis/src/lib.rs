//! What touches a socket, a disk or a clock, once for all services.

pub mod calls;
pub mod client;
pub mod clock;
pub mod config;
pub mod data;
pub mod directory;
pub mod engine;
mod files_limit;
pub mod http;
pub mod identity;
pub mod journal;
mod known_keys;
pub mod lab;
pub mod network;
pub mod pages;
pub mod passwords;
pub mod random;
pub mod run;
mod secrets;
pub mod server;
pub mod simulated;
pub mod telemetry;
pub mod transport;
