//! License servers that know each other (LS-07, LS-08).

use serde_json::Value;
use shared::wire::peers::{PeerRow, TrustPeer};

use super::{Step, Whom, identity, shorten, step};
use crate::api::path_segment;
use crate::failure::Failure;
use crate::place::{Kind, Lab};

/// Enrols every license server of the lab at every other one, or tells it where those are that it knows.
pub(super) async fn enrol(lab: &Lab, whom: Whom) -> Result<Vec<Step>, Failure> {
    let mut steps = Vec::new();
    for place in &lab.file().license_servers {
        let own = identity(lab, place).await?;
        let api = lab.admin(Kind::LicenseServer, place)?;
        let known: Vec<PeerRow> = api.all("/license-servers").await?;
        for other in lab.file().license_servers.iter().filter(|other| other.url != place.url) {
            let theirs = identity(lab, other).await?;
            if whom == Whom::Known && !known.iter().any(|row| row.name == theirs.name && row.key == theirs.key) {
                continue;
            }
            let same = |row: &PeerRow| row.name == theirs.name && row.key == theirs.key && row.url == other.peer_url();
            let new = !known.iter().any(same);
            if new {
                let path = format!("/license-servers/{}", path_segment(theirs.name.as_str()));
                let _: Value = api.put(&path, &TrustPeer { key: theirs.key, url: other.peer_url().to_owned() }).await?;
            }
            let what = format!("knows {} and refers to it: {} and {}", theirs.name, shorten(&own.thumbprint), shorten(&theirs.thumbprint));
            steps.push(step(place, &what, new));
        }
    }
    Ok(steps)
}
