//! How a run ends: the faults stop, what is owed arrives, and everything is looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use chassis::clock::Clock;
use chassis::engine::{Engine, EngineOptions, Entry};
use chassis::journal::Files as _;
use sha2::{Digest as _, Sha256};
use shared::ledger::{Event as LedgerEvent, Ledger, PeerEvent};
use shared::model::{CalId, CalKind, LabTime, hex};
use shared::node::Node;
use shared::registry::Registry;

use super::{Event, Invariant, World};
use crate::check;
use crate::machine::{Kind, Machine};
use crate::tasks::Owner;

impl World {
    /// Nothing goes wrong any more; everybody is up; time passes.
    pub(super) fn calm_down(&mut self) {
        self.quiet = true;
        self.storm = false;
        self.cuts.clear();
        self.power_after.clear();
        for machine in &mut self.machines {
            machine.slow = false;
            machine.killed_in = None;
            machine.disk.give(None);
        }
        self.go_on(QUIET_MS);
        // What failed to be said waits for the next sweep or start; a server's own clock may be days behind.
        for _ in 0..QUIET_DAYS {
            self.elapse(86_400_000);
            self.go_on(QUIET_MS);
        }
    }

    /// Lets what the machines' clocks began come to its end, and nothing new begin.
    fn let_beats_end(&mut self) {
        self.what.retain(|_, event| !matches!(event, Event::Tick { .. }));
        self.go_on(QUIET_MS);
    }

    /// What must hold once everything is quiet.
    pub(super) fn at_the_end(&mut self) {
        if self.outcome.violation.is_some() {
            return;
        }
        // The beats of a clock may be under way at any moment; what answers somebody may not.
        self.let_beats_end();
        let under_way = self.tasks.owners().next();
        if let Some(owner) = under_way {
            let whose = match owner {
                Owner::Errand(number) => format!("errand {number}"),
                Owner::Run { machine, .. } => {
                    self.machines.get(machine).map_or_else(String::new, |machine| format!("something at {}", machine.name))
                }
            };
            self.violated(Invariant::ProtocolsEnd, format!("{whose} has not come to its end"));
            return;
        }
        let mut found = Vec::new();
        for machine in &self.machines {
            found.extend(self.machine_at_the_end(machine));
        }
        found.extend(self.grants_at_the_end());
        found.extend(self.moves_at_the_end());
        found.extend(self.totals_at_the_end());
        found.extend(self.packs_at_the_end());
        if let Some((invariant, what)) = found.into_iter().next() {
            self.violated(invariant, what);
        }
    }

    fn machine_at_the_end(&self, machine: &Machine) -> Option<(Invariant, String)> {
        let name = &machine.name;
        let Some(running) = machine.engine() else { return Some((Invariant::ServicesStart, format!("{name} is not there"))) };
        let replayed = match machine.kind {
            Kind::Clearinghouse => self.replay::<Registry>(machine, |_, _, _| None),
            Kind::TerminalServer(_) => self.replay::<Node>(machine, |live, replayed, now| {
                (live.verdict_counts() != replayed.verdict_counts() || live.grace_view(now) != replayed.grace_view(now))
                    .then(|| "its counts are not those that its journal leads to".to_owned())
            }),
            Kind::LicenseServer(_) => self.replay::<Ledger>(machine, check::difference),
        };
        if let Some(what) = replayed {
            return Some((Invariant::ReportsAgree, format!("{name}: {what}")));
        }
        let ledger = running.of::<Ledger>()?;
        let (owed, broken) = ledger.peek(|ledger, now| (ledger.owed(), check::ledger(ledger, now))).ok()?;
        if let Some((invariant, what)) = broken {
            return Some((invariant, format!("{name}: {what}")));
        }
        owed.first().map(|owed| (Invariant::DebtsArePaid, format!("{name} still owes {}: {:?}", owed.to, owed.what)))
    }

    /// Reads a machine's journal from its first entry, and holds what comes of it against the service that runs.
    fn replay<M: shared::machine::Machine>(&self, machine: &Machine, differ: impl Fn(&M, &M, LabTime) -> Option<String>) -> Option<String> {
        let engine = machine.engine()?.of::<M>()?;
        engine.flush();
        let copy = machine.disk.copy(false);
        let options = EngineOptions { by_hand: true, ..EngineOptions::default() };
        let clock = Clock::told(std::sync::Arc::default());
        let replayed = match Engine::<M>::open_on(&copy, clock, options) {
            Ok(replayed) => replayed,
            Err(error) => return Some(format!("its journal cannot be read from the first entry: {error}")),
        };
        engine.peek(|live, now| replayed.glance(|replayed| differ(live, replayed, now))).ok()?.ok()?
    }

