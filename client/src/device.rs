//! A client device and its license store, laid out as the registry key `MSLicensing` (SPEC section 9).

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use shared::model::{Cal, CalKind, DeviceName, HardwareId, LabTime, ParseError, Platform, ProductVersion};
use shared::trust::peek_license;
use shared::wire::terminal_server::LicenseRequest;

/// A simulated client device: what survives on it from one connection to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Device {
    /// Its computer name.
    pub name: DeviceName,
    /// Its operating system.
    pub platform: Platform,
    /// The latest moment that a server has told it, lab time: its own idea of now where nobody tells it better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<LabTime>,
    /// What it forgets when it is switched off.
    #[serde(default, skip_serializing_if = "Memory::is_whole")]
    pub memory: Memory,
    /// The whole key was deleted, so it has to be made anew: from Vista on only an elevated client can do that (ST-07).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub key_deleted: bool,
    /// The registry key `HKLM\Software\Microsoft\MSLicensing`.
    #[serde(rename = "MSLicensing", default)]
    pub licensing: Licensing,
}

/// What survives on a device when it is switched off (ST-09, FT-08).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Memory {
    /// Hardware id and licenses: every PC, and a thin client that keeps its store in flash.
    #[default]
    Whole,
    /// The hardware id only, which is computed from the hardware.
    HardwareId,
    /// Nothing: the next start makes a new hardware id.
    Nothing,
}

impl Memory {
    fn is_whole(&self) -> bool {
        *self == Memory::Whole
    }
}

/// The registry key `MSLicensing`; empty after it was deleted (ST-06).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licensing {
    /// The subkey `HardwareID`; none until the first connection makes it.
    #[serde(rename = "HardwareID", default, skip_serializing_if = "Option::is_none")]
    pub hardware: Option<HardwareKey>,
    /// The subkey `Store`.
    #[serde(rename = "Store", default)]
    pub store: BTreeMap<Slot, StoredLicense>,
}

/// The subkey `HardwareID` (ST-01).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HardwareKey {
    /// The value `ClientHWID`.
    #[serde(rename = "ClientHWID")]
    pub id: HardwareId,
}

/// One subkey of the store, with the values of ST-03.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredLicense {
    /// The license as it was received, in its signed form.
    #[serde(rename = "ClientLicense")]
    pub license: String,
    /// Whose product it is: `Microsoft Corporation`.
    #[serde(rename = "CompanyName")]
    pub company: String,
    /// Its scope: `microsoft.com`.
    #[serde(rename = "LicenseScope")]
    pub scope: String,
    /// The key that a license request looks it up by: `A02`.
    #[serde(rename = "ProductID")]
    pub product: String,
}

/// The name of a subkey of the store: `LICENSE000`, `LICENSE001` … (ST-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u16);

/// Which part of a license's signed form to damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Algorithm and certificate chain: a terminal server says untrusted, or damaged (PD-23, PD-22).
    Header,
    /// What the license says: the signature no longer matches, or it cannot be read (PD-22).
    Content,
    /// The signature itself (PD-22).
    Signature,
}

impl Device {
    /// A device that has never connected anywhere: no hardware id, an empty store.
    #[must_use]
    pub fn new(name: DeviceName, platform: Platform) -> Self {
        Self { name, platform, last_seen: None, memory: Memory::Whole, key_deleted: false, licensing: Licensing::default() }
    }

    /// The hardware id; made from `own` on first use and then kept (ST-01).
    pub fn hardware_id(&mut self, own: impl FnOnce() -> [u8; 16]) -> HardwareId {
        let platform = self.platform.id();
        self.licensing.hardware.get_or_insert_with(|| HardwareKey { id: HardwareId::new(platform, own()) }).id
    }

    /// The license that answers `request` at the moment `now`; none is "new license please" (SPEC 4.3 step 2, SD-01).
    ///
    /// Among those of the version asked for or a later one: one that holds before one that has ended, permanent before
    /// temporary, nearest version. Only where there is none an older one (PD-19), and one that cannot be read last.
    #[must_use]
    pub fn present(&self, request: &LicenseRequest, now: LabTime) -> Option<(Slot, &StoredLicense)> {
        let asked = |license: &StoredLicense| {
            license.product == request.product && license.company == request.company && license.scope == request.scope
        };
        let fitting = self.licensing.store.iter().filter(|(_, license)| asked(license));
        fitting
            .min_by_key(|(slot, license)| (Preference::of(license, request.version, now), **slot))
            .map(|(slot, license)| (*slot, license))
    }

