//! Every number of the rule book, one set a generation (SPEC section 16).

use crate::model::{Generation, Span};

/// The numbers of one generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Length of the grace period (GR-01).
    pub grace: Span,
    /// From how long before the end of grace a warning is logged, once a lab day (GR-08).
    pub grace_warning: Span,
    /// Life of a temporary (PD-01).
    pub temporary: Span,
    /// Shortest life of a permanent, whole days (LS-05).
    pub permanent_days_min: u32,
    /// Longest life of a permanent, whole days (LS-05, RC-01).
    pub permanent_days_max: u32,
    /// How long before a permanent's end its renewal is tried (RN-01).
    pub renewal_window: Span,
    /// How many sessions remote administration allows (PD-25).
    pub administrative_sessions: usize,
    /// For how long a license server that was silent is asked last (SPEC 4.3 step 4).
    pub silence: Span,
}

/// Windows Server 2003.
const WINDOWS_2003: Terms = Terms {
    grace: Span::days(120),
    grace_warning: Span::days(14),
    temporary: Span::days(90),
    permanent_days_min: 52,
    permanent_days_max: 89,
    renewal_window: Span::days(7),
    administrative_sessions: 2,
    silence: Span::MINUTE,
};

/// Windows 2000 with Service Pack 3: 2003's algorithm with its own grace (W2K-05, W2K-08).
const WINDOWS_2000: Terms = Terms { grace: Span::days(90), ..WINDOWS_2003 };

/// The numbers that a server of this generation goes by.
#[must_use]
pub fn terms(generation: Generation) -> &'static Terms {
    match generation {
        Generation::Windows2000 => &WINDOWS_2000,
        Generation::Windows2003 => &WINDOWS_2003,
    }
}

/// How many parts of a hundred of a pool are left when event 20 is logged after a draw (LS-11, OQ-8, SD-07).
pub const LOW_POOL_PERCENT: u64 = 10;

/// The daily sweep's moment unless set otherwise: 20:00 UTC, in seconds after midnight (LS-09).
pub const SWEEP_AT_S: u32 = 20 * 3600;

/// How far ahead a license may begin and still be taken, unless set otherwise: a day, in seconds (OQ-10).
pub const NOT_BEFORE_TOLERANCE_S: u32 = 86_400;

/// From how many days before a temporary's end its holder is warned, unless set otherwise (OQ-5).
pub const EXPIRY_POPUP_DAYS: u32 = 7;

/// How long a session waits for a logon: ten lab minutes.
pub const LOGON_WAIT: Span = Span::seconds(600);
