//! What can be read from a ledger.

use std::collections::BTreeSet;

use super::{Asked, CertificateKind, Clearinghouse, InstalledPack, Ledger, LicenseRecord, OwnCertificate, Refusal, Server};
use crate::model::{Cal, CalId, CalKind, CallerRole, HardwareId, LabTime, PackId, ProductType, ProductVersion, PublicKey, ServerName};
use crate::policy::issuing::{OnRecord, Request, TemporaryOnRecord};
use crate::policy::terms::Terms;
use crate::policy::versions;
use crate::wire::license_server::{
    LedgerSettings, LicenseList, LicenseQuery, LicenseRow, PackList, PackRow, SecurityGroup, Standing, TemporaryCount, TerminalServerRow,
};

/// How many records one page of the license list looks at, so that a filter that fits little does not hold the lock.
const LOOKED_AT_MAX: usize = 10_000;

impl Ledger {
    /// Who this server is, once it has started.
    pub(super) fn started(&self) -> Result<&Server, Refusal> {
        self.server.as_ref().ok_or(Refusal::NotStarted)
    }

    /// Who this server is; none before its first start.
    #[must_use]
    pub fn server(&self) -> Option<&Server> {
        self.server.as_ref()
    }

    /// Its clearinghouse.
    #[must_use]
    pub fn clearinghouse(&self) -> Option<&Clearinghouse> {
        self.clearinghouse.as_ref()
    }

    /// Its policies.
    #[must_use]
    pub fn settings(&self) -> &LedgerSettings {
        &self.settings
    }

    /// The enrolled terminal server or license server that has this key, and as what it is enrolled. A key that stands here under two
    /// names is called by the first.
    #[must_use]
    pub fn caller(&self, thumbprint: &str) -> Option<(ServerName, PublicKey, Vec<CallerRole>)> {
        let terminal_server = self.callers.get(thumbprint).and_then(|name| self.terminal_servers.get_key_value(name));
        let peer = self.peer_called(thumbprint);
        match (terminal_server, peer) {
            (Some((name, key)), Some((other, _))) if name == other => {
                Some((name.clone(), *key, vec![CallerRole::TerminalServer, CallerRole::LicenseServer]))
            }
            (Some((name, key)), _) => Some((name.clone(), *key, vec![CallerRole::TerminalServer])),
            (None, Some((name, peer))) => Some((name.clone(), peer.key, vec![CallerRole::LicenseServer])),
            (None, None) => None,
        }
    }

    /// The enrolled terminal servers.
    #[must_use]
    pub fn terminal_servers(&self) -> Vec<TerminalServerRow> {
        self.terminal_servers.iter().map(|(name, key)| TerminalServerRow { name: name.clone(), key: *key }).collect()
    }

    /// The group of LS-01, on record and in force.
    #[must_use]
    pub fn security_group(&self) -> SecurityGroup {
        let list = |members: &BTreeSet<ServerName>| members.iter().cloned().collect();
        SecurityGroup { members: list(&self.group), in_force: Some(list(&self.group_in_force)) }
    }

    /// All certificates of this server, oldest first.
    pub fn certificates(&self) -> impl Iterator<Item = &OwnCertificate> {
        self.certificates.values()
    }

    /// A certificate of this server by its place.
    #[must_use]
    pub fn certificate(&self, number: u32) -> Option<&OwnCertificate> {
        self.certificates.get(&number)
    }

    /// The certificate under which licenses are signed now: the newest activation certificate that holds, else the self-signed one
    /// of an activation by a typed code (CE-15), else the self-signed one alone (CE-13, CE-14).
    #[must_use]
    pub fn current_certificate(&self, now: LabTime) -> Option<&OwnCertificate> {
        let holds = |own: &&OwnCertificate| own.from <= now && now < own.until;
        let in_force = || self.certificates.values().rev().filter(|own| own.number >= self.life.retired_below).filter(holds);
        let activation = in_force().find(|own| own.kind == CertificateKind::Activation);
        let typed = || in_force().find(|own| own.license_server_id.is_some());
        let bare = |own: &&OwnCertificate| own.kind == CertificateKind::SelfSigned && own.license_server_id.is_none();
        activation.or_else(typed).or_else(|| self.certificates.values().rev().find(bare))
    }

    /// LS-03, CE-13: whether an activation certificate holds now.
    #[must_use]
    pub fn is_activated(&self, now: LabTime) -> bool {
        self.current_certificate(now).is_some_and(|own| own.kind == CertificateKind::Activation || own.license_server_id.is_some())
    }

    /// A record by its place.
    #[must_use]
    pub fn record(&self, number: u64) -> Option<&LicenseRecord> {
        self.records.get(&number)
    }

    /// All records, in the order of first issue.
    pub fn records(&self) -> impl Iterator<Item = &LicenseRecord> {
        self.records.values()
    }

