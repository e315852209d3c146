//! Takes events in, keeps the indexes, writes the rows.

use super::backup::Staged;
use super::keys::{license_key, pack_key};
use super::{Event, InstalledPack, Ledger, LicenseRecord, OwnCertificate, PeerEvent, Server};
use crate::machine::{Machine, Moment, RowError, Rows};
use crate::model::{CalKind, LabTime, Origin, ProductType, ProductVersion, ServerName};
use crate::policy::sweeping;

use crate::wire::managing::ReleaseOrder;

impl Machine for Ledger {
    const NAME: &'static str = "ledger";
    type Event = Event;
    type Refusal = super::Refusal;

    fn apply(&mut self, event: &Event, at: LabTime, rows: &mut Rows) {
        match event {
            Event::Founded(server) => self.found(server, rows),
            Event::Started => {
                self.group_in_force = self.group.clone();
                rows.put("group-in-force", &self.group_in_force);
            }
            Event::ClearinghouseTrusted(clearinghouse) => {
                rows.put("clearinghouse", clearinghouse);
                self.clearinghouse = Some(clearinghouse.clone());
            }
            Event::TerminalServerTrusted { name, key } => {
                rows.put(format!("terminal-server/{name}"), key);
                self.callers.insert(key.thumbprint(), name.clone());
                self.terminal_servers.insert(name.clone(), *key);
            }
            Event::TerminalServerForgotten { name } => {
                rows.remove(format!("terminal-server/{name}"));
                self.terminal_servers.remove(name);
                self.callers.retain(|_, owner| owner != name);
            }
            Event::CertificateReceived(certificate) => {
                rows.put(format!("certificate/{:08x}", certificate.number), certificate);
                self.certificates.insert(certificate.number, certificate.clone());
            }
            Event::Activation(event) => self.apply_activation(event, rows),
            Event::Restored(restored) => self.take_restored(restored, rows),
            Event::PackInstalled(pack) => {
                self.install(pack, rows);
            }
            Event::SettingsChanged { settings } => {
                rows.put("settings", settings);
                self.settings = settings.clone();
            }
            Event::GroupChanged { members } => {
                rows.put("group", members);
                self.group = members.clone();
            }
            Event::LifeLaidDown { days } => {
                self.next_lives.push_back(*days);
                rows.put("next-lives", &self.next_lives);
            }
            Event::Issued { record, closes, laid_down, .. } => self.issue(record, closes, *laid_down, rows),
            Event::Validated { number } => self.change_record(*number, rows, |record| record.validated = true),
            Event::Swept { numbers } => numbers.iter().for_each(|number| self.take_back(*number, rows)),
            Event::Network(event) => self.apply_network(event, at, rows),
            Event::Managed(event) => self.manage(event, at, rows),
            Event::Peer(between) => {
                self.peers.apply(between, at, rows);
                match between {
                    PeerEvent::PassedThrough { closes, .. } => self.close(closes, rows),
                    PeerEvent::TakenBack { number, .. } => self.take_back(*number, rows),
                    _ => {}
                }
            }
            Event::Logged(_) => rows.list("log"),
            Event::HandedOut { .. } | Event::Declined { .. } | Event::MarkDeclined { .. } => {}
        }
    }

    fn next_due(&self) -> Option<LabTime> {
        let sweep_at_s = self.settings.sweep_at_s;
        let sweep = self.ends.first().map(|(end, _)| sweeping::sweep_after(*end, sweep_at_s));
        [sweep, self.peers.next_try(sweep_at_s)].into_iter().flatten().min()
    }

    fn due(&self, moment: &mut Moment<'_>) -> Vec<Event> {
        // An end at the very second of the sweep is taken back by it (SPEC 0.3, SD-13).
        let numbers: Vec<u64> = self.ends.iter().take_while(|(end, _)| *end <= moment.now).map(|(_, number)| *number).collect();
        let try_again = self.peers.next_try(self.settings.sweep_at_s).is_some_and(|at| at <= moment.now);
        let swept = (!numbers.is_empty()).then_some(Event::Swept { numbers });
        swept.into_iter().chain(try_again.then_some(Event::Peer(PeerEvent::TryAgain))).collect()
    }

