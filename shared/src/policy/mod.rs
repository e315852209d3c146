//! The rules: one file a rule family, every number in [`terms`]; [`crate::rulebook`] lists them.
//!
//! A rule here is told what was presented and what a license server answered; how either was proved or carried is not
//! its concern.

pub mod activation;
pub mod admission;
pub mod asking;
pub mod built_in;
pub mod connectors;
pub mod denials;
pub mod discovery;
pub mod events;
pub mod grace;
pub mod issuing;
pub mod licensing_events;
pub mod logons;
pub mod modes;
pub mod neighbours;
pub mod nt4;
pub mod offer;
pub mod packs;
pub mod per_user;
pub mod protocol;
pub mod registration;
pub mod renewal;
pub mod replacing;
pub mod revoking;
pub mod sweeping;
pub mod switches;
pub mod terms;
pub mod tracking;
pub mod turned_down;
pub mod verdict;
pub mod versions;
