//! The rule book: what the lab's rules say and what they lead to, one file a rule family.

pub mod rulebook;
