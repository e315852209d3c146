//! Backup and restore of a license server's database (AC-38 to AC-40).

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::activation::{Life, WithheldBecause, withhold};
use super::keys::{license_key, pack_key, staged_key};
use super::log::log;
use super::{Event, InstalledPack, Ledger, LicenseRecord, OwnCertificate, Refusal};
use crate::machine::Rows;
use crate::model::{CalId, Generation, LabTime, PackId, ProductId, ProductVersion, PublicKey, ServerName};
use crate::policy::licensing_events;
use crate::wire::license_server::PutBack;

/// All of a database but its license records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// The license server that it is of.
    pub name: ServerName,
    /// Its generation.
    pub generation: Generation,
    /// Its Product ID.
    pub product_id: ProductId,
    /// Its key: what tells one installation from another.
    pub key: PublicKey,
    /// When it was made.
    pub made_at: LabTime,
    /// What is over of its activations.
    pub life: Life,
    /// Its certificates.
    pub certificates: Vec<OwnCertificate>,
    /// Its packs.
    pub packs: Vec<InstalledPack>,
    /// The place of its last record.
    pub last_record: u64,
    /// Temporaries issued so far.
    pub temporaries: BTreeMap<ProductVersion, u64>,
}

/// A step of a restore. What comes in is kept beside the database, which is as it was until the last step.
#[derive(Clone, Debug)]
pub enum RestoreCommand {
    /// Everything but the records, on the installation with this key; what an earlier beginning has brought is dropped.
    Begin(Box<Backup>, PublicKey),
    /// Some records of it.
    Records(Vec<LicenseRecord>),
    /// All records are in: they become the database.
    End {
        /// How many there were.
        records: u64,
        /// This installation's key.
        key: PublicKey,
    },
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Restored {
    /// A restore was begun.
    Begun {
        /// All but the records.
        backup: Backup,
    },
    /// Records came in.
    Records {
        /// The records.
        records: Vec<LicenseRecord>,
    },
    /// What came in took the place of the database.
    Ended {
        /// Whether this is the installation that the backup was made on.
        same_installation: bool,
        /// CALs that were issued after the backup and are free again by this (AM-16).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        put_back: Option<PutBack>,
    },
}

/// What a restore has brought so far: nothing of it counts before its end.
#[derive(Debug)]
pub(super) struct Staged {
    backup: Backup,
    records: BTreeMap<u64, LicenseRecord>,
}

impl Staged {
    pub(super) fn new(backup: Backup) -> Self {
        Self { backup, records: BTreeMap::new() }
    }

    pub(super) fn keep(&mut self, record: LicenseRecord) {
        self.records.insert(record.number, record);
    }

    /// The packs, counted anew from the records, so that both agree whatever happened while the backup was made. A revoked CAL is
    /// back in its pool (W08-07).
    fn packs(&self) -> Vec<InstalledPack> {
        let mut issued: HashMap<&PackId, u32> = HashMap::new();
        for record in self.records.values().filter(|record| record.revoked_at.is_none()) {
            if let Some(pack) = record.cal.pack() {
                *issued.entry(pack).or_default() += 1;
            }
        }
        let counted = |pack: &InstalledPack| InstalledPack { issued: issued.get(&pack.pack.id).copied().unwrap_or(0), ..pack.clone() };
        self.backup.packs.iter().map(counted).collect()
    }
}

pub(super) fn decide(ledger: &Ledger, command: RestoreCommand, now: LabTime) -> Result<Vec<Event>, Refusal> {
    match command {
        RestoreCommand::Begin(backup, key) => {
            check(ledger, &backup, key)?;
            Ok(vec![step(Restored::Begun { backup: *backup })])
        }
        RestoreCommand::Records(records) => {
            let staged = ledger.staged.as_ref().ok_or(Refusal::NoRestore)?;
            if staged.records.len() + records.len() > RECORDS_MAX {
                return Err(Refusal::Backup(format!("a backup has at most {RECORDS_MAX} records")));
            }
            Ok(vec![step(Restored::Records { records })])
        }
        RestoreCommand::End { records, key } => end(ledger, records, key, now),
    }
}

fn step(restored: Restored) -> Event {
    Event::Restored(Box::new(restored))
}

/// AC-39, AC-40: the database is replaced in one step, so that no request ever meets a part of it.
fn end(ledger: &Ledger, records: u64, key: PublicKey, now: LabTime) -> Result<Vec<Event>, Refusal> {
    let staged = ledger.staged.as_ref().ok_or(Refusal::NoRestore)?;
    let came = u64::try_from(staged.records.len()).unwrap_or(u64::MAX);
    if came != records {
        return Err(Refusal::Backup(format!("{came} of {records} records came in; begin again")));
    }
    check(ledger, &staged.backup, key)?;
    let same_installation = staged.backup.key == key;
    let put_back = put_back(ledger, staged, now);
    let ended = step(Restored::Ended { same_installation, put_back });
    let mut events = vec![ended, log(licensing_events::restored(came, same_installation))];
    events.extend(put_back.as_ref().map(|put_back| log(licensing_events::put_back(put_back.count, put_back.until))));
    if !same_installation {
        let packs = staged.packs();
        events.extend(withhold(packs.iter().filter(|pack| pack.removed_at.is_none()), WithheldBecause::Restore));
    }
    Ok(events)
}

/// AM-16: the CALs of the backup's packs that were issued after it: on record here, not there, and held by a device still. AC-39 says that
/// they come back, so nothing is refused; but then each licenses two devices for a while, and that is said.
fn put_back(ledger: &Ledger, staged: &Staged, now: LabTime) -> Option<PutBack> {
    let packs: BTreeSet<&PackId> = staged.backup.packs.iter().filter(|pack| pack.removed_at.is_none()).map(|pack| &pack.pack.id).collect();
    let saved: BTreeSet<CalId> = staged.records.values().map(|record| record.cal.id).collect();
    let issued_since = ledger.records.values().filter(|record| {
        let drawn = record.cal.pack().is_some_and(|pack| packs.contains(pack));
        drawn && record.revoked_at.is_none() && record.cal.holds_at(now) && !saved.contains(&record.cal.id)
    });
    let ends: Vec<LabTime> = issued_since.map(|record| record.cal.expires_at).collect();
    let until = ends.iter().max().copied()?;
    Some(PutBack { count: u32::try_from(ends.len()).unwrap_or(u32::MAX), at: now, until })
}

/// AC-38: a database belongs to one server; on another installation of it nothing may have been installed yet.
fn check(ledger: &Ledger, backup: &Backup, key: PublicKey) -> Result<(), Refusal> {
    let server = ledger.server.as_ref().ok_or(Refusal::NotStarted)?;
    if server.name != backup.name {
        let text =
            format!("this is a backup of {}; a database cannot be restored onto another license server ({})", backup.name, server.name);
        return Err(Refusal::Backup(text));
    }
    if backup.generation > server.generation {
        let text = format!("the backup was made on {}; this is {}", backup.generation.title(), server.generation.title());
        return Err(Refusal::Backup(text));
    }
    if backup.key != key && !ledger.packs.is_empty() {
        let text = "this is another installation, and key packs are installed on it; restore the backup before anything is installed";
        return Err(Refusal::Backup(text.to_owned()));
    }
    Ok(())
}

/// On another installation the certificates of the old one are of no use: its licenses are signed anew when they are next
/// handed out.
fn readdressed(record: LicenseRecord) -> LicenseRecord {
    LicenseRecord { certificate: u32::MAX, ..record }
}

impl Ledger {
    /// All of the database but the records; `key` is this installation's.
    #[must_use]
    pub fn backup(&self, key: PublicKey, now: LabTime) -> Option<Backup> {
        let server = self.server.as_ref()?;
        Some(Backup {
            name: server.name.clone(),
            generation: server.generation,
            product_id: server.product_id.clone(),
            key,
            made_at: now,
            life: self.life.clone(),
            certificates: self.certificates.values().cloned().collect(),
            packs: self.packs.values().cloned().collect(),
            last_record: self.last_record,
            temporaries: self.temporaries_issued.clone(),
        })
    }

