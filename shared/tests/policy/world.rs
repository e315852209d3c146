//! Moments and licenses that the tables share.

use shared::model::{Cal, CalId, CalKind, HardwareId, LabTime, Origin, PackId, ProductVersion, Span};

/// A day in the life of the lab, at eight in the morning.
pub(crate) fn day(number: u32) -> LabTime {
    "2006-01-02T08:00:00Z".parse::<LabTime>().unwrap() + Span::days(number)
}

pub(crate) const SECOND: Span = Span::seconds(1);

/// A license of PC01's that LS1 issued ten days before day 0.
pub(crate) fn cal(kind: CalKind, version: ProductVersion, expires_at: LabTime) -> Cal {
    Cal {
        id: CalId::from_random([7; 16]),
        kind,
        version,
        issuer: "LS1".parse().unwrap(),
        device: "PC01".parse().unwrap(),
        user: "anna".parse().unwrap(),
        hardware_id: hardware(1),
        issued_at: day(0) - Span::days(10),
        expires_at,
        origin: match kind {
            CalKind::Permanent => Origin::Pack(PackId::from_random([7; 35])),
            CalKind::Temporary => Origin::Minted,
        },
    }
}

pub(crate) fn temporary(expires_at: LabTime) -> Cal {
    cal(CalKind::Temporary, ProductVersion::V5_2, expires_at)
}

pub(crate) fn permanent(expires_at: LabTime) -> Cal {
    cal(CalKind::Permanent, ProductVersion::V5_2, expires_at)
}

pub(crate) fn hardware(byte: u8) -> HardwareId {
    HardwareId::new(1, [byte; 16])
}
