//! The scenario vectors of SPEC.md section 15, through the services' real HTTP interfaces.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod activation;
mod administration;
mod backup;
mod between_license_servers;
mod clearinghouse_pages;
mod directory;
mod discovery;
mod exchange;
mod forgers;
mod grace;
mod later_windows;
mod license_server;
mod logons;
mod nt4;
mod nt4_disk;
mod per_device;
mod per_user;
mod readings;
mod recovery;
mod several_servers;
mod tampering;
mod typed_codes;
mod versions;
mod windows_2000;
