//! Backup and restore of a license server's database (AC-38 to AC-40).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::activation::{ActivationEvent, Life, WithheldBecause, withhold};
use super::apply::{license_key, pack_key};
use super::decide::log;
use super::{Event, InstalledPack, Ledger, LicenseRecord, OwnCertificate, Refusal};
use crate::machine::Rows;
use crate::model::{Generation, LabTime, ProductId, ProductVersion, PublicKey, ServerName};
use crate::policy::licensing_events;

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

/// A step of a restore; the last one is told that it is.
#[derive(Clone, Debug)]
pub enum RestoreCommand {
    /// Everything but the records, on the installation with this key.
    Begin(Box<Backup>, PublicKey),
    /// Some records of it.
    Records {
        /// The records.
        records: Vec<LicenseRecord>,
        /// The database's own key.
        of: PublicKey,
        /// This installation's key.
        key: PublicKey,
    },
    /// All records are in.
    End {
        /// The database's own key.
        of: PublicKey,
        /// This installation's key.
        key: PublicKey,
    },
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Restored {
    /// The database was emptied and its packs were taken in.
    Begun {
        /// The database.
        backup: Backup,
        /// Whether this is the installation that it was made on.
        same_installation: bool,
    },
    /// Records were taken in.
    Records {
        /// The records.
        records: Vec<LicenseRecord>,
    },
}

pub(super) fn decide(ledger: &Ledger, command: RestoreCommand) -> Result<Vec<Event>, Refusal> {
    let step = |restored: Restored| Ok(vec![Event::Activation(ActivationEvent::Restored(Box::new(restored)))]);
    match command {
        RestoreCommand::Begin(backup, key) => {
            check(ledger, &backup, key)?;
            step(Restored::Begun { same_installation: backup.key == key, backup: *backup })
        }
        RestoreCommand::Records { records, of, key } => {
            let records = records.into_iter().map(|record| if of == key { record } else { readdressed(record) }).collect();
            step(Restored::Records { records })
        }
        RestoreCommand::End { of, key } => {
            let count = u64::try_from(ledger.records.len()).unwrap_or(u64::MAX);
            let mut events = vec![log(licensing_events::restored(count, of == key))];
            if of != key {
                events.extend(withhold(ledger, WithheldBecause::Restore));
            }
            Ok(events)
        }
    }
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
            Restored::Begun { backup, same_installation } => {
                self.delete_all(rows);
                if *same_installation {
                    self.take_identity(backup, rows);
                }
                self.last_record = backup.last_record;
                rows.put("last-record", &self.last_record);
                self.temporaries_issued = backup.temporaries.clone();
                rows.put("temporaries", &self.temporaries_issued);
                for pack in &backup.packs {
                    // Counted anew from the records, so that both agree whatever happened while the backup was made.
                    let pack = InstalledPack { issued: 0, ..pack.clone() };
                    rows.put(pack_key(pack.number), &pack);
                    self.keep_pack(pack);
                }
            }
            Restored::Records { records } => {
                for record in records {
                    // A revoked one is back in its pool (W08-07).
                    if let Some(pack) = record.cal.pack.as_ref().filter(|_| record.revoked_at.is_none()) {
                        self.change_pack(pack, rows, |pack| pack.issued += 1);
                    }
                    rows.put(license_key(record.number), record);
                    self.keep_record(record.clone());
                }
            }
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
