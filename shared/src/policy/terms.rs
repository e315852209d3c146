//! Every number of the rule book, one set a generation (SPEC section 16).

use crate::model::{Cal, CalKind, Generation, LabTime, ProductVersion, Span};

/// The numbers of one generation, and which of the ways of each question it goes (SPEC section 16's table).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Length of the grace period; nothing where there is none (GR-01, W2K-05).
    pub grace: Span,
    /// From how long before the end of grace a warning is logged, once a lab day (GR-08).
    pub grace_warning: Span,
    /// Life of a temporary (PD-01, NT-30).
    pub temporary: Span,
    /// Whether a device gets one temporary after the other (NT-33, CON-04).
    pub temporary_repeatable: bool,
    /// What a device without a license is given first (CON-06).
    pub first_issue: FirstIssue,
    /// Shortest and longest life of a permanent, whole days (LS-05, RC-01); none where it has no end (W2K-06).
    pub permanent_days: Option<(u32, u32)>,
    /// How long before a permanent's end its renewal is tried (RN-01).
    pub renewal_window: Span,
    /// What is done about users (section 4.7, W08-04).
    pub per_user: PerUser,
    /// How many parts of a hundred of a version's device CALs may be revoked at a time (W08-08); none where nothing can be revoked.
    pub revocable_percent: Option<u64>,
    /// Whether its tools convert CALs and rebuild the database (W08-12, W08-13).
    pub manages_cals: bool,
    /// Whether its tools migrate packs from another license server (W08-11).
    pub migrates_packs: bool,
    /// How many sessions remote administration allows (PD-25).
    pub administrative_sessions: usize,
    /// For how long a license server that was silent is asked last (SPEC 4.3 step 4).
    pub silence: Span,
}

impl Terms {
    /// Whether a terminal server is its own license manager, asks no license server and knows no grace (NT-01).
    #[must_use]
    pub fn is_own_license_manager(&self) -> bool {
        match self.first_issue {
            FirstIssue::ByCategory => true,
            FirstIssue::PermanentIfFree | FirstIssue::Temporary => false,
        }
    }
}

/// What a device without a license is given first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstIssue {
    /// What its category has; a temporary where there is none (NT-10).
    ByCategory,
    /// A permanent at once where one is free (W2K-06).
    PermanentIfFree,
    /// A temporary, always (PD-01).
    Temporary,
}

/// What a generation does about users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerUser {
    /// Nothing: there is no such mode (W2K-02).
    None,
    /// A license server must be within reach (PU-02).
    ContactOnly,
    /// The directory records who used what, for this long at a time (W08-04).
    Tracked(Span),
}

/// Windows Server 2003.
const WINDOWS_2003: Terms = Terms {
    grace: Span::days(120),
    grace_warning: Span::days(14),
    temporary: Span::days(90),
    temporary_repeatable: false,
    first_issue: FirstIssue::Temporary,
    permanent_days: Some((52, 89)),
    renewal_window: Span::days(7),
    per_user: PerUser::ContactOnly,
    revocable_percent: None,
    manages_cals: false,
    migrates_packs: false,
    administrative_sessions: 2,
    silence: Span::MINUTE,
};

/// Windows 2000 with Service Pack 3: 2003's algorithm with its own grace, for devices only (W2K-02, W2K-05, W2K-08).
const WINDOWS_2000_SP3: Terms = Terms { grace: Span::days(90), per_user: PerUser::None, ..WINDOWS_2003 };

/// Windows 2000 before it: permanents without an end, given at once (W2K-06, W2K-07).
const WINDOWS_2000_SP2: Terms =
    Terms { first_issue: FirstIssue::PermanentIfFree, permanent_days: None, renewal_window: Span::seconds(0), ..WINDOWS_2000_SP3 };

/// Windows NT 4.0: no grace, and temporaries of 60 days that repeat (NT-30, NT-33, CON-03).
const WINDOWS_NT4: Terms = Terms {
    grace: Span::seconds(0),
    temporary: Span::days(60),
    temporary_repeatable: true,
    first_issue: FirstIssue::ByCategory,
    ..WINDOWS_2000_SP2
};