    /// Who got a permanent elsewhere in place of one that it held is counted once: the first issuer has taken it back (LS-10).
    fn moves_at_the_end(&self) -> Option<(Invariant, String)> {
        let seen = self.people.seen.borrow();
        let permanents: Vec<_> = seen.granted.iter().filter(|(cal, _)| cal.kind == CalKind::Permanent && cal.pack().is_some()).collect();
        for (place, (old, _)) in permanents.iter().enumerate() {
            let later = permanents.iter().skip(place + 1).filter(|(new, _)| new.hardware_id == old.hardware_id);
            // A license that had ended by the clock of the terminal server was presented to nobody, so nobody owes anything for it.
            let moved = later.into_iter().find(|(new, at)| new.issuer != old.issuer && new.version == old.version && *at < old.expires_at);
            let Some((new, _)) = moved else { continue };
            let Some(issuer) = self.machines.iter().find(|machine| machine.name == old.issuer) else { continue };
            let Some(ledger) = issuer.engine().and_then(|engine| engine.of::<Ledger>()) else { continue };
            let live = ledger.peek(|ledger, now| {
                ledger.records().any(|record| record.cal == *old && record.revoked_at.is_none() && record.cal.holds_at(now))
            });
            if live.unwrap_or(false) {
                let what = format!(
                    "{} got license {} of {} in place of {} of {}, which still counts it",
                    old.device, new.id, new.issuer, old.id, old.issuer
                );
                return Some((Invariant::DebtsArePaid, what));
            }
        }
        None
    }

    /// All CALs of all packs over all servers are no more than the clearinghouse issued.
    fn totals_at_the_end(&self) -> Option<(Invariant, String)> {
        let registry = self.machines.first().and_then(|machine| machine.engine()?.of::<Registry>())?;
        let issued: u64 = registry.peek(|registry, _| registry.issued_packs().map(|pack| u64::from(pack.total)).sum()).ok()?;
        let mut installed = 0;
        for machine in self.machines.iter().skip(1).take(self.plan.license_servers.len()) {
            let ledger = machine.engine().and_then(|engine| engine.of::<Ledger>())?;
            let here: Result<u64, _> = ledger
                .peek(|ledger, _| ledger.all_packs().filter(|pack| pack.removed_at.is_none()).map(|pack| u64::from(pack.pack.total)).sum());
            installed += here.unwrap_or(0);
        }
        let more = format!("{installed} CALs are installed, the clearinghouse has issued {issued}");
        (installed > issued).then_some((Invariant::NeverOverIssued, more))
    }

    /// What happened, by the kinds of entries in the journals.
    fn kinds<M: shared::machine::Machine>(machine: &Machine, counts: &mut BTreeMap<String, u64>) {
        let Some(engine) = machine.engine().and_then(|engine| engine.of::<M>()) else { return };
        for seq in 1..=engine.flushed() {
            // An entry that was pruned has no kind any more.
            let Ok(Some(entry)) = engine.entry(seq) else { continue };
            let text = format!("{:?}", entry.event);
            let kind: String = text.chars().take_while(|letter| !matches!(letter, ' ' | '{')).collect();
            *counts.entry(format!("{}: {}", M::NAME, kind.trim_end_matches(['(', ')', ',']).replace('(', " "))).or_default() += 1;
        }
    }

    /// Writes down what happened at each machine, an entry a line.
    pub(super) fn write_down(&self, folder: &Path) -> io::Result<()> {
        std::fs::create_dir_all(folder)?;
        for machine in &self.machines {
            let lines = match machine.kind {
                Kind::Clearinghouse => lines::<Registry>(machine),
                Kind::LicenseServer(_) => lines::<Ledger>(machine),
                Kind::TerminalServer(_) => lines::<Node>(machine),
            };
            std::fs::write(folder.join(format!("{}.jsonl", machine.name)), lines)?;
        }
        Ok(())
    }

    /// How often what came about, people's side and the journals'.
    pub(super) fn counts_at_the_end(&mut self) {
        let mut counts = BTreeMap::new();
        for machine in &self.machines {
            match machine.kind {
                Kind::Clearinghouse => Self::kinds::<Registry>(machine, &mut counts),
                Kind::LicenseServer(_) => Self::kinds::<Ledger>(machine, &mut counts),
                Kind::TerminalServer(_) => Self::kinds::<Node>(machine, &mut counts),
            }
        }
        counts.extend(self.people.seen.borrow().counts.iter().map(|(what, count)| ((*what).to_owned(), *count)));
        self.outcome.counts.extend(counts);
    }

