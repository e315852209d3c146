//! The bodies of requests: what a route takes it would write as the same, and nothing but an object is taken.

use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::model::Placement;
use shared::wire::{clearinghouse, common, desk, directory, license_server, managing, peers, terminal_server, workstation};

/// A body, offered to every route that takes one.
pub fn http_body(data: &[u8]) {
    let _ = taken_by(data);
}

/// How many routes take a body.
pub(crate) fn taken_by(data: &[u8]) -> usize {
    if is_object(data) { ROUTES.iter().filter(|take| take(data)).count() } else { 0 }
}

/// `chassis::http::Body` takes nothing else, and what is no JSON need not be offered to each route.
fn is_object(data: &[u8]) -> bool {
    data.trim_ascii_start().first() == Some(&b'{') && serde_json::from_slice::<serde::de::IgnoredAny>(data).is_ok()
}

fn same<T: DeserializeOwned + Serialize + PartialEq>(data: &[u8]) -> bool {
    let Ok(body) = serde_json::from_slice::<T>(data) else { return false };
    let written = serde_json::to_vec(&body).expect("what was read can be written");
    let again = serde_json::from_slice::<T>(&written).unwrap_or_else(|error| panic!("{}: {error}", String::from_utf8_lossy(&written)));
    assert!(again == body, "written as {}", String::from_utf8_lossy(&written));
    true
}

/// A piece of a backup holds JSON of whatever kind, whose fractions need not come back to the last digit.
fn read_again(data: &[u8]) -> bool {
    let Ok(body) = serde_json::from_slice::<license_server::RestorePart>(data) else { return false };
    let written = serde_json::to_vec(&body).expect("what was read can be written");
    assert!(serde_json::from_slice::<license_server::RestorePart>(&written).is_ok(), "{}", String::from_utf8_lossy(&written));
    true
}

macro_rules! routes {
    ($($body:ty),* $(,)?) => { &[read_again, $(same::<$body>),*] };
}

const ROUTES: &[fn(&[u8]) -> bool] = routes![
    common::ClockChange,
    common::NetworkView,
    common::SeedChange,
    clearinghouse::ActivationRequest,
    clearinghouse::BuyCode,
    clearinghouse::BuyXp,
    clearinghouse::MigrationRequest,
    clearinghouse::PackRequest,
    clearinghouse::SignAgreement,
    clearinghouse::StandingQuery,
    desk::AutomaticDeactivation,
    desk::Deactivate,
    desk::IssuePack,
    desk::Move,
    desk::OfferRequest,
    desk::Recover,
    desk::Register,
    desk::Reissue,
    directory::DiscoveryQuery,
    directory::DomainChange,
    directory::LicenseServerGroup,
    directory::LogonCheck,
    directory::Publication,
    directory::ReportScope,
    directory::TrustDirectory,
    directory::TrustService,
    directory::UserChange,
    directory::UserLicense,
    license_server::Activate,
    license_server::ActivateById,
    license_server::BringCertificate,
    license_server::Deactivate,
    license_server::Inquiry,
    license_server::InstallKeyPack,
    license_server::InstallPack,
    license_server::LedgerSettingsChange,
    license_server::Mark,
    license_server::NextLife,
    license_server::PlaceLicenseServer,
    license_server::PublicationChange,
    license_server::Reactivate,
    license_server::ReplaceKey,
    license_server::SecurityGroup,
    license_server::TrackUser,
    license_server::TrustClearinghouse,
    license_server::TrustTerminalServer,
    managing::Convert,
    managing::Migrate,
    managing::OrderRelease,
    managing::Rebuild,
    managing::Release,
    managing::Revoke,
    peers::Announcement,
    peers::Referral,
    peers::ReturnNotice,
    peers::TrustPeer,
    terminal_server::AccountChange,
    terminal_server::ConnectRequest,
    terminal_server::DiscoveryChange,
    terminal_server::FaultChange,
    terminal_server::LicenseServerList,
    terminal_server::LogonRequest,
    terminal_server::SettingsChange,
    terminal_server::TrustLicenseServer,
    terminal_server::TrustRoot,
    Placement,
    workstation::AddLicenses,
    workstation::AddServerCals,
    workstation::ConsoleLogon,
    workstation::CryptographyChange,
    workstation::OpenShare,
    workstation::ServiceChange,
    workstation::Shutdown,
    workstation::WorkstationSettingsChange,
];
