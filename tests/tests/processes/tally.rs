//! What clients were answered, and what a license server has on record, for comparison.

use std::collections::{BTreeMap, BTreeSet};

use client::session::{Answer, Logon, Visited};
use shared::model::{Cal, CalId, CalKind, PackId, ProductType};
use shared::wire::license_server::{LicenseList, LicenseRow, PackList, Standing};
use tests::harness::Service;
use tokio::sync::watch;

/// What reached a client.
#[derive(Clone, Default)]
pub(crate) struct Answered {
    cals: BTreeMap<CalId, Cal>,
    /// Temporaries whose mark was answered.
    marked: BTreeSet<CalId>,
    /// How many permanents were drawn before and handed out again: their first answer was lost (LS-14).
    again: usize,
}

/// What has reached clients so far.
pub(crate) struct Tally {
    known: watch::Sender<Answered>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self { known: watch::Sender::new(Answered::default()) }
    }

    /// Takes in what a visit brought; time stands still, so a CAL never changes.
    pub(crate) fn note(&self, visited: &Visited) {
        let Answer::Accepted { connected, logon, .. } = &visited.verdict else { return };
        let Some(granted) = &connected.license else { return };
        let cal = &granted.cal;
        self.known.send_modify(|known| {
            if was_marked(logon) {
                known.marked.insert(cal.id);
            }
            known.again += usize::from(cal.kind == CalKind::Permanent && connected.trace.iter().any(|step| step.rule == "LS-14"));
            let before = known.cals.insert(cal.id, cal.clone());
            assert!(before.as_ref().is_none_or(|before| before == cal), "one id, two CALs: {before:?} and {cal:?}");
        });
    }

    /// All that was answered so far.
    pub(crate) fn answered(&self) -> Answered {
        self.known.borrow().clone()
    }

    /// How many permanents were answered so far.
    pub(crate) fn permanents(&self) -> usize {
        self.known.borrow().permanents()
    }

    /// Comes back when so many permanents were answered.
    pub(crate) async fn until(&self, wanted: usize) {
        let mut known = self.known.subscribe();
        known.wait_for(|known| known.permanents() >= wanted).await.expect("the tally is there");
    }
}

impl Answered {
    /// How many permanents had lost their first answer.
    pub(crate) fn again(&self) -> usize {
        self.again
    }

    fn permanents(&self) -> usize {
        self.cals.values().filter(|cal| cal.kind == CalKind::Permanent).count()
    }

    /// Nothing that was answered is missing or says something else.
    pub(crate) fn is_on_record(&self, rows: &[LicenseRow]) {
        let by_id: BTreeMap<CalId, &LicenseRow> = rows.iter().map(|row| (row.cal.id, row)).collect();
        for (id, cal) in &self.cals {
            assert_eq!(by_id.get(id).map(|row| &row.cal), Some(cal), "an answered CAL is on record as it was answered");
        }
        for id in &self.marked {
            assert_ne!(by_id[id].standing, Standing::NotValidated, "an answered mark is on record");
        }
    }
}

/// Whether the license server answered the mark of this logon (LS-13).
fn was_marked(logon: &Logon) -> bool {
    let Logon::LoggedOn { answer, .. } = logon else { return false };
    answer.trace.iter().any(|step| step.rule == "LS-13" && step.facts.contains("as validated"))
}

/// What a test saw, for whoever runs it with `--nocapture`.
#[expect(clippy::print_stderr, reason = "figures for a person")]
pub(crate) fn figures(text: &str) {
    eprintln!("{text}");
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

/// Nobody has two of a kind, ids and numbers are unique, and every pack counts exactly what is drawn from it.
pub(crate) async fn counts_add_up(server: &Service) -> Vec<LicenseRow> {
    let rows = on_record(server).await;
    let ids: BTreeSet<CalId> = rows.iter().map(|row| row.cal.id).collect();
    let numbers: BTreeSet<u64> = rows.iter().map(|row| row.number).collect();
    let holders: BTreeSet<_> = rows.iter().map(|row| (row.cal.hardware_id, row.cal.kind, row.cal.version)).collect();
    assert_eq!((ids.len(), numbers.len(), holders.len()), (rows.len(), rows.len(), rows.len()), "nothing is doubled");
    let mut drawn: BTreeMap<PackId, u32> = BTreeMap::new();
    for pack in rows.iter().filter_map(|row| row.cal.pack()) {
        *drawn.entry(pack.clone()).or_default() += 1;
    }
    let list: PackList = server.api().packs().await.expect("all packs");
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
    let list: PackList = server.api().packs().await.expect("all packs");
    assert!(list.packs.iter().all(|row| row.issued <= row.pack.total), "over-issued: {list:?}");
    let newest = list.packs.iter().rfind(|row| row.pack.product_type == ProductType::Device).expect("a pack");
    (newest.available, newest.pack.total)
}