    /// Stores a license that a server sent: in place of one of the same version, or else of one that cannot be read,
    /// or else beside the others in the first free subkey. Answers where.
    pub fn store(&mut self, token: String, request: &LicenseRequest) -> Slot {
        let license = StoredLicense {
            license: token,
            company: request.company.clone(),
            scope: request.scope.clone(),
            product: request.product.clone(),
        };
        let version = license.read().map(|cal| cal.version);
        let of_version = |wanted: Option<ProductVersion>| {
            self.licensing.store.iter().find(|(_, stored)| stored.read().map(|cal| cal.version) == wanted).map(|(slot, _)| *slot)
        };
        let slot = of_version(version).or_else(|| of_version(None)).unwrap_or_else(|| self.free_slot());
        self.licensing.store.insert(slot, license);
        slot
    }

    /// Deletes one license and keeps the hardware id (ST-05); whether there was one.
    pub fn delete_license(&mut self, slot: Slot) -> bool {
        self.licensing.store.remove(&slot).is_some()
    }

    /// Deletes the whole key: the next connection makes a new hardware id (ST-06).
    pub fn delete_key(&mut self) {
        self.licensing = Licensing::default();
        self.key_deleted = true;
    }

    /// Switches the device off and on: what its memory does not keep is gone (ST-09, FT-08).
    pub fn power_cycle(&mut self) {
        match self.memory {
            Memory::Whole => {}
            Memory::HardwareId => self.licensing.store.clear(),
            Memory::Nothing => self.licensing = Licensing::default(),
        }
    }

    /// Whether the client program can write its store: from Vista on a deleted key is made anew only by one that runs elevated
    /// (ST-07). An elevated one makes it, and it is there for good.
    pub fn open_store(&mut self, elevated: bool) -> bool {
        let barred = self.key_deleted && self.platform == Platform::WindowsVista && !elevated;
        self.key_deleted &= barred;
        !barred
    }

    /// Where a device of its kind keeps its licenses (ST-02, ST-08, NT-44, NT-45).
    #[must_use]
    pub fn store_place(&self) -> &'static str {
        match self.platform {
            Platform::WindowsForWorkgroups => "System\\Regdata\\*.bin",
            Platform::Macintosh => "/Users/Shared/Microsoft",
            Platform::Other => "the client's own files",
            Platform::Windows95
            | Platform::Windows98
            | Platform::WindowsNt35
            | Platform::WindowsNt4
            | Platform::Windows2000
            | Platform::WindowsXpHome
            | Platform::WindowsXpProfessional
            | Platform::WindowsVista => "HKLM\\Software\\Microsoft\\MSLicensing",
        }
    }

    /// Takes a new identity and keeps the licenses: a handheld whose network card or address changed (NT-52).
    pub fn change_identity(&mut self) {
        self.licensing.hardware = None;
    }

    /// Copies the licenses of another device over this one's, the hardware id stays: what PD-21 catches (ST-11).
    pub fn copy_store_from(&mut self, other: &Device) {
        self.licensing.store.clone_from(&other.licensing.store);
    }

    /// This device's image under another name: store and hardware id are the same (ST-10).
    #[must_use]
    pub fn clone_as(&self, name: DeviceName) -> Self {
        Self { name, ..self.clone() }
    }

    /// Changes one byte of a stored license; none if there is no such license or nothing in that part to change.
    pub fn damage(&mut self, slot: Slot, part: Part, byte: usize) -> Option<()> {
        let stored = self.licensing.store.get_mut(&slot)?;
        stored.license = damaged(&stored.license, part, byte)?;
        Some(())
    }

    fn free_slot(&self) -> Slot {
        (0..=u16::MAX).map(Slot).find(|slot| !self.licensing.store.contains_key(slot)).unwrap_or(Slot(u16::MAX))
    }
}

