//! Backup and restore over HTTP, in pieces that fit a request (AC-38 to AC-40).

use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use shared::ledger::{Backup, Command, LicenseRecord, RestoreCommand};
use shared::wire::license_server::{BackupPage, RestorePart};
use shared::wire::problem::{Problem, ProblemCode};

use crate::app::LicenseServer;

/// What a restore has gathered so far: nothing of it counts before its end has come.
#[derive(Default)]
pub(crate) struct Staging(Mutex<Option<(Box<Backup>, Vec<LicenseRecord>)>>);

/// A page of the database: its facts with the first one, then records.
pub(crate) async fn page(app: &LicenseServer, after: Option<u64>) -> Result<BackupPage, Problem> {
    let key = app.identity().public_key();
    let read = app.read(|ledger, now| {
        let facts = if after.is_none() { ledger.backup(key, now) } else { None };
        (facts, ledger.records_after(after.unwrap_or(0), PAGE))
    });
    let (facts, records) = read.await?;
    let next = records.last().filter(|_| records.len() == PAGE).map(|record| record.number);
    Ok(BackupPage { facts: facts.map(|facts| json(&facts)), records: records.iter().map(json).collect(), next })
}

/// A piece of a backup; its last one makes it the database.
pub(crate) async fn restore(app: &LicenseServer, part: RestorePart) -> Result<(), Problem> {
    let staging = || app.staging().0.lock().unwrap_or_else(PoisonError::into_inner);
    match part {
        RestorePart::Begin { facts } => {
            *staging() = Some((Box::new(parsed(facts)?), Vec::new()));
            Ok(())
        }
        RestorePart::Records { records } => {
            let records: Vec<LicenseRecord> = records.into_iter().map(parsed).collect::<Result<_, _>>()?;
            let mut staged = staging();
            let (_, gathered) = staged.as_mut().ok_or_else(not_begun)?;
            if gathered.len() + records.len() > MOST {
                return Err(Problem::new(ProblemCode::BackupRefused, format!("a backup has at most {MOST} records")).under(&["AC-41"]));
            }
            gathered.extend(records);
            Ok(())
        }
        RestorePart::End { records } => {
            let (backup, gathered) = staging().take().ok_or_else(not_begun)?;
            if u64::try_from(gathered.len()).ok() != Some(records) {
                let text = format!("{} of {records} records came in; begin again", gathered.len());
                return Err(Problem::new(ProblemCode::BackupRefused, text));
            }
            take(app, backup, gathered).await
        }
    }
}

async fn take(app: &LicenseServer, backup: Box<Backup>, records: Vec<LicenseRecord>) -> Result<(), Problem> {
    let (of, key) = (backup.key, app.identity().public_key());
    let step = |command| app.execute(None, Command::Restore(command), |_, _, _| ());
    step(RestoreCommand::Begin(backup, key)).await?;
    let mut rest = records.into_iter();
    loop {
        let some: Vec<LicenseRecord> = rest.by_ref().take(ENTRY).collect();
        if some.is_empty() {
            break;
        }
        step(RestoreCommand::Records { records: some, of, key }).await?;
    }
    step(RestoreCommand::End { of, key }).await?;
    app.sealing().forget();
    app.adopt_key().await
}

fn json(value: &impl serde::Serialize) -> Value {
    // The ledger's own types, which the journal writes the same way.
    serde_json::to_value(value).unwrap_or_default()
}

fn parsed<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_json::from_value(value).map_err(|error| Problem::new(ProblemCode::Invalid, format!("this is no part of a backup: {error}")))
}

fn not_begun() -> Problem {
    Problem::new(ProblemCode::BackupRefused, "no restore was begun; send its facts first")
}

/// Records of one page: well below what an answer or a request may have.
const PAGE: usize = 100;
/// Records of one journal entry.
const ENTRY: usize = 50;
/// The most records of a backup.
const MOST: usize = 2_000_000;
