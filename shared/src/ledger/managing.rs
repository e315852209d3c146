//! What administrators do with CALs and packs beyond installing them: revoke, convert, remove, migrate, rebuild, upgrade.

use serde::{Deserialize, Serialize};

use super::log::log;
use super::{Event, InstalledPack, Ledger, LicenseRecord, Refusal, Server, orders};
use crate::machine::{Moment, Rows};
use crate::model::{Cal, CalKind, Generation, LabTime, Pack, PackId, ProductType, ProductVersion, RequestId, ServerName};
use crate::policy::{events, revoking, versions};
use crate::wire::managing::{OrderRelease, ReleaseOrder};

/// Something that an administrator, or a license server in his name, wants done with CALs and packs.
#[derive(Clone, Debug)]
pub enum ManageCommand {
    /// Remove a pack.
    RemovePack(PackId),
    /// Order that CALs may leave for another license server, once (AM-17).
    OrderRelease(OrderRelease),
    /// Take such an order back.
    WithdrawOrder(PackId),
    /// Take over the packs of another license server (W08-11).
    TakeOver {
        /// The request.
        request: RequestId,
        /// Whose they were.
        from: ServerName,
        /// The packs.
        packs: Vec<Pack>,
        /// The pack of a server that no longer functions, in place of which the clearinghouse issued them; none where that server has
        /// removed them itself.
        replaces: Option<PackId>,
    },
    /// Delete every installed CAL (W08-12).
    Rebuild,
    /// The database may be damaged: for a lesson.
    Suspect,
    /// The server is upgraded in place (VC-09).
    Upgrade(Generation),
    /// The clearinghouse turned a pack down that this server is too old for (AC-36).
    NoteWrongVersion(String),
}

/// Take a CAL back from its device (W08-07). The answer is a [`Revocation`].
#[derive(Clone, Copy, Debug)]
pub struct Revoke {
    /// The record's place.
    pub number: u64,
}

/// What became of a revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// The CAL stands revoked.
    Revoked {
        /// The CAL.
        cal: Cal,
    },
    /// Too many of its version stand revoked (W08-08).
    Limited {
        /// When the next one may be.
        next_allowed_at: LabTime,
    },
}

/// Turn Device CALs into User CALs, or back (W08-13). The answer is the new pack.
#[derive(Clone, Debug)]
pub struct Convert {
    /// The request.
    pub request: RequestId,
    /// The pack that they come from.
    pub pack: PackId,
    /// How many.
    pub quantity: u32,
}

/// Give up to another license server what was ordered for it (W08-11, AM-17). The answer is the packs.
#[derive(Clone, Debug)]
pub struct Release {
    /// The request.
    pub request: RequestId,
    /// Who takes them over.
    pub to: ServerName,
    /// The newest version that it can hold.
    pub up_to: ProductVersion,
}

/// Something that happened to CALs and packs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "managed", rename_all = "kebab-case")]
pub enum ManageEvent {
    /// A CAL was revoked: it is free, and its record stays up to its end (W08-07).
    Revoked {
        /// The record's place.
        number: u64,
    },
    /// A revocation was turned down: too many stand revoked (W08-08).
    NotRevoked {
        /// The record's place.
        number: u64,
        /// When the next one may be.
        next_allowed_at: LabTime,
    },
    /// CALs were converted into a new pack (W08-13).
    Converted {
        /// The place of the pack that they came from.
        from: u64,
        /// How many.
        quantity: u32,
        /// The new pack.
        made: InstalledPack,
    },
    /// A pack was removed.
    Removed {
        /// Its place.
        number: u64,
    },
    /// Packs were given up to another license server (W08-11).
    Released {
        /// The request.
        request: RequestId,
        /// Who took them over.
        to: ServerName,
        /// The packs.
        packs: Vec<Pack>,
        /// The places of those that went whole.
        numbers: Vec<u64>,
        /// The places of those that gave a part, and how many CALs.
        #[serde(default)]
        parts: Vec<(u64, u32)>,
    },
    /// CALs may leave for another license server, once (AM-17).
    ReleaseOrdered(ReleaseOrder),
    /// Such an order was taken back.
    ReleaseWithdrawn(PackId),
    /// A pack of another license server was taken over (W08-11).
    TakenOver {
        /// Whose it was.
        from: ServerName,
        /// The pack as it stands here.
        pack: InstalledPack,
    },
    /// Every installed CAL and every record was deleted (W08-12).
    Rebuilt,
    /// The database may be damaged.
    Suspected,
    /// The server was upgraded in place (VC-09).
    Upgraded {
        /// What it is now.
        generation: Generation,
    },
}