/// Windows Server 2008: users are tracked, one device CAL in five may be revoked (W08-04, W08-08).
const WINDOWS_2008: Terms =
    Terms { per_user: PerUser::Tracked(Span::days(60)), revocable_percent: Some(20), manages_cals: true, ..WINDOWS_2003 };

/// Windows Server 2008 R2: packs move between license servers (W08-11).
const WINDOWS_2008_R2: Terms = Terms { migrates_packs: true, ..WINDOWS_2008 };

/// The numbers that a server of this generation goes by.
///
/// ```
/// use shared::model::{Generation, Span};
/// use shared::policy::terms::terms;
///
/// assert_eq!(terms(Generation::Windows2003).grace, Span::days(120));
/// assert_eq!(terms(Generation::Windows2000Sp3).grace, Span::days(90));
/// assert_eq!(terms(Generation::Windows2000Sp2).permanent_days, None, "before SP3 a CAL has no end");
/// ```
#[must_use]
pub fn terms(generation: Generation) -> &'static Terms {
    match generation {
        Generation::WindowsNt4 => &WINDOWS_NT4,
        Generation::Windows2000Sp2 => &WINDOWS_2000_SP2,
        Generation::Windows2000Sp3 => &WINDOWS_2000_SP3,
        Generation::Windows2003 => &WINDOWS_2003,
        Generation::Windows2008 => &WINDOWS_2008,
        Generation::Windows2008R2 => &WINDOWS_2008_R2,
    }
}

/// SD-03, W2K-08: what a license server of one generation goes by when a terminal server of another asks it for `version`: its
/// own numbers, but those of Windows 2000 before Service Pack 3 where either side is that old. A version newer than the terminal
/// server itself (PD-20) is none of that server's business, and goes by the license server's own.
#[must_use]
pub fn between(license_server: Generation, terminal_server: Generation, version: ProductVersion) -> &'static Terms {
    let (own, asking) = (terms(license_server), terms(terminal_server));
    match asking.first_issue {
        FirstIssue::PermanentIfFree if version <= terminal_server.version() => asking,
        FirstIssue::PermanentIfFree | FirstIssue::ByCategory | FirstIssue::Temporary => own,
    }
}

/// AM-15, AM-30: whether a license lasts no longer from its own issue or extension than its kind and version may, wherever it was issued.
/// Only permanents of Windows 2000, and of Windows NT 4.0, may have no end.
#[must_use]
pub fn is_within_terms(cal: &Cal) -> bool {
    let life = cal.expires_at - cal.issued_at;
    match (cal.kind, cal.version) {
        // CON-03: 60 days, or 90 by the switch.
        (CalKind::Temporary, ProductVersion::V4_0) => life <= NT4_TEMPORARY_90,
        (CalKind::Temporary, version) => life <= of_version(version).temporary,
        (CalKind::Permanent, ProductVersion::V4_0) => true,
        (CalKind::Permanent, ProductVersion::V5_0) if cal.expires_at == LabTime::NEVER => true,
        (CalKind::Permanent, version) => of_version(version).permanent_days.is_some_and(|(_, longest)| life <= Span::days(longest)),
    }
}

/// The numbers of the latest generation that issues CALs of this version as its own.
#[must_use]
pub fn of_version(version: ProductVersion) -> &'static Terms {
    terms(match version {
        ProductVersion::V4_0 => Generation::WindowsNt4,
        ProductVersion::V5_0 => Generation::Windows2000Sp3,
        ProductVersion::V5_2 => Generation::Windows2003,
        ProductVersion::V6_0 => Generation::Windows2008R2,
    })
}

/// The longer of the two lives that the sources give a temporary of Windows NT 4.0 (CON-03).
const NT4_TEMPORARY_90: Span = Span::days(90);

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
