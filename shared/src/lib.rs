//! What the lab can decide without a socket, a disk or a clock.
//!
//! * [`model`]: the field's nouns as types that cannot be wrong.
//! * [`rulebook`]: every rule by its id; nothing else can name one.
//! * [`policy`]: the rules themselves, one file a rule family.
//! * [`registry`], [`ledger`], [`node`], [`directory`]: the four machines (clearinghouse, license server, terminal server, directory).
//! * [`trust`]: certificates and signed tokens; keys, serials and moments are arguments.
//! * [`wire`]: the bodies that travel between services, and every problem they answer with.
//!
//! Imports go one way: `rulebook` <- `model` <- `policy` <- the machines; `trust` and `wire` see `model` only.

pub mod dice;
pub mod directory;
pub mod ledger;
pub mod machine;
pub mod model;
pub mod node;
pub mod policy;
pub mod registry;
pub mod rulebook;
pub mod trust;
pub mod wire;