pub(super) fn decide(ledger: &Ledger, server: &Server, command: ManageCommand, now: LabTime) -> Result<Vec<Event>, Refusal> {
    match command {
        ManageCommand::RemovePack(pack) => {
            let installed = ledger.installed(&pack).ok_or(Refusal::NoSuchPack(pack))?;
            Ok(vec![managed(ManageEvent::Removed { number: installed.number })])
        }
        ManageCommand::OrderRelease(wanted) => orders::order(ledger, server, wanted),
        ManageCommand::WithdrawOrder(pack) => orders::withdraw(ledger, pack),
        ManageCommand::TakeOver { request, from, packs, replaces } => {
            take_over(ledger, server, &request, &from, packs, replaces.as_ref(), now)
        }
        ManageCommand::Rebuild if server.terms().manages_cals => Ok(vec![managed(ManageEvent::Rebuilt)]),
        ManageCommand::Rebuild => Err(Refusal::NoSuchTool { tool: "rebuilding the database", generation: server.generation }),
        ManageCommand::Suspect => Ok(vec![managed(ManageEvent::Suspected), log(events::database_suspect())]),
        ManageCommand::Upgrade(generation) if generation == server.generation => Ok(Vec::new()),
        ManageCommand::Upgrade(generation) if generation > server.generation => Ok(vec![managed(ManageEvent::Upgraded { generation })]),
        ManageCommand::Upgrade(_) => Err(Refusal::OtherServer { name: server.name.clone(), generation: server.generation }),
        ManageCommand::NoteWrongVersion(reason) => Ok(vec![log(events::policy_module_missing(&reason))]),
    }
}

pub(super) fn managed(event: ManageEvent) -> Event {
    Event::Managed(event)
}

/// W08-07 to W08-10, SD-12, RC-06: a Device CAL goes back to its pool at once; not more than a part of a version's at a time.
pub(super) fn revoke(ledger: &Ledger, server: &Server, number: u64, now: LabTime) -> Result<(Revocation, Vec<Event>), Refusal> {
    let record = ledger.records.get(&number).ok_or(Refusal::NoSuchLicense(number))?;
    let version = record.cal.version;
    let Some(limit) = revoking::limit(server.terms(), ledger.pool(version, ProductType::Device).0) else {
        return Err(Refusal::NoSuchTool { tool: "revoking a CAL", generation: server.generation });
    };
    let revoked = || Revocation::Revoked { cal: record.cal.clone() };
    if record.revoked_at.is_some() {
        return Ok((revoked(), Vec::new()));
    }
    if record.cal.kind == CalKind::Temporary || record.cal.is_built_in() || !record.cal.holds_at(now) {
        return Err(Refusal::NotRevocable(number));
    }
    if !revoking::covers(version, ledger.settings.revoke_2008_only) {
        return Err(Refusal::VersionNotRevocable(version));
    }
    match revoking::next_allowed(&ledger.revoked_ends(version, now), limit) {
        None => Ok((revoked(), vec![managed(ManageEvent::Revoked { number })])),
        Some(next_allowed_at) => {
            let record = log(events::revocation_limit(version, limit, next_allowed_at));
            Ok((Revocation::Limited { next_allowed_at }, vec![managed(ManageEvent::NotRevoked { number, next_allowed_at }), record]))
        }
    }
}

