//! What can be read: the licensing service's list, License Manager's figures, the console.

use super::apply::kind_of;
use super::{Database, License, Workstation};
use crate::model::{Category, DatabaseId, HardwareId};
use crate::node::Node;
use crate::policy::nt4::categories;
use crate::policy::nt4::counting::{self, InUse, ServerCals};
use crate::wire::workstation::{
    CategoryRow, ConsoleView, LicenseManagerView, LicensingServiceView, WorkstationLicenses, WorkstationRecord, WorkstationSettings,
};

impl Node {
    /// What Windows NT 4.0 keeps; empty at any other generation.
    #[must_use]
    pub fn workstation(&self) -> &Workstation {
        &self.workstation
    }

    /// Whether this server is its own license manager (NT-01).
    #[must_use]
    pub fn is_own_license_manager(&self) -> bool {
        self.server.as_ref().is_some_and(|server| server.terms().is_own_license_manager())
    }

    /// What the server CALs are in use for (NT-16, NT-17).
    pub(in crate::node) fn in_use(&self) -> InUse {
        InUse {
            sessions: number(self.open.len()),
            shares: number(self.workstation.shares.len()),
            console: self.workstation.console.is_some(),
        }
    }

    /// License Manager's figures.
    #[must_use]
    pub fn license_manager(&self) -> LicenseManagerView {
        let (cals, in_use) = (self.workstation.cals_in_force(), self.in_use());
        LicenseManagerView {
            mode: cals.mode,
            bought: cals.bought,
            in_use: in_use.shown(),
            sessions: in_use.sessions,
            shares: self.workstation.shares.values().cloned().collect(),
            per_seat_at_next_start: cals.per_seat_at_next_start,
        }
    }
}

impl Workstation {
    /// The server CALs as they are counted now (CON-16).
    pub(in crate::node) fn cals_in_force(&self) -> ServerCals {
        counting::in_force(self.cals, self.settings.per_seat_only)
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &WorkstationSettings {
        &self.settings
    }

    /// Whether it never had a database: its first start.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.databases.is_empty()
    }

    /// Whether the licensing service is running.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.licensing.running
    }

    /// The licensing service.
    #[must_use]
    pub fn service(&self) -> LicensingServiceView {
        LicensingServiceView {
            running: self.licensing.running,
            failure: self.licensing.failure.clone(),
            database: self.licensing.database,
            crypto_mismatch: self.licensing.crypto_mismatch,
        }
    }

    /// Who is at the console.
    #[must_use]
    pub fn console(&self) -> ConsoleView {
        ConsoleView { session: self.console.clone() }
    }

    /// The licensing service's list (TL-02, NT-05).
    #[must_use]
    pub fn licenses(&self) -> WorkstationLicenses {
        let database = self.database();
        let row = |category, temporary| self.row(category, temporary);
        let mut rows: Vec<CategoryRow> = Category::ALL.into_iter().filter_map(|category| row(category, false)).collect();
        rows.extend([Category::Full, Category::Upgrade].into_iter().filter_map(|category| row(category, true)));
        let waiting = database.map_or(0, |(_, database)| database.licenses.values().filter(|license| !license.in_database).count());
        WorkstationLicenses { running: self.licensing.running, database: self.licensing.database, rows, waiting: number(waiting) }
    }

    /// The devices' licenses in the database that was opened last, by device.
    #[must_use]
    pub fn records(&self) -> Vec<WorkstationRecord> {
        let licenses = self.database().into_iter().flat_map(|(_, database)| database.licenses.values());
        let mut records: Vec<WorkstationRecord> = licenses
            .map(|license| WorkstationRecord {
                device: license.cal.device.clone(),
                hardware_id: license.cal.hardware_id,
                category: license.category,
                kind: license.cal.kind,
                issued_at: license.cal.issued_at,
                expires_at: license.cal.expires_at,
                in_database: license.in_database,
            })
            .collect();
        records.sort_by(|left, right| (&left.device, left.hardware_id).cmp(&(&right.device, right.hardware_id)));
        records
    }

    /// The license that the open database has for a device.
    #[must_use]
    pub fn license(&self, hardware_id: &HardwareId) -> Option<&License> {
        self.database()?.1.licenses.get(hardware_id)
    }

    /// How many normal licenses of a category there are; none is unlimited.
    pub(super) fn total(&self, category: Category) -> Option<u32> {
        let totals = self.database().map(|(_, database)| database.totals).unwrap_or_default();
        match category {
            Category::Existing => None,
            Category::Full => Some(totals.full),
            Category::Upgrade => Some(totals.upgrade),
        }
    }

    /// How many devices have a license of a line.
    pub(super) fn issued(&self, category: Category, temporary: bool) -> u32 {
        self.database().and_then(|(_, database)| database.issued.get(&(category, temporary)).copied()).unwrap_or(0)
    }

    pub(super) fn database(&self) -> Option<(DatabaseId, &Database)> {
        let id = self.licensing.database?;
        self.databases.get(&id).map(|database| (id, database))
    }

    fn row(&self, category: Category, temporary: bool) -> Option<CategoryRow> {
        let totals = self.database().map(|(_, database)| database.totals).unwrap_or_default();
        let shown = match (category, temporary) {
            (_, false) => true,
            (Category::Full, true) => totals.full_temporaries,
            (Category::Upgrade, true) => totals.upgrade_temporaries,
            (Category::Existing, true) => false,
        };
        let title = categories::title(category, temporary).filter(|_| shown)?;
        let total = if temporary { None } else { self.total(category) };
        Some(CategoryRow { category, temporary, title, total, issued: self.issued(category, temporary) })
    }
}

impl License {
    /// Whether it is a normal one, no temporary.
    #[must_use]
    pub fn is_normal(&self) -> bool {
        !kind_of(self).1
    }
}

/// A count of things in memory, of which there are never more than fit.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
