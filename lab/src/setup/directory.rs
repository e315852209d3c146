//! The directory of a lab and its servers, introduced to each other.

use serde_json::Value;
use shared::wire::directory::{ServiceRow, TrustDirectory, TrustService};

use super::{Step, identity, step};
use crate::api::path_segment;
use crate::failure::Failure;
use crate::place::{Kind, Lab};

/// The directory and every terminal server and license server of a lab know each other's keys.
pub(super) async fn introduce(lab: &Lab) -> Result<Vec<Step>, Failure> {
    let Ok(place) = lab.directory() else { return Ok(Vec::new()) };
    let (own, api) = (identity(lab, place).await?, lab.admin(Kind::Directory, place)?);
    let known: Vec<ServiceRow> = api.all("/services").await?;
    let trust = TrustDirectory { name: own.name, key: own.key, url: place.peer_url().to_owned() };
    let mut steps = Vec::new();
    for (kind, service) in lab.services().into_iter().filter(|(kind, _)| matches!(kind, Kind::LicenseServer | Kind::TerminalServer)) {
        let theirs = identity(lab, service).await?;
        let news = !known.iter().any(|row| row.name == theirs.name && row.key == theirs.key);
        if news {
            let path = format!("/services/{}", path_segment(theirs.name.as_str()));
            let _: Value = api.put(&path, &TrustService { key: theirs.key }).await?;
        }
        let _: Value = lab.admin(kind, service)?.put("/directory", &trust).await?;
        steps.push(step(service, &format!("and {} know each other", trust.name), news));
    }
    Ok(steps)
}
