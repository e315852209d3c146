//! Takes events in, keeps the counts, writes the rows. All of its rows begin with `nt4/`.

use super::{Database, Event, License, Totals, Workstation};
use crate::machine::{RowError, Rows};
use crate::model::{CalKind, Category, DatabaseId, HardwareId};

impl Workstation {
    pub(in crate::node) fn apply(&mut self, event: &Event, rows: &mut Rows) {
        match event {
            Event::DatabaseMade { id } => {
                self.databases.entry(*id).or_default();
                self.put_totals(*id, rows);
            }
            Event::LicensingStarted { database } => {
                self.licensing.running = true;
                self.licensing.database = Some(*database);
                self.licensing.failure = None;
                rows.put("nt4/licensing", &self.licensing);
            }
            Event::LicensingFailed { failure } => {
                self.licensing.failure = Some(failure.clone());
                rows.put("nt4/licensing", &self.licensing);
            }
            Event::LicensingStopped => {
                self.licensing.running = false;
                rows.put("nt4/licensing", &self.licensing);
            }
            Event::CryptographyChanged { mismatch } => {
                self.licensing.crypto_mismatch = *mismatch;
                rows.put("nt4/licensing", &self.licensing);
            }
            Event::LicensesAdded { category, count } => self.add(*category, *count, rows),
            Event::Minted { license } => self.keep_license(license, rows),
            Event::Written { hardware_id } => self.write(*hardware_id, rows),
            Event::ServerCalsChanged { cals } => {
                self.cals = *cals;
                rows.put("nt4/cals", cals);
            }
            Event::ConsoleChanged { session } => {
                self.console.clone_from(session);
                rows.put("nt4/console", session);
            }
            Event::ShareOpened { share } => {
                rows.put(format!("nt4/share/{}", share.device), share);
                self.shares.insert(share.device.clone(), share.clone());
            }
            Event::ShareClosed { device } => {
                rows.remove(format!("nt4/share/{device}"));
                self.shares.remove(device);
            }
            Event::SettingsChanged { settings } => {
                rows.put("nt4/settings", settings);
                self.settings = settings.clone();
            }
        }
    }

    /// Takes one row of an earlier run in; `rest` is its key after `nt4/`.
    pub(in crate::node) fn load(&mut self, key: &str, rest: &str, value: &[u8]) -> Result<(), RowError> {
        let (kind, rest) = rest.split_once('/').unwrap_or((rest, ""));
        match kind {
            "licensing" => self.licensing = RowError::parse(key, value)?,
            "cals" => self.cals = RowError::parse(key, value)?,
            "console" => self.console = RowError::parse(key, value)?,
            "settings" => self.settings = RowError::parse(key, value)?,
            "share" => {
                let name = rest.parse().map_err(|error| RowError::new(key, error))?;
                self.shares.insert(name, RowError::parse(key, value)?);
            }
            "database" => {
                let id = rest.parse().map_err(|error| RowError::new(key, error))?;
                self.databases.entry(id).or_default().totals = RowError::parse(key, value)?;
            }
            "license" => {
                let (database, _) = rest.split_once('/').ok_or_else(|| RowError::new(key, "it names no device"))?;
                let id: DatabaseId = database.parse().map_err(|error| RowError::new(key, error))?;
                self.databases.entry(id).or_default().put(RowError::parse(key, value)?);
            }
            _ => return Err(RowError::new(key, "no such kind of row")),
        }
        Ok(())
    }

    fn put_totals(&self, id: DatabaseId, rows: &mut Rows) {
        if let Some(database) = self.databases.get(&id) {
            rows.put(format!("nt4/database/{id}"), &database.totals);
        }
    }

    fn add(&mut self, category: Category, count: u32, rows: &mut Rows) {
        let Some((id, database)) = self.open_database() else { return };
        match category {
            Category::Existing => {}
            Category::Full => database.totals.full = database.totals.full.saturating_add(count),
            Category::Upgrade => database.totals.upgrade = database.totals.upgrade.saturating_add(count),
        }
        self.put_totals(id, rows);
    }

    fn keep_license(&mut self, license: &License, rows: &mut Rows) {
        let Some((id, database)) = self.open_database() else { return };
        let before = database.totals;
        database.totals.note_temporary(license);
        let news = database.totals != before;
        database.put(license.clone());
        rows.put(format!("nt4/license/{id}/{}", license.cal.hardware_id), license);
        if news {
            self.put_totals(id, rows);
        }
    }

    fn write(&mut self, hardware_id: HardwareId, rows: &mut Rows) {
        let Some((id, database)) = self.open_database() else { return };
        if let Some(license) = database.licenses.get_mut(&hardware_id) {
            license.in_database = true;
            rows.put(format!("nt4/license/{id}/{hardware_id}"), license);
        }
    }

    fn open_database(&mut self) -> Option<(DatabaseId, &mut Database)> {
        let id = self.licensing.database?;
        self.databases.get_mut(&id).map(|database| (id, database))
    }
}

impl Database {
    /// A device's license in place of the one before.
    fn put(&mut self, license: License) {
        if let Some(before) = self.licenses.get(&license.cal.hardware_id) {
            let issued = self.issued.entry(kind_of(before)).or_default();
            *issued = issued.saturating_sub(1);
        }
        *self.issued.entry(kind_of(&license)).or_default() += 1;
        self.licenses.insert(license.cal.hardware_id, license);
    }
}

impl Totals {
    /// NT-05: the first temporary of a category adds its line.
    fn note_temporary(&mut self, license: &License) {
        match kind_of(license) {
            (Category::Full, true) => self.full_temporaries = true,
            (Category::Upgrade, true) => self.upgrade_temporaries = true,
            (Category::Existing, true) | (_, false) => {}
        }
    }
}

/// The line of the license manager that a license counts to.
pub(super) fn kind_of(license: &License) -> (Category, bool) {
    (license.category, license.cal.kind == CalKind::Temporary)
}