/// W08-13: free CALs of a pack become a pack of the other type; the same request again converts nothing.
pub(super) fn convert(
    ledger: &Ledger,
    server: &Server,
    command: Convert,
    moment: &mut Moment<'_>,
) -> Result<(InstalledPack, Vec<Event>), Refusal> {
    let Convert { request, pack, quantity } = command;
    if !server.terms().manages_cals {
        return Err(Refusal::NoSuchTool { tool: "converting CALs", generation: server.generation });
    }
    if let Some(made) = ledger.installed_packs().find(|installed| installed.request == request) {
        return Ok((made.clone(), Vec::new()));
    }
    let source = ledger.installed(&pack).ok_or_else(|| Refusal::NoSuchPack(pack.clone()))?;
    if quantity == 0 || quantity > source.available() {
        return Err(Refusal::OutOfRange { what: "the quantity to convert", low: 1, high: source.available(), given: quantity });
    }
    let product_type = match source.pack.product_type {
        ProductType::Device => ProductType::User,
        ProductType::User => ProductType::Device,
    };
    let pack = Pack { id: PackId::from_random(moment.dice.bytes()), product_type, total: quantity, ..source.pack.clone() };
    let number = ledger.next_pack_number();
    let made = InstalledPack { number, pack, issued: 0, installed_at: moment.now, request, withheld: 0, removed_at: None, replaces: None };
    Ok((made.clone(), vec![managed(ManageEvent::Converted { from: source.number, quantity, made })]))
}

/// W08-11: the packs of another license server are installed here, all their CALs free; event 93 where nobody told that server.
fn take_over(
    ledger: &Ledger,
    server: &Server,
    request: &RequestId,
    from: &ServerName,
    packs: Vec<Pack>,
    replaces: Option<&PackId>,
    now: LabTime,
) -> Result<Vec<Event>, Refusal> {
    may_take_over(ledger, server, now)?;
    let mut number = ledger.next_pack_number();
    let mut events = Vec::new();
    for pack in packs {
        if !versions::server_holds(server.version(), pack.version) {
            return Err(Refusal::PackVersion { pack: pack.version, server: server.version() });
        }
        if ledger.installed(&pack.id).is_some() {
            continue;
        }
        let mut installed = InstalledPack {
            number,
            pack,
            issued: 0,
            installed_at: now,
            request: request.clone(),
            withheld: 0,
            removed_at: None,
            replaces: replaces.cloned(),
        };
        number = ledger.place_again(&mut installed).map_or(number + 1, |()| number);
        events.push(managed(ManageEvent::TakenOver { from: from.clone(), pack: installed }));
    }
    if replaces.is_some() && !events.is_empty() {
        events.push(log(events::source_not_alive(from)));
    }
    Ok(events)
}

/// W08-11, AC-30: only an activated 2008 R2 license server takes packs over.
pub(super) fn may_take_over(ledger: &Ledger, server: &Server, now: LabTime) -> Result<(), Refusal> {
    if !server.terms().migrates_packs {
        return Err(Refusal::NoSuchTool { tool: "migrating packs", generation: server.generation });
    }
    if ledger.is_activated(now) { Ok(()) } else { Err(Refusal::NotActivated) }
}

/// What was given up to another license server: a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Given {
    pub to: ServerName,
    pub packs: Vec<Pack>,
}

impl Ledger {
    /// Takes in what happened to CALs and packs.
    pub(super) fn manage(&mut self, event: &ManageEvent, at: LabTime, rows: &mut Rows) {
        match event {
            ManageEvent::Revoked { number } => self.revoke(*number, at, rows),
            ManageEvent::Converted { from, quantity, made } => {
                self.change_pack_at(*from, rows, |pack| pack.pack.total = pack.pack.total.saturating_sub(*quantity));
                self.install(made, rows);
            }
            ManageEvent::Removed { number } => self.remove_pack(*number, at, rows),
            ManageEvent::Released { request, to, packs, numbers, parts } => {
                numbers.iter().for_each(|number| self.remove_pack(*number, at, rows));
                for (number, quantity) in parts {
                    self.change_pack_at(*number, rows, |pack| pack.pack.total = pack.pack.total.saturating_sub(*quantity));
                    self.peers.changed(rows);
                }
                let used: Vec<u64> = numbers.iter().copied().chain(parts.iter().map(|(number, _)| *number)).collect();
                let used = used.iter().filter_map(|number| self.packs.get(number).map(|pack| pack.pack.id.clone())).collect::<Vec<_>>();
                used.iter().for_each(|pack| self.drop_order(pack, rows));
                let given = Given { to: to.clone(), packs: packs.clone() };
                rows.put(format!("released/{}", request.as_str()), &given);
                self.released.insert(request.clone(), given);
            }
            ManageEvent::ReleaseOrdered(order) => {
                rows.put(format!("order/{}", order.pack), order);
                self.orders.insert(order.pack.clone(), order.clone());
            }
            ManageEvent::ReleaseWithdrawn(pack) => self.drop_order(pack, rows),
            ManageEvent::TakenOver { pack, .. } => self.install(pack, rows),
            ManageEvent::Rebuilt => self.delete_all(rows),
            ManageEvent::Suspected => {
                self.suspect = true;
                rows.put("suspect", &true);
            }
            ManageEvent::Upgraded { generation } => {
                if let Some(server) = &mut self.server {
                    server.generation = *generation;
                    rows.put("server", server);
                }
                self.peers.changed(rows);
            }
            ManageEvent::NotRevoked { .. } => {}
        }
    }

