//! What clients were answered, and what a license server has on record, for comparison.

use std::collections::{BTreeMap, BTreeSet};

use lab::session::{Answer, Visited};
use shared::model::{Cal, CalId, CalKind, PackId, ProductType};
use shared::wire::license_server::{LicenseList, LicenseRow, PackList};
use tests::harness::Service;
use tokio::sync::watch;

/// CALs that reached a client.
pub(crate) struct Tally {
    known: watch::Sender<BTreeMap<CalId, Cal>>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self { known: watch::Sender::new(BTreeMap::new()) }
    }

    /// Takes in what a visit brought; time stands still, so a CAL never changes.
    pub(crate) fn note(&self, visited: &Visited) {
        let Answer::Accepted { connected, .. } = &visited.verdict else { return };
        let Some(granted) = &connected.license else { return };
        let cal = &granted.cal;
        self.known.send_modify(|known| {
            let before = known.insert(cal.id, cal.clone());
            assert!(before.as_ref().is_none_or(|before| before == cal), "one id, two CALs: {before:?} and {cal:?}");
        });
    }

    /// All that was answered so far.
    pub(crate) fn answered(&self) -> BTreeMap<CalId, Cal> {
        self.known.borrow().clone()
    }

    /// How many permanents were answered so far.
    pub(crate) fn permanents(&self) -> usize {
        permanents(&self.known.borrow())
    }

    /// Comes back when so many permanents were answered.
    pub(crate) async fn until(&self, wanted: usize) {
        let mut known = self.known.subscribe();
        known.wait_for(|known| permanents(known) >= wanted).await.expect("the tally is there");
    }
}

fn permanents(known: &BTreeMap<CalId, Cal>) -> usize {
    known.values().filter(|cal| cal.kind == CalKind::Permanent).count()
}

/// Everything that a license server has on record.
pub(crate) async fn on_record(server: &Service) -> Vec<LicenseRow> {
    let mut rows: Vec<LicenseRow> = Vec::new();
    let mut after = Some(0);
    while let Some(last) = after {
        let page: LicenseList = server.get(&format!("/licenses?limit=1000&after={last}")).await;
        rows.extend(page.licenses);
        after = page.next;
    }
    rows
}

/// Nothing that was answered is missing or says something else.
pub(crate) fn nothing_is_missing(answered: &BTreeMap<CalId, Cal>, rows: &[LicenseRow]) {
    let by_id: BTreeMap<CalId, &Cal> = rows.iter().map(|row| (row.cal.id, &row.cal)).collect();
    for (id, cal) in answered {
        assert_eq!(by_id.get(id), Some(&cal), "an answered CAL is on record as it was answered");
    }
}

/// Nobody has two of a kind, ids and numbers are unique, and every pack counts exactly what is drawn from it.
pub(crate) async fn counts_add_up(server: &Service) -> Vec<LicenseRow> {
    let rows = on_record(server).await;
    let ids: BTreeSet<CalId> = rows.iter().map(|row| row.cal.id).collect();
    let numbers: BTreeSet<u64> = rows.iter().map(|row| row.number).collect();
    let holders: BTreeSet<_> = rows.iter().map(|row| (row.cal.hardware_id, row.cal.kind, row.cal.version)).collect();
    assert_eq!((ids.len(), numbers.len(), holders.len()), (rows.len(), rows.len(), rows.len()), "nothing is doubled");
    let mut drawn: BTreeMap<PackId, u32> = BTreeMap::new();
    for pack in rows.iter().filter_map(|row| row.cal.pack.as_ref()) {
        *drawn.entry(pack.clone()).or_default() += 1;
    }
    let list: PackList = server.get("/packs").await;
    for row in &list.packs {
        assert!(row.issued <= row.pack.total, "over-issued: {row:?}");
        assert_eq!(row.issued + row.available, row.pack.total, "{row:?}");
        assert_eq!(row.issued, drawn.remove(&row.pack.id).unwrap_or(0), "{row:?}");
    }
    assert!(drawn.is_empty(), "drawn from packs that are not there: {drawn:?}");
    let temporaries = rows.iter().filter(|row| row.cal.kind == CalKind::Temporary).count() as u64;
    assert_eq!(list.temporaries.iter().map(|row| row.issued).sum::<u64>(), temporaries);
    rows
}

/// Free and installed device CALs of the newest pack.
pub(crate) async fn newest_pack(server: &Service) -> (u32, u32) {
    let list: PackList = server.get("/packs").await;
    assert!(list.packs.iter().all(|row| row.issued <= row.pack.total), "over-issued: {list:?}");
    let newest = list.packs.iter().rfind(|row| row.pack.product_type == ProductType::Device).expect("a pack");
    (newest.available, newest.pack.total)
}