    /// All packs, removed ones too, oldest first.
    pub fn all_packs(&self) -> impl Iterator<Item = &InstalledPack> {
        self.packs.values()
    }

    /// The installed packs, oldest first.
    pub(super) fn installed_packs(&self) -> impl Iterator<Item = &InstalledPack> {
        self.packs.values().filter(|pack| pack.removed_at.is_none())
    }

    /// An installed pack by its id.
    #[must_use]
    pub fn installed(&self, id: &PackId) -> Option<&InstalledPack> {
        self.pack_numbers.get(id).and_then(|number| self.packs.get(number)).filter(|pack| pack.removed_at.is_none())
    }

    /// An installed pack as the list shows it.
    #[must_use]
    pub fn pack_row(&self, id: &PackId) -> Option<PackRow> {
        self.installed(id).map(pack_row)
    }

    /// The pack list (TL-01).
    #[must_use]
    pub fn pack_list(&self, now: LabTime) -> PackList {
        let temporaries = self.temporaries_issued.iter().map(|(version, issued)| TemporaryCount { version: *version, issued: *issued });
        PackList {
            packs: self.installed_packs().map(pack_row).collect(),
            temporaries: temporaries.collect(),
            put_back: self.put_back.filter(|put_back| now < put_back.until),
            next: None,
        }
    }

    /// Who holds what, since, until.
    #[must_use]
    pub fn license_list(&self, query: &LicenseQuery, now: LabTime) -> LicenseList {
        let limit = query.limit.unwrap_or(100).clamp(1, 1000) as usize;
        let after = query.after.unwrap_or(0);
        let candidates: Vec<u64> = self.candidates(query, after).take(LOOKED_AT_MAX + 1).collect();
        let mut licenses = Vec::new();
        let mut seen = after;
        for number in candidates.iter().take(LOOKED_AT_MAX) {
            if licenses.len() == limit {
                break;
            }
            seen = *number;
            licenses.extend(self.records.get(number).filter(|record| fits(record, query)).map(|record| license_row(record, now)));
        }
        let more = candidates.iter().any(|number| *number > seen);
        LicenseList { licenses, next: more.then_some(seen) }
    }

