//! The simulated client: a device with its license store, and its visits at terminal servers.

pub mod device;
pub mod session;