impl StoredLicense {
    /// What the license says, its signature unchecked: a client only looks for what to present. None if it cannot be read.
    #[must_use]
    pub fn read(&self) -> Option<Cal> {
        peek_license(&self.license)
    }
}

/// How gladly a license is presented: the least goes first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Preference {
    /// Of the version asked for or later: ended?, temporary?, version.
    Covers(bool, bool, ProductVersion),
    /// Older than asked for: ended?, temporary?, the newest first.
    Older(bool, bool, Reverse<ProductVersion>),
    /// Damaged.
    Unreadable,
}

impl Preference {
    fn of(license: &StoredLicense, wanted: ProductVersion, now: LabTime) -> Self {
        let Some(cal) = license.read() else { return Preference::Unreadable };
        let (ended, temporary) = (!cal.holds_at(now), cal.kind == CalKind::Temporary);
        if cal.version >= wanted {
            Preference::Covers(ended, temporary, cal.version)
        } else {
            Preference::Older(ended, temporary, Reverse(cal.version))
        }
    }
}

/// The signed form with the lowest bit of one byte of one part flipped; bytes are counted in the decoded part, around its end.
fn damaged(token: &str, part: Part, byte: usize) -> Option<String> {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let text = parts.get_mut(match part {
        Part::Header => 0,
        Part::Content => 1,
        Part::Signature => 2,
    })?;
    let mut bytes = URL_SAFE_NO_PAD.decode(text.as_str()).ok()?;
    let index = byte.checked_rem(bytes.len())?;
    *bytes.get_mut(index)? ^= 1;
    *text = URL_SAFE_NO_PAD.encode(bytes);
    Some(parts.join("."))
}

impl fmt::Display for Slot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LICENSE{:03}", self.0)
    }
}

impl FromStr for Slot {
    type Err = ParseSlot;

    fn from_str(text: &str) -> Result<Self, ParseSlot> {
        let upper = text.to_ascii_uppercase();
        let digits = upper.strip_prefix("LICENSE").unwrap_or(&upper);
        let good = (1..=5).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| good).map(Slot).ok_or_else(|| ParseSlot { given: text.chars().take(64).collect() })
    }
}

/// A subkey's name that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("store subkey {given:?}: LICENSE000, LICENSE001 or just the number")]
pub struct ParseSlot {
    given: String,
}

impl Serialize for Slot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Slot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Reads device names and ranges of them: `PC07`, `PC01..PC19` (both ends included).
///
/// # Errors
/// A name that is none, or a range whose ends differ in more than their last digits, run backwards or span over 10,000 devices.
pub fn device_names(text: &str) -> Result<Vec<DeviceName>, BadDevices> {
    let bad = |why: &str| BadDevices { given: text.chars().take(64).collect(), why: why.to_owned() };
    let named = |name: &str| name.parse().map_err(|error: ParseError| bad(&error.to_string()));
    let Some((first, last)) = text.split_once("..") else { return Ok(vec![named(text)?]) };
    let last = last.strip_prefix('=').unwrap_or(last);
    let (stem, from) = split_number(first).ok_or_else(|| bad("the first device of a range ends in a number: PC01..PC19"))?;
    let (last_stem, to) = split_number(last).ok_or_else(|| bad("the last device of a range ends in a number: PC01..PC19"))?;
    if !stem.eq_ignore_ascii_case(last_stem) {
        return Err(bad("both ends of a range begin alike: PC01..PC19"));
    }
    let (low, high) = (from.parse::<u32>().unwrap_or(u32::MAX), to.parse::<u32>().unwrap_or(0));
    if low > high || high - low >= 10_000 {
        return Err(bad("a range runs upwards and spans at most 10,000 devices"));
    }
    (low..=high).map(|number| named(&format!("{stem}{number:0width$}", width = from.len()))).collect()
}

/// Devices that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("devices {given:?}: {why}")]
pub struct BadDevices {
    given: String,
    why: String,
}

fn split_number(name: &str) -> Option<(&str, &str)> {
    let digits = name.bytes().rev().take_while(u8::is_ascii_digit).count().min(9);
    (digits > 0).then(|| name.split_at(name.len() - digits))
}