    fn load(&mut self, key: &str, value: &[u8]) -> Result<(), RowError> {
        match key.split_once('/').map_or(key, |(kind, _)| kind) {
            "server" => self.server = Some(RowError::parse::<Server>(key, value)?),
            "group-in-force" => self.group_in_force = RowError::parse(key, value)?,
            "group" => self.group = RowError::parse(key, value)?,
            "clearinghouse" => self.clearinghouse = Some(RowError::parse(key, value)?),
            "terminal-server" => self.load_terminal_server(key, value)?,
            "certificate" => {
                let certificate: OwnCertificate = RowError::parse(key, value)?;
                self.certificates.insert(certificate.number, certificate);
            }
            "life" => self.life = RowError::parse(key, value)?,
            "pack" => self.keep_pack(RowError::parse(key, value)?),
            "settings" => self.settings = RowError::parse(key, value)?,
            "network" => self.network = RowError::parse(key, value)?,
            "next-lives" => self.next_lives = RowError::parse(key, value)?,
            "license" => self.keep_record(RowError::parse(key, value)?),
            "released" => {
                let request = key.split_once('/').map_or("", |(_, rest)| rest).parse().map_err(|error| RowError::new(key, error))?;
                self.released.insert(request, RowError::parse(key, value)?);
            }
            "order" => {
                let order: ReleaseOrder = RowError::parse(key, value)?;
                self.orders.insert(order.pack.clone(), order);
            }
            super::backup::PUT_BACK => self.put_back = RowError::parse(key, value)?,
            "suspect" => self.suspect = RowError::parse(key, value)?,
            // The row of the restore itself comes before those of its records.
            "staged" => self.staged = Some(Staged::new(RowError::parse(key, value)?)),
            "staged-license" => {
                let record: LicenseRecord = RowError::parse(key, value)?;
                self.staged.as_mut().ok_or_else(|| RowError::new(key, "no restore has begun"))?.keep(record);
            }
            "last-record" => self.last_record = RowError::parse(key, value)?,
            "temporaries" => self.temporaries_issued = RowError::parse(key, value)?,
            _ if self.peers.load(key, value)? => {}
            _ => return Err(RowError::new(key, "no such kind of row")),
        }
        Ok(())
    }
}

impl Ledger {
    fn found(&mut self, server: &Server, rows: &mut Rows) {
        rows.put("server", server);
        self.server = Some(server.clone());
    }

    fn load_terminal_server(&mut self, key: &str, value: &[u8]) -> Result<(), RowError> {
        let name = key.split_once('/').map_or("", |(_, name)| name);
        let name: ServerName = name.parse().map_err(|error| RowError::new(key, error))?;
        let public: crate::model::PublicKey = RowError::parse(key, value)?;
        self.callers.insert(public.thumbprint(), name.clone());
        self.terminal_servers.insert(name, public);
        Ok(())
    }

    fn issue(&mut self, record: &LicenseRecord, closes: &[u64], laid_down: bool, rows: &mut Rows) {
        if laid_down {
            self.next_lives.pop_front();
            rows.put("next-lives", &self.next_lives);
        }
        self.close(closes, rows);
        let is_new = !self.records.contains_key(&record.number);
        if is_new {
            self.count_new(record, rows);
        } else {
            self.forget_record(record.number);
        }
        rows.put(license_key(record.number), record);
        self.keep_record(record.clone());
    }

    pub(super) fn install(&mut self, pack: &InstalledPack, rows: &mut Rows) {
        rows.put(pack_key(pack.number), pack);
        self.keep_pack(pack.clone());
        self.peers.changed(rows);
    }

    /// W08-12: every pack and every record goes; who the server is, whom it knows and what it was told stays.
    pub(super) fn delete_all(&mut self, rows: &mut Rows) {
        self.packs.keys().for_each(|number| rows.remove(pack_key(*number)));
        self.records.keys().for_each(|number| rows.remove(license_key(*number)));
        rows.remove("temporaries");
        rows.remove("suspect");
        self.orders.keys().for_each(|pack| rows.remove(format!("order/{pack}")));
        self.orders.clear();
        self.packs.clear();
        self.pack_numbers.clear();
        self.free.clear();
        self.records.clear();
        self.by_device.clear();
        self.by_name.clear();
        self.by_id.clear();
        self.ends.clear();
        self.revoked.clear();
        self.temporaries_issued.clear();
        self.suspect = false;
        self.peers.changed(rows);
    }

    fn close(&mut self, temporaries: &[u64], rows: &mut Rows) {
        for number in temporaries {
            self.change_record(*number, rows, |temporary| temporary.closed = true);
        }
    }