    /// Every permanent that a device was given is on record where it was issued, unless its time is over or it went back.
    fn grants_at_the_end(&self) -> Option<(Invariant, String)> {
        let seen = self.people.seen.borrow();
        let returned = self.returned();
        for (cal, _) in seen.granted.iter().filter(|(cal, _)| cal.kind == CalKind::Permanent) {
            let Some(issuer) = self.machines.iter().find(|machine| machine.name == cal.issuer) else { continue };
            let Some(ledger) = issuer.engine().and_then(|engine| engine.of::<Ledger>()) else { continue };
            let went_back = returned.contains(&cal.id);
            let lost = ledger.peek(|ledger, now| cal.expires_at > now && !ledger.records().any(|record| record.cal.id == cal.id));
            if lost.is_ok_and(|lost| lost) && !went_back {
                return Some((
                    Invariant::NothingLost,
                    format!("{} gave {} license {} and has no record of it", cal.issuer, cal.device, cal.id),
                ));
            }
        }
        None
    }

    /// The licenses that some server had drawn another one for, so that their issuers were to take them back.
    fn returned(&self) -> BTreeSet<CalId> {
        let ledgers = self.machines.iter().filter_map(|machine| machine.engine()?.of::<Ledger>());
        let entries = ledgers.flat_map(|ledger| (1..=ledger.flushed()).filter_map(|seq| ledger.entry(seq).ok().flatten()));
        let owed = entries.filter_map(|entry| match entry.event {
            LedgerEvent::Peer(PeerEvent::ReturnOwed { notice, .. }) => Some(notice.cal),
            _ => None,
        });
        owed.collect()
    }

    fn packs_at_the_end(&self) -> Option<(Invariant, String)> {
        let seen = self.people.seen.borrow();
        let ledger = |index: usize| self.machines.get(1 + index).and_then(|machine| machine.engine()?.of::<Ledger>());
        for (index, pack) in &seen.installed {
            let there = ledger(*index)?.peek(|ledger, _| ledger.all_packs().any(|row| row.pack.id == *pack));
            if !there.unwrap_or(true) {
                return Some((Invariant::NothingLost, format!("LS{} said that it has pack {pack}, and has it not", index + 1)));
            }
        }
        // A pack has as many CALs as were issued by the clearinghouse, wherever they are now.
        let registry = self.machines.first().and_then(|machine| machine.engine()?.of::<Registry>())?;
        let mut totals: BTreeMap<_, u32> = BTreeMap::new();
        for index in 0..self.plan.license_servers.len() {
            let packs = ledger(index)?.peek(|ledger, _| {
                ledger.all_packs().filter(|row| row.removed_at.is_none()).map(|row| (row.pack.id.clone(), row.issued)).collect::<Vec<_>>()
            });
            for (id, issued) in packs.unwrap_or_default() {
                *totals.entry(id).or_default() += issued;
            }
        }
        for (id, issued) in totals {
            let bought = registry.peek(|registry, _| registry.issued_pack(&id).map(|pack| pack.total)).ok().flatten();
            if let Some(bought) = bought.filter(|bought| issued > *bought) {
                return Some((Invariant::NeverOverIssued, format!("of pack {id} with {bought} CALs {issued} are issued over all servers")));
            }
        }
        for (index, code) in &seen.refused {
            let kept = registry.peek(|registry, _| registry.pack_of(code)).ok().flatten();
            let installed = kept.is_some_and(|id| {
                ledger(*index).is_some_and(|ledger| ledger.peek(|ledger, _| ledger.installed(&id).is_some()).unwrap_or(false))
            });
            if installed {
                return Some((Invariant::NothingKept, format!("LS{} refused code {code}, and has its pack", index + 1)));
            }
        }
        None
    }

    /// The same for the same seed: what every journal holds.
    pub(super) fn fingerprint(&self) -> String {
        let mut digest = Sha256::new();
        for machine in &self.machines {
            let copy = machine.disk.copy(false);
            digest.update(machine.journal());
            for name in copy.list("journal").unwrap_or_default() {
                let name = format!("journal/{name}");
                let length = copy.length(&name).ok().flatten().unwrap_or_default();
                digest.update(name.as_bytes());
                digest.update(copy.read_at(&name, 0, usize::try_from(length).unwrap_or(0)).unwrap_or_default());
            }
        }
        hex(&digest.finalize())
    }
}

/// The entries of a machine that is up, as JSON.
fn lines<M: shared::machine::Machine>(machine: &Machine) -> String {
    let Some(engine) = machine.engine().and_then(|engine| engine.of::<M>()) else { return String::new() };
    let entries = (1..=engine.flushed()).filter_map(|seq| engine.entry(seq).ok().flatten());
    let line = |entry: Entry<M::Event>| {
        let event = serde_json::to_value(&entry.event).unwrap_or_default();
        format!("{}\n", serde_json::json!({ "entry": entry.seq, "at": entry.at, "request": entry.request, "event": event }))
    };
    entries.map(line).collect()
}

const QUIET_MS: u64 = 130_000;
const QUIET_DAYS: u64 = 3;