    fn candidates<'a>(&'a self, query: &LicenseQuery, after: u64) -> Box<dyn Iterator<Item = u64> + 'a> {
        if let Some(hardware_id) = &query.hardware_id {
            let mut numbers: Vec<u64> = self.by_device.get(hardware_id).cloned().unwrap_or_default();
            numbers.sort_unstable();
            return Box::new(numbers.into_iter().filter(move |number| *number > after));
        }
        if let Some(device) = &query.device {
            let numbers = self.by_name.get(device).into_iter().flatten();
            return Box::new(numbers.copied().filter(move |number| *number > after));
        }
        Box::new(self.records.range(after.saturating_add(1)..).map(|(number, _)| *number))
    }

    /// LS-01: whether this terminal server may ask for licenses.
    #[must_use]
    pub fn may_ask(&self, terminal_server: &ServerName) -> bool {
        !self.settings.security_group_policy || self.group_in_force.contains(terminal_server)
    }

    /// Everything that LS-04 and LS-05 look at.
    pub(super) fn request<'a>(
        &'a self,
        asked: &'a Asked,
        terms: &'a Terms,
        now: LabTime,
        activated: bool,
    ) -> Request<'a, LicenseRecord, InstalledPack> {
        let (hardware_id, version) = (asked.inquiry.hardware_id, asked.inquiry.version);
        Request {
            now,
            terms,
            activated,
            version,
            temporary_only: asked.inquiry.temporary_only,
            built_in: asked.is_built_in(),
            referred: asked.referred_by.is_some(),
            presented: asked.presented.as_ref().filter(|cal| cal.hardware_id == hardware_id),
            permanent: self.permanent(asked, now),
            live_temporary: self.live_temporary(hardware_id, version, now).map(on_record),
            had_temporary: self.had_temporary(hardware_id, version).map(on_record),
            free: self.free_pack(version),
            temporary_for_want_only: self.settings.temporary_for_want_only,
            unvalidated_expired_denied: self.settings.unvalidated_expired_denied,
        }
    }

    fn of_device(&self, hardware_id: HardwareId) -> impl Iterator<Item = &LicenseRecord> {
        self.by_device.get(&hardware_id).into_iter().flatten().filter_map(|number| self.records.get(number))
    }

    /// LS-14: the permanent of the version asked for or the nearest newer one; one that holds before one that has ended. For a
    /// client of the built-in pool a newer one does not count: the pool goes before it (SD-04).
    pub(super) fn permanent(&self, asked: &Asked, now: LabTime) -> Option<&LicenseRecord> {
        let (version, built_in) = (asked.inquiry.version, asked.is_built_in());
        let covers = |license| if built_in { license == version } else { versions::license_covers(license, version) };
        self.of_device(asked.inquiry.hardware_id)
            .filter(|record| record.cal.kind == CalKind::Permanent && record.revoked_at.is_none() && covers(record.cal.version))
            .min_by_key(|record| (!record.cal.holds_at(now), record.cal.version, record.number))
    }

    /// OQ-9, PD-02: a temporary that holds, of the version asked for or the nearest newer one.
    pub(super) fn live_temporary(&self, hardware_id: HardwareId, version: ProductVersion, now: LabTime) -> Option<&LicenseRecord> {
        self.of_device(hardware_id)
            .filter(|record| record.cal.kind == CalKind::Temporary && !record.closed && record.cal.holds_at(now))
            .filter(|record| versions::license_covers(record.cal.version, version))
            .min_by_key(|record| (record.cal.version, record.number))
    }

    /// LS-04: any temporary of exactly this version that the device ever had here.
    fn had_temporary(&self, hardware_id: HardwareId, version: ProductVersion) -> Option<&LicenseRecord> {
        self.of_device(hardware_id).find(|record| record.cal.kind == CalKind::Temporary && record.cal.version == version)
    }

    /// The temporaries that a permanent of this version closes.
    pub(super) fn open_temporaries(&self, hardware_id: HardwareId, version: ProductVersion) -> Vec<u64> {
        self.of_device(hardware_id)
            .filter(|record| record.cal.kind == CalKind::Temporary && !record.closed && record.cal.version <= version)
            .map(|record| record.number)
            .collect()
    }

    /// The temporary that a mark names (LS-13).
    #[must_use]
    pub fn markable(&self, cal: CalId, hardware_id: HardwareId) -> Option<&LicenseRecord> {
        let record = self.by_id.get(&cal).and_then(|number| self.records.get(number))?;
        (record.cal.kind == CalKind::Temporary && !record.closed && record.cal.hardware_id == hardware_id).then_some(record)
    }

    /// LS-05, VC-04, PL-01: the pack that a request for this version draws from.
    pub(super) fn free_pack(&self, version: ProductVersion) -> Option<&InstalledPack> {
        versions::eligible_versions(version, self.settings.prevent_license_upgrade)
            .into_iter()
            .filter_map(|eligible| self.free.get(&(eligible, ProductType::Device)).and_then(BTreeSet::first))
            .find_map(|number| self.packs.get(number))
    }

    /// SD-06: whether any pack of the version or of an eligible one is installed, whatever it licenses.
    pub(super) fn has_pack_for(&self, version: ProductVersion) -> bool {
        let eligible = versions::eligible_versions(version, self.settings.prevent_license_upgrade);
        self.installed_packs().any(|pack| eligible.contains(&pack.pack.version))
    }

    /// All CALs of a version and type, and the free ones.
    pub(super) fn pool(&self, version: ProductVersion, product_type: ProductType) -> (u64, u64) {
        let fitting = self.installed_packs().filter(|pack| pack.pack.version == version && pack.pack.product_type == product_type);
        fitting.fold((0, 0), |(total, free), pack| (total + u64::from(pack.pack.total), free + u64::from(pack.available())))
    }
}

impl OnRecord for LicenseRecord {
    fn cal(&self) -> &Cal {
        &self.cal
    }
}

fn on_record(record: &LicenseRecord) -> TemporaryOnRecord<'_, LicenseRecord> {
    TemporaryOnRecord { record, validated: record.validated, closed: record.closed }
}

/// An installed pack, as the list shows it (TL-01).
#[must_use]
pub fn pack_row(pack: &InstalledPack) -> PackRow {
    PackRow {
        pack: pack.pack.clone(),
        issued: pack.issued,
        available: pack.available(),
        withheld: pack.withheld,
        installed_at: pack.installed_at,
        replaces: pack.replaces.clone(),
    }
}

fn fits(record: &LicenseRecord, query: &LicenseQuery) -> bool {
    query.device.as_ref().is_none_or(|device| *device == record.cal.device)
        && query.hardware_id.is_none_or(|hardware_id| hardware_id == record.cal.hardware_id)
        && query.kind.is_none_or(|kind| kind == record.cal.kind)
}

fn license_row(record: &LicenseRecord, now: LabTime) -> LicenseRow {
    let standing = match record.cal.kind {
        CalKind::Permanent if record.revoked_at.is_some() => Standing::Revoked,
        CalKind::Temporary if record.closed => Standing::Closed,
        CalKind::Temporary | CalKind::Permanent if !record.cal.holds_at(now) => Standing::Expired,
        CalKind::Temporary if record.validated => Standing::Validated,
        CalKind::Temporary => Standing::NotValidated,
        CalKind::Permanent => Standing::Active,
    };
    LicenseRow { number: record.number, cal: record.cal.clone(), first_issued_at: record.first_issued_at, standing }
}
