//! The field's nouns as types that cannot be wrong: parsed at the edge, carried everywhere else.

mod activation;
mod cal;
mod connection;
mod hardware;
mod key;
mod log;
mod moment;
mod names;
mod network;
mod pack;
mod text;
mod version;

pub use activation::{ProductId, Registrant, RegistrantText};
pub use cal::{Cal, CalId, CalKind, HELD_PRODUCT};
pub use connection::{GraceEnd, Platform, SessionId, TraceStep};
pub use hardware::HardwareId;
pub use key::{PublicKey, hex};
pub use log::{Level, LogRecord};
pub use moment::{LabTime, Span};
pub use names::{DeviceName, RequestId, ServerName, UserName};
pub use network::{
    Answered, DomainKind, DomainName, FoundServer, Intervals, LicenseServerRole, LicensingSet, Membership, Placement, Search, SiteName,
    UnitName, Way,
};
pub use pack::{
    AgreementNumber, AuthorizationNumber, EnrollmentNumber, OpenLicenseNumber, Pack, PackId, PackKind, ProductType, Purchase, RetailCode,
    VolumeProgram,
};
pub use text::ParseError;
pub use version::{Generation, ProductVersion};
