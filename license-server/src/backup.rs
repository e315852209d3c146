//! Backup and restore over HTTP, in pieces that fit a request (AC-38 to AC-40).

use serde_json::Value;
use shared::ledger::{Backup, Command, LicenseRecord, RestoreCommand};
use shared::wire::license_server::{BackupPage, RestorePart};
use shared::wire::problem::{Problem, ProblemCode};

use crate::app::LicenseServer;

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
    let key = app.identity().public_key();
    match part {
        RestorePart::Begin { facts } => step(app, RestoreCommand::Begin(Box::new(parsed::<Backup>(facts)?), key)).await,
        RestorePart::Records { records } => {
            let records: Vec<LicenseRecord> = records.into_iter().map(parsed).collect::<Result<_, _>>()?;
            step(app, RestoreCommand::Records(records)).await
        }
        RestorePart::End { records } => {
            step(app, RestoreCommand::End { records, key }).await?;
            app.sealing().forget();
            app.adopt_key().await
        }
    }
}

async fn step(app: &LicenseServer, command: RestoreCommand) -> Result<(), Problem> {
    app.execute(None, Command::Restore(command), |_, _, _| ()).await
}

fn json(value: &impl serde::Serialize) -> Value {
    // The ledger's own types, which the journal writes the same way.
    serde_json::to_value(value).unwrap_or_default()
}

fn parsed<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_json::from_value(value).map_err(|error| Problem::new(ProblemCode::Invalid, format!("this is no part of a backup: {error}")))
}

/// Records of one page: well below what an answer or a request may have.
const PAGE: usize = 100;
