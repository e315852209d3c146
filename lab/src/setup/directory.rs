//! The directory of a lab and its servers, introduced to each other.

use serde_json::Value;
use shared::model::{CallerRole, ServerName};
use shared::wire::directory::{ServiceRow, TrustDirectory, TrustService};
use shared::wire::license_server::LicenseServerStanding;
use shared::wire::problem::ProblemCode;
use shared::wire::terminal_server::DiscoveryView;

use super::{Step, Whom, identity, step};
use crate::api::{Api, path_segment};
use crate::failure::Failure;
use crate::place::{Kind, Lab};

/// The directory and every terminal server and license server of a lab know each other's keys; or those that know the directory are told
/// where it is.
pub(super) async fn introduce(lab: &Lab, whom: Whom) -> Result<Vec<Step>, Failure> {
    let Ok(place) = lab.directory() else { return Ok(Vec::new()) };
    let (own, api) = (identity(lab, place).await?, lab.admin(Kind::Directory, place)?);
    let known: Vec<ServiceRow> = api.all("/services").await?;
    let trust = TrustDirectory { name: own.name, key: own.key, url: place.peer_url().to_owned() };
    let mut steps = Vec::new();
    for (kind, service) in lab.services() {
        let role = match kind {
            Kind::LicenseServer => CallerRole::LicenseServer,
            Kind::TerminalServer => CallerRole::TerminalServer,
            Kind::Clearinghouse | Kind::Directory => continue,
        };
        let theirs = identity(lab, service).await?;
        let there = lab.admin(kind, service)?;
        if whom == Whom::Known {
            if known_directory(kind, &there).await?.as_ref() == Some(&trust.name) {
                readdress(&there, &trust).await?;
            }
            continue;
        }
        let news = !known.iter().any(|row| row.name == theirs.name && row.key == theirs.key && row.role == role);
        if news {
            let path = format!("/services/{}", path_segment(theirs.name.as_str()));
            let _: Value = api.put(&path, &TrustService { key: theirs.key, role }).await?;
        }
        let _: Value = there.put("/directory", &trust).await?;
        steps.push(step(service, &format!("and {} know each other", trust.name), news));
    }
    Ok(steps)
}

async fn known_directory(kind: Kind, api: &Api) -> Result<Option<ServerName>, Failure> {
    Ok(match kind {
        Kind::LicenseServer => api.get::<LicenseServerStanding>("/network").await?.directory,
        Kind::TerminalServer => api.get::<DiscoveryView>("/discovery").await?.directory,
        Kind::Clearinghouse | Kind::Directory => None,
    })
}

/// A directory that was set up anew has another key, and is not the one that is known.
async fn readdress(service: &Api, trust: &TrustDirectory) -> Result<(), Failure> {
    match service.put::<_, Value>("/directory", trust).await {
        Err(Failure::Problem(problem)) if problem.code == ProblemCode::Conflict => Ok(()),
        told => told.map(drop),
    }
}
