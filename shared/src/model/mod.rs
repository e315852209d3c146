//! The field's nouns as types that cannot be wrong: parsed at the edge, carried everywhere else.

mod activation;
mod cal;
pub mod code;
mod connection;
mod denial;
mod hardware;
mod key;
mod log;
mod mode;
mod moment;
mod names;
mod network;
mod pack;
mod role;
mod text;
mod version;
mod workstation;

pub use activation::{ContactMethod, Lapse, ProductId, ReactivationReason, Registrant, RegistrantText, ServerRef};
pub use cal::{Cal, CalId, CalKind, HELD_PRODUCT, Origin, WORKSTATION_PRODUCT};
pub use code::{ConfirmationCode, LicenseServerId};
pub use connection::{Accept, GraceEnd, GraceStart, Platform, SessionId, TraceStep};
pub use denial::{Breach, Denial};
pub use hardware::HardwareId;
pub use key::{AgreementKey, PublicKey, hex};
pub use log::{Level, LogRecord};
pub use mode::PolicyAcOn;
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
pub use role::CallerRole;
pub use text::ParseError;
pub use version::{Generation, ProductVersion};
pub use workstation::{Category, CountingMode, DatabaseId};