    fn drop_order(&mut self, pack: &PackId, rows: &mut Rows) {
        if self.orders.remove(pack).is_some() {
            rows.remove(format!("order/{pack}"));
        }
    }

    /// W08-11: whether this server may take packs over.
    ///
    /// # Errors
    /// An older server than 2008 R2, or one that is not activated.
    pub fn may_take_over(&self, now: LabTime) -> Result<(), Refusal> {
        let server = self.server.as_ref().ok_or(Refusal::NotStarted)?;
        may_take_over(self, server, now)
    }

    /// How many more CALs of this version may be revoked now, and if none, when the next one (W08-08).
    #[must_use]
    pub fn revocable(&self, version: ProductVersion, now: LabTime) -> (u64, Option<LabTime>) {
        let installed = self.pool(version, ProductType::Device).0;
        let limit = self.server.as_ref().and_then(|server| revoking::limit(server.terms(), installed)).unwrap_or(0);
        let ends = self.revoked_ends(version, now);
        (limit.saturating_sub(ends.len() as u64), revoking::next_allowed(&ends, limit))
    }

    /// The ends of the CALs of a version that stand revoked, soonest first.
    fn revoked_ends(&self, version: ProductVersion, now: LabTime) -> Vec<LabTime> {
        let of_version = self
            .revoked
            .iter()
            .filter(|(_, number)| self.records.get(number).is_some_and(|record| record.cal.version == version && record.cal.holds_at(now)));
        of_version.map(|(end, _)| *end).collect()
    }

    /// The number of the next pack.
    pub(super) fn next_pack_number(&self) -> u64 {
        self.packs.last_key_value().map_or(1, |(last, _)| last + 1)
    }

    /// A pack that was removed here once takes its old place again, with the CALs that devices still hold, and without those that
    /// were converted or withheld meanwhile: they were had elsewhere; whether it did.
    pub(super) fn place_again(&self, pack: &mut InstalledPack) -> Option<()> {
        let removed = self.packs.get(self.pack_numbers.get(&pack.pack.id)?)?;
        pack.number = removed.number;
        pack.issued = removed.issued;
        pack.withheld = removed.withheld;
        pack.pack.total = pack.pack.total.min(removed.pack.total);
        Some(())
    }

    /// How many packs and records there are.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.installed_packs().count(), self.records.len())
    }

    fn revoke(&mut self, number: u64, at: LabTime, rows: &mut Rows) {
        let Some(record) = self.records.get(&number) else { return };
        let (end, pack) = (record.cal.expires_at, record.cal.pack().cloned());
        self.change_record(number, rows, |record: &mut LicenseRecord| record.revoked_at = Some(at));
        self.revoked.insert((end, number));
        if let Some(pack) = pack {
            self.change_pack(&pack, rows, |pack| pack.issued = pack.issued.saturating_sub(1));
        }
    }

    fn remove_pack(&mut self, number: u64, at: LabTime, rows: &mut Rows) {
        if let Some(pack) = self.packs.get(&number).map(|pack| pack.pack.id.clone()) {
            self.drop_order(&pack, rows);
        }
        self.change_pack_at(number, rows, |pack| pack.removed_at = Some(at));
        self.peers.changed(rows);
    }
}
