//! Windows NT 4.0 Terminal Server Edition (SPEC section 2): two licenses a connection. License Manager counts server CALs and denies;
//! the licensing service hands out workstation licenses and never denies.

pub mod categories;
pub mod counting;
pub mod events;
pub mod granting;
pub mod starting;