    /// LS-06: the pool loses one, the issued count gains one; a temporary is counted without a pool.
    fn count_new(&mut self, record: &LicenseRecord, rows: &mut Rows) {
        self.last_record = self.last_record.max(record.number);
        rows.put("last-record", &self.last_record);
        match &record.cal.origin {
            Origin::Pack(pack) => self.change_pack(pack, rows, |pack| pack.issued += 1),
            // W2K-03, NT-01: counted nowhere, or by somebody else.
            Origin::BuiltInPool | Origin::Workstation => {}
            Origin::Minted => {
                *self.temporaries_issued.entry(record.cal.version).or_default() += 1;
                rows.put("temporaries", &self.temporaries_issued);
            }
        }
    }

    /// LS-09: a swept permanent leaves the record, and its pack gets the CAL back.
    fn take_back(&mut self, number: u64, rows: &mut Rows) {
        if let Some(record) = self.forget_record(number) {
            rows.remove(license_key(number));
            // A revoked one is back in its pool already (W08-07).
            if let Some(pack) = record.cal.pack().filter(|_| record.revoked_at.is_none()) {
                self.change_pack(pack, rows, |pack| pack.issued = pack.issued.saturating_sub(1));
            }
        }
    }

    pub(super) fn change_pack(&mut self, id: &crate::model::PackId, rows: &mut Rows, change: impl FnOnce(&mut InstalledPack)) {
        if let Some(number) = self.pack_numbers.get(id).copied() {
            self.change_pack_at(number, rows, change);
        }
    }

    pub(super) fn change_pack_at(&mut self, number: u64, rows: &mut Rows, change: impl FnOnce(&mut InstalledPack)) {
        let Some(mut pack) = self.packs.get(&number).cloned() else { return };
        let serves = (pack.pack.version, pack.pack.product_type);
        change(&mut pack);
        rows.put(pack_key(pack.number), &pack);
        let had_any = self.has_free(serves);
        self.keep_pack(pack);
        // LS-08: exhausted, or no longer.
        if had_any != self.has_free(serves) {
            self.peers.changed(rows);
        }
    }

    pub(super) fn change_record(&mut self, number: u64, rows: &mut Rows, change: impl FnOnce(&mut LicenseRecord)) {
        if let Some(record) = self.records.get_mut(&number) {
            change(record);
            rows.put(license_key(number), record);
        }
    }

    fn has_free(&self, serves: (ProductVersion, ProductType)) -> bool {
        self.free.get(&serves).is_some_and(|packs| !packs.is_empty())
    }

    pub(super) fn keep_pack(&mut self, pack: InstalledPack) {
        let serves = (pack.pack.version, pack.pack.product_type);
        let free = self.free.entry(serves).or_default();
        if pack.available() > 0 && pack.removed_at.is_none() {
            free.insert(pack.number);
        } else {
            free.remove(&pack.number);
        }
        self.pack_numbers.insert(pack.pack.id.clone(), pack.number);
        self.packs.insert(pack.number, pack);
    }

    pub(super) fn keep_record(&mut self, record: LicenseRecord) {
        self.by_id.insert(record.cal.id, record.number);
        let numbers = self.by_device.entry(record.cal.hardware_id).or_default();
        if !numbers.contains(&record.number) {
            numbers.push(record.number);
        }
        self.by_name.entry(record.cal.device.clone()).or_default().insert(record.number);
        // W2K-06: what has no end is never swept.
        if record.cal.kind == CalKind::Permanent && record.cal.expires_at < LabTime::NEVER {
            self.ends.insert((record.cal.expires_at, record.number));
        }
        if record.revoked_at.is_some() {
            self.revoked.insert((record.cal.expires_at, record.number));
        }
        self.records.insert(record.number, record);
    }

    fn forget_record(&mut self, number: u64) -> Option<LicenseRecord> {
        let record = self.records.remove(&number)?;
        self.by_id.remove(&record.cal.id);
        self.ends.remove(&(record.cal.expires_at, number));
        self.revoked.remove(&(record.cal.expires_at, number));
        if let Some(numbers) = self.by_device.get_mut(&record.cal.hardware_id) {
            numbers.retain(|other| *other != number);
        }
        if let Some(numbers) = self.by_name.get_mut(&record.cal.device) {
            numbers.remove(&number);
        }
        Some(record)
    }
}
