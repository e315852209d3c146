//! The bodies that travel between people, services and devices, one file a service; and every problem in one table.

pub mod clearinghouse;
pub mod common;
pub mod license_server;
pub mod problem;
pub mod terminal_server;