    /// At most `limit` records after this place, in the order of their places.
    #[must_use]
    pub fn records_after(&self, after: u64, limit: usize) -> Vec<LicenseRecord> {
        self.records.range(after.saturating_add(1)..).take(limit).map(|(_, record)| record.clone()).collect()
    }

    pub(super) fn take_restored(&mut self, restored: &Restored, rows: &mut Rows) {
        match restored {
            Restored::Begun { backup } => {
                drop(self.unstage(rows));
                rows.put(STAGED, backup);
                self.staged = Some(Staged::new(backup.clone()));
            }
            Restored::Records { records } => {
                for record in records {
                    rows.put(staged_key(record.number), record);
                    if let Some(staged) = &mut self.staged {
                        staged.keep(record.clone());
                    }
                }
            }
            Restored::Ended { same_installation, put_back } => {
                self.put_back = *put_back;
                rows.put(PUT_BACK, put_back);
                if let Some(staged) = self.unstage(rows) {
                    self.take_staged(staged, *same_installation, rows);
                }
            }
        }
    }

    fn unstage(&mut self, rows: &mut Rows) -> Option<Staged> {
        let staged = self.staged.take()?;
        rows.remove(STAGED);
        staged.records.keys().for_each(|number| rows.remove(staged_key(*number)));
        Some(staged)
    }

    fn take_staged(&mut self, staged: Staged, same_installation: bool, rows: &mut Rows) {
        self.delete_all(rows);
        let packs = staged.packs();
        let Staged { backup, records } = staged;
        if same_installation {
            self.take_identity(&backup, rows);
        }
        // Numbers are never given twice, so those that were given since the backup stay used up.
        self.last_record = self.last_record.max(backup.last_record);
        rows.put("last-record", &self.last_record);
        self.temporaries_issued = backup.temporaries;
        rows.put("temporaries", &self.temporaries_issued);
        for pack in packs {
            rows.put(pack_key(pack.number), &pack);
            self.keep_pack(pack);
        }
        for record in records.into_values() {
            let record = if same_installation { record } else { readdressed(record) };
            rows.put(license_key(record.number), &record);
            self.keep_record(record);
        }
    }

    fn take_identity(&mut self, backup: &Backup, rows: &mut Rows) {
        if let Some(server) = &mut self.server {
            server.product_id = backup.product_id.clone();
            rows.put("server", server);
        }
        for number in self.certificates.keys() {
            rows.remove(format!("certificate/{number:08x}"));
        }
        self.certificates.clear();
        for own in &backup.certificates {
            rows.put(format!("certificate/{:08x}", own.number), own);
            self.certificates.insert(own.number, own.clone());
        }
        self.life = backup.life.clone();
        rows.put("life", &self.life);
    }
}

/// The row of what the last restore put back.
pub(super) const PUT_BACK: &str = "put-back";
/// The row of a restore that has begun.
const STAGED: &str = "staged";
/// The most records of a backup.
const RECORDS_MAX: usize = 2_000_000;
