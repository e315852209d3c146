//! What is known about other license servers, as events change it and rows keep it.

use std::collections::BTreeMap;

use super::{Peer, PeerEvent, Peers, Pending};
use crate::machine::{RowError, Rows};
use crate::model::{LabTime, ProductType, ProductVersion, ServerName, Span};
use crate::policy::{sweeping, versions};
use crate::wire::peers::{Announced, AnnouncedPack};

impl Peers {
    /// Takes an event in; what it means for records and packs is the ledger's.
    pub(in crate::ledger) fn apply(&mut self, event: &PeerEvent, at: LabTime, rows: &mut Rows) {
        match event {
            PeerEvent::Trusted { name, known } => {
                rows.put(format!("license-server/{name}"), known);
                self.know(name.clone(), known.clone());
            }
            PeerEvent::Forgotten { name } => self.forget(name, rows),
            PeerEvent::AnnouncementHeard { from, announcement } => {
                let announced = Announced { at, announcement: announcement.clone() };
                rows.put(format!("announced/{from}"), &announced);
                self.announced.insert(from.clone(), announced);
                if self.silent.remove(from).is_some() {
                    rows.put("silent", &self.silent);
                }
            }
            PeerEvent::Told { name, number } => {
                self.told.insert(name.clone(), *number);
                self.not_told.remove(name);
                rows.put("told", &self.told);
                rows.put("not-told", &self.not_told);
            }
            PeerEvent::NotTold { name, number } => {
                self.not_told.insert(name.clone(), *number);
                rows.put("not-told", &self.not_told);
                self.failed(at, rows);
            }
            PeerEvent::ReferredInVain { silent, empty, version } => self.referred_in_vain(silent, empty, *version, rows),
            PeerEvent::ReturnOwed { number, to, notice } => {
                self.last_return = *number;
                rows.put("last-return", number);
                self.keep_return(*number, Pending { to: to.clone(), notice: notice.clone(), failed: false }, rows);
            }
            PeerEvent::ReturnSettled { number } => {
                self.returns.remove(number);
                rows.remove(return_key(*number));
            }
            PeerEvent::ReturnFailed { number } => {
                if let Some(pending) = self.returns.get(number).cloned() {
                    self.keep_return(*number, Pending { failed: true, ..pending }, rows);
                }
                self.failed(at, rows);
            }
            PeerEvent::TryAgain => self.try_again(rows),
            PeerEvent::PassedThrough { .. } | PeerEvent::TakenBack { .. } => {}
        }
    }

    /// Reads a row back; whether it was one of these.
    pub(in crate::ledger) fn load(&mut self, key: &str, value: &[u8]) -> Result<bool, RowError> {
        let (kind, rest) = key.split_once('/').unwrap_or((key, ""));
        let name = || rest.parse::<ServerName>().map_err(|error| RowError::new(key, error));
        match kind {
            "license-server" => self.know(name()?, RowError::parse(key, value)?),
            "announced" => drop(self.announced.insert(name()?, RowError::parse(key, value)?)),
            "silent" => self.silent = RowError::parse(key, value)?,
            "announcement" => self.announcement = RowError::parse(key, value)?,
            "told" => self.told = RowError::parse(key, value)?,
            "not-told" => self.not_told = RowError::parse(key, value)?,
            "last-return" => self.last_return = RowError::parse(key, value)?,
            "failed-at" => self.failed_at = RowError::parse(key, value)?,
            "return" => {
                let number = u64::from_str_radix(rest, 16).map_err(|error| RowError::new(key, error))?;
                self.returns.insert(number, RowError::parse(key, value)?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// LS-08: packs were added, removed or exhausted, or are no longer: others have to be told.
    pub(in crate::ledger) fn changed(&mut self, rows: &mut Rows) {
        self.announcement += 1;
        rows.put("announcement", &self.announcement);
    }

    /// SD-19: the sweep at which what failed is tried again.
    pub(in crate::ledger) fn next_try(&self, sweep_at_s: u32) -> Option<LabTime> {
        self.failed_at.map(|at| sweeping::sweep_after(at + Span::seconds(1), sweep_at_s))
    }

    fn know(&mut self, name: ServerName, peer: Peer) {
        self.callers.insert(peer.key.thumbprint(), name.clone());
        self.known.insert(name, peer);
    }

    fn forget(&mut self, name: &ServerName, rows: &mut Rows) {
        if let Some(peer) = self.known.remove(name) {
            self.callers.remove(&peer.key.thumbprint());
        }
        self.announced.remove(name);
        self.told.remove(name);
        self.not_told.remove(name);
        self.silent.remove(name);
        let owed: Vec<u64> = self.returns.iter().filter(|(_, pending)| pending.to == *name).map(|(number, _)| *number).collect();
        for number in owed {
            self.returns.remove(&number);
            rows.remove(return_key(number));
        }
        rows.remove(format!("license-server/{name}"));
        rows.remove(format!("announced/{name}"));
        rows.put("told", &self.told);
        rows.put("not-told", &self.not_told);
        rows.put("silent", &self.silent);
    }

    fn referred_in_vain(&mut self, silent: &BTreeMap<ServerName, LabTime>, empty: &[ServerName], version: ProductVersion, rows: &mut Rows) {
        self.silent.extend(silent.iter().map(|(name, until)| (name.clone(), *until)));
        rows.put("silent", &self.silent);
        for name in empty {
            let Some(announced) = self.announced.get_mut(name) else { continue };
            let serves = |pack: &&mut AnnouncedPack| {
                pack.pack.product_type == ProductType::Device && versions::license_covers(pack.pack.version, version)
            };
            announced.announcement.packs.iter_mut().filter(serves).for_each(|pack| pack.available = 0);
            rows.put(format!("announced/{name}"), announced);
        }
    }

    fn keep_return(&mut self, number: u64, pending: Pending, rows: &mut Rows) {
        rows.put(return_key(number), &pending);
        self.returns.insert(number, pending);
    }

    fn failed(&mut self, at: LabTime, rows: &mut Rows) {
        self.failed_at = Some(at);
        rows.put("failed-at", &self.failed_at);
    }

    fn try_again(&mut self, rows: &mut Rows) {
        self.failed_at = None;
        self.not_told.clear();
        rows.put("failed-at", &self.failed_at);
        rows.put("not-told", &self.not_told);
        for (number, pending) in self.returns.iter_mut().filter(|(_, pending)| pending.failed) {
            pending.failed = false;
            rows.put(return_key(*number), pending);
        }
    }
}

fn return_key(number: u64) -> String {
    format!("return/{number:016x}")
}
