//! What must hold at every step, and what must hold once everything is quiet.

use std::collections::BTreeMap;

use shared::ledger::{InstalledPack, Ledger, LicenseRecord};
use shared::model::{CalKind, LabTime, PackId};

use crate::world::Invariant;

/// What must hold of a license server at every step; the first thing that does not.
pub(crate) fn ledger(ledger: &Ledger, now: LabTime) -> Option<(Invariant, String)> {
    twice_licensed(ledger, now)
        .map(|what| (Invariant::OnePermanent, what))
        .or_else(|| counted_wrongly(ledger).map(|what| (Invariant::NeverOverIssued, what)))
}

/// The permanents that count.
fn permanents(ledger: &Ledger) -> impl Iterator<Item = &LicenseRecord> {
    ledger.records().filter(|record| record.cal.kind == CalKind::Permanent && record.revoked_at.is_none())
}

fn twice_licensed(ledger: &Ledger, now: LabTime) -> Option<String> {
    let mut holders = BTreeMap::new();
    for record in permanents(ledger).filter(|record| record.cal.holds_at(now)) {
        let (cal, number) = (&record.cal, record.number);
        if let Some(other) = holders.insert((cal.hardware_id, cal.version), number) {
            return Some(format!("records {other} and {number} are both live permanents of {} for {}", cal.device, cal.version));
        }
    }
    None
}

fn counted_wrongly(ledger: &Ledger) -> Option<String> {
    let mut drawn: BTreeMap<&PackId, u32> = BTreeMap::new();
    for pack in permanents(ledger).filter_map(|record| record.cal.pack()) {
        *drawn.entry(pack).or_default() += 1;
    }
    for InstalledPack { pack, issued, withheld, .. } in ledger.all_packs() {
        let (id, total) = (&pack.id, pack.total);
        if issued.saturating_add(*withheld) > total {
            return Some(format!("pack {id} has {total} CALs and has issued {issued}, {withheld} are withheld"));
        }
        let on_record = drawn.remove(id).unwrap_or_default();
        if on_record != *issued {
            return Some(format!("pack {id} counts {issued} as issued, on record are {on_record}"));
        }
    }
    drawn.into_iter().next().map(|(pack, count)| format!("{count} licenses are drawn from pack {pack}, which is not here"))
}

/// What two readings of the same journal differ in.
pub(crate) fn difference(live: &Ledger, replayed: &Ledger, now: LabTime) -> Option<String> {
    let packs = |ledger: &Ledger| ledger.all_packs().cloned().collect::<Vec<_>>();
    let records = |ledger: &Ledger| ledger.records().cloned().collect::<Vec<_>>();
    if packs(live) != packs(replayed) {
        return Some("its packs are not those that its journal leads to".to_owned());
    }
    if records(live) != records(replayed) {
        return Some("its records are not those that its journal leads to".to_owned());
    }
    (live.pack_list(now) != replayed.pack_list(now)).then(|| "its report is not the one that its journal leads to".to_owned())
}
