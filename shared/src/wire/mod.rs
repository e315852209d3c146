//! The bodies that travel between people, services and devices, one file a service; and every problem in one table.

pub mod clearinghouse;
pub mod common;
pub mod desk;
pub mod directory;
pub mod license_server;
pub mod managing;
pub mod peers;
pub mod problem;
mod settings;
pub mod terminal_server;
pub mod workstation;

/// Reads what stands beside the tag of a variant without fields: nothing. serde itself would ignore unknown fields there.
fn nothing_more<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    <Nothing as serde::Deserialize>::deserialize(deserializer).map(|Nothing {}| ())
}
