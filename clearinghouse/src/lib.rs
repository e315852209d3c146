//! The clearinghouse: activates license servers, issues packs to them, keeps the record; sells nothing.
//!
//! The decisions are `shared::registry`'s, the keys and the signatures this crate's. Two keys: the root's signs
//! activation certificates and nothing else, the service's own signs calls, answers and pack tokens.

mod activations;
mod config;
mod desk;
mod packs;
mod record;
mod reseller;
mod routes;

pub use config::Config;
pub use desk::start;
pub use routes::routes;
