//! License Manager: server CALs, counted once for everything that the server does (NT-11, NT-14 to NT-19).

use crate::rulebook::rule;
use serde::{Deserialize, Serialize};

use crate::model::{CountingMode, TraceStep};

/// The server CALs, and how they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerCals {
    /// The mode in force.
    pub mode: CountingMode,
    /// How many were bought.
    pub bought: u32,
    /// Per Seat was chosen and waits for a restart (NT-15).
    pub per_seat_at_next_start: bool,
}

impl Default for ServerCals {
    /// A fresh server: Per Server, nothing bought.
    fn default() -> Self {
        Self { mode: CountingMode::PerServer, bought: 0, per_seat_at_next_start: false }
    }
}

/// What the server's CALs are in use for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InUse {
    /// Terminal sessions, those at the logon screen too.
    pub sessions: u32,
    /// File and print connections (NT-16).
    pub shares: u32,
    /// Somebody is logged on at the console (NT-17).
    pub console: bool,
}

impl InUse {
    /// NT-16, NT-17: the one figure that License Manager shows; the console is not in it.
    #[must_use]
    pub fn shown(self) -> u32 {
        self.sessions.saturating_add(self.shares)
    }

    /// What is really gone.
    #[must_use]
    pub fn taken(self) -> u32 {
        self.shown().saturating_add(u32::from(self.console))
    }
}

/// NT-11, NT-14, NT-15, NT-18: whether one more may come, with the reasons noted.
#[must_use]
pub fn has_free(cals: ServerCals, in_use: InUse, trace: &mut Vec<TraceStep>) -> bool {
    if cals.mode == CountingMode::PerSeat {
        let facts = format!("Per Seat: {} seats bought, {} in use; the count denies nobody", cals.bought, in_use.shown());
        trace.push(TraceStep::new(rule::NT_15, facts));
        return true;
    }
    let free = in_use.taken() < cals.bought;
    let facts = format!(
        "Per Server: {} bought, {} in use ({} sessions, {} shares) as License Manager shows it",
        cals.bought,
        in_use.shown(),
        in_use.sessions,
        in_use.shares
    );
    trace.push(TraceStep::new(rule::NT_14, facts));
    if in_use.console {
        trace.push(TraceStep::new(rule::NT_17, "somebody is logged on at the console and has one more, which the figure leaves out"));
    }
    if !free && in_use.shown() < cals.bought {
        trace.push(TraceStep::new(rule::NT_18, "the figure shows one free, and the console has it"));
    }
    free
}

/// CON-16: by one vendor's paper a terminal server of NT 4.0 knows Per Seat only; with that reading the mode that was chosen says
/// nothing.
#[must_use]
pub fn in_force(cals: ServerCals, per_seat_only: bool) -> ServerCals {
    if per_seat_only { ServerCals { mode: CountingMode::PerSeat, ..cals } } else { cals }
}

/// NT-15: the CALs at a start of the machine: a switch that was chosen comes into force, and the Per Server count is lost.
#[must_use]
pub fn at_start(cals: ServerCals) -> ServerCals {
    if cals.per_seat_at_next_start {
        return ServerCals { mode: CountingMode::PerSeat, bought: 0, per_seat_at_next_start: false };
    }
    cals
}
