//! Simulated client devices, and everything that `tsl` does with a lab.
//!
//! The binary adds the command line; tests of the whole lab use the devices and the clocks from here.

pub mod api;
pub mod backup;
pub mod beginning;
pub mod cli;
pub mod clients;
pub mod clock;
pub mod control;
pub mod diagnosis;
pub mod failure;
pub mod network;
pub mod out;
pub mod page;
pub mod passwords;
pub mod performance;
pub mod phone;
pub mod place;
pub mod port;
pub mod setup;
pub mod up;
