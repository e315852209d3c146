//! Backups: a whole one is what was written, and a license server that takes one in is the same after its next start.

use sha2::{Digest, Sha256};
use shared::ledger::{Backup, Command, Ledger, LicenseRecord, RestoreCommand};
use shared::machine::Machine as _;
use shared::model::{PublicKey, hex};
use shared::wire::license_server::LicenseQuery;

use crate::lines::lines;
use crate::run::Run;
use crate::segments::history;
use crate::world::world;

/// The lines of a backup as they come; and, as if only the first and the last were missing, with a digest that fits.
pub fn backup(data: &[u8]) {
    let Some(lines) = lines(data) else { return };
    if let Ok(records) = whole(&lines) {
        assert_eq!(records + 3, lines.len() as u64, "the records, the facts before them, and the two lines around all");
    }
    let text = framed(&lines);
    assert_eq!(whole(&text.lines().collect::<Vec<_>>()).ok(), (lines.len() as u64).checked_sub(1));
    let _ = restored(&lines);
}

fn whole(lines: &[&str]) -> Result<u64, String> {
    lab::backup::whole(lines.iter().map(|line| Ok((*line).to_owned())))
}

/// Facts and records as the file that `tsl backup` would write of them.
pub(crate) fn framed(lines: &[&str]) -> String {
    let mut text = "{\"backup_of\":\"LS1\",\"format\":1}\n".to_owned();
    lines.iter().for_each(|line| text.extend([line, "\n"]));
    let sha256 = hex(&Sha256::digest(&text));
    let records = lines.len().saturating_sub(1);
    format!("{text}{{\"records\":{records},\"sha256\":\"{sha256}\"}}\n")
}

/// Restores on the installation that the backup is of, and on another one; says how many records came back there.
pub(crate) fn restored(lines: &[&str]) -> Option<usize> {
    let (facts, records) = lines.split_first()?;
    let facts: Backup = serde_json::from_str(facts).ok()?;
    let records: Vec<LicenseRecord> = records.iter().map(|line| serde_json::from_str(line).ok()).collect::<Option<_>>()?;
    restored_on(facts.key, &facts, &records);
    restored_on(world().key.public(), &facts, &records)
}

fn restored_on(key: PublicKey, facts: &Backup, records: &[LicenseRecord]) -> Option<usize> {
    let mut run = Run::<Ledger>::new();
    for command in history() {
        run.execute(command).expect("a beginning");
    }
    let before = shown(&run.machine, &run);
    let step = |command| Command::Restore(command);
    run.execute(step(RestoreCommand::Begin(Box::new(facts.clone()), key))).ok()?;
    run.execute(step(RestoreCommand::Records(records.to_vec()))).expect("records of a restore");
    assert_eq!(shown(&run.machine, &run), before, "nothing counts before the end");
    let distinct: std::collections::BTreeSet<u64> = records.iter().map(|record| record.number).collect();
    run.execute(step(RestoreCommand::End { records: distinct.len() as u64, key })).expect("all of them came");
    let back = run.machine.records_after(0, usize::MAX).len();
    assert!(back + usize::from(distinct.contains(&0)) == distinct.len(), "each record is back");
    assert_eq!(shown(&run.loaded(), &run), shown(&run.machine, &run), "a start makes of the rows what was there before it");
    run.pass(ROUNDS);
    assert_eq!(shown(&run.loaded(), &run), shown(&run.machine, &run), "a start makes of the rows what was there before it");
    Some(back)
}

fn shown(ledger: &Ledger, run: &Run<Ledger>) -> String {
    let licenses = ledger.license_list(&LicenseQuery::default(), run.now);
    let backup = ledger.backup(world().key.public(), run.now);
    format!("{:?} {licenses:?} {backup:?} {:?}", ledger.pack_list(run.now), ledger.next_due())
}

const ROUNDS: usize = 20;
