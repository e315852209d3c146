//! Enrolments taken back: the other half of what [`super::trust`] does.

use shared::model::ServerName;
use shared::wire::directory::ServiceRow;
use shared::wire::license_server::{LicenseServerStanding, TerminalServerRow};
use shared::wire::peers::PeerRow;
use shared::wire::terminal_server::{DiscoveryView, LicenseServerRow};

use super::{Step, step};
use crate::api::{Api, path_segment};
use crate::failure::Failure;
use crate::place::{Kind, Lab, Place};

/// What became of taking a service's enrolments back.
#[derive(Debug)]
pub struct Forgotten {
    /// Who forgot whom.
    pub steps: Vec<Step>,
    /// Services that did not answer, and so may know it still.
    pub silent: Vec<ServerName>,
}

/// Takes every enrolment of a service back, on both sides: nobody knows its key any more, and it knows nobody's. A machine that is gone from
/// the lab is forgotten by the others as well. Where its key got out, terminal servers take nothing any more that was signed with it (AM-15).
///
/// # Errors
/// The clearinghouse, which is not enrolled but is what every certificate leads to; a name that nobody knows; a service that refuses.
pub async fn forget(lab: &Lab, name: &ServerName, leaked: bool) -> Result<Forgotten, Failure> {
    if lab.file().clearinghouse.as_ref().is_some_and(|place| place.name == *name) {
        return Err(Failure::Usage(format!(
            "{name} is the clearinghouse: its root is what every certificate and license of this lab leads to, so it cannot be forgotten and \
             another one be taken; a lab with another clearinghouse is a new lab (tsl up --fresh)"
        )));
    }
    let mut forgotten = Forgotten { steps: Vec::new(), silent: Vec::new() };
    let own = lab.services().into_iter().find(|(_, place)| place.name == *name);
    for (kind, place) in lab.services().into_iter().filter(|(_, place)| place.name != *name) {
        match take_back(lab, kind, place, name, leaked).await {
            Ok(steps) => forgotten.steps.extend(steps),
            Err(Failure::Silent { .. }) => forgotten.silent.push(place.name.clone()),
            Err(failure) => return Err(failure),
        }
        if let Some((kind, place_of_it)) = own {
            match take_back(lab, kind, place_of_it, &place.name, false).await {
                Ok(steps) => forgotten.steps.extend(steps),
                // Whoever it still knows does not know it, which is enough.
                Err(Failure::Silent { .. }) => {}
                Err(failure) => return Err(failure),
            }
        }
    }
    if own.is_none() && forgotten.steps.is_empty() && forgotten.silent.is_empty() {
        return Err(Failure::Usage(format!("nobody in {} knows a service {name}", lab.source())));
    }
    Ok(forgotten)
}

/// What `place` knows of that name goes.
async fn take_back(lab: &Lab, kind: Kind, place: &Place, name: &ServerName, leaked: bool) -> Result<Vec<Step>, Failure> {
    let api = lab.admin(kind, place)?;
    let paths = match kind {
        Kind::Clearinghouse => Vec::new(),
        Kind::LicenseServer => known_at_license_server(&api, name).await?,
        Kind::TerminalServer => known_at_terminal_server(&api, name, leaked).await?,
        Kind::Directory => {
            let rows: Vec<ServiceRow> = api.all("/services").await?;
            rows.iter().filter(|row| row.name == *name).map(|row| under("services", &row.name)).collect()
        }
    };
    let mut steps = Vec::new();
    for path in paths {
        api.delete(&path).await?;
        steps.push(step(place, &format!("has forgotten {name}"), true));
    }
    Ok(steps)
}

async fn known_at_license_server(api: &Api, name: &ServerName) -> Result<Vec<String>, Failure> {
    let terminal_servers: Vec<TerminalServerRow> = api.all("/terminal-servers").await?;
    let peers: Vec<PeerRow> = api.all("/license-servers").await?;
    let standing: LicenseServerStanding = api.get("/network").await?;
    let mut paths: Vec<String> =
        terminal_servers.iter().filter(|row| row.name == *name).map(|row| under("terminal-servers", &row.name)).collect();
    paths.extend(peers.iter().filter(|row| row.name == *name).map(|row| under("license-servers", &row.name)));
    paths.extend(standing.directory.filter(|directory| directory == name).map(|_| "/directory".to_owned()));
    Ok(paths)
}

async fn known_at_terminal_server(api: &Api, name: &ServerName, leaked: bool) -> Result<Vec<String>, Failure> {
    let license_servers: Vec<LicenseServerRow> = api.all("/license-servers").await?;
    let view: DiscoveryView = api.get("/discovery").await?;
    let query = if leaked { "?leaked=true" } else { "" };
    let under_query = |row: &LicenseServerRow| format!("{}{query}", under("license-servers", &row.name));
    let mut paths: Vec<String> = license_servers.iter().filter(|row| row.name == *name).map(under_query).collect();
    paths.extend(view.directory.filter(|directory| directory == name).map(|_| "/directory".to_owned()));
    Ok(paths)
}

fn under(list: &str, name: &ServerName) -> String {
    format!("/{list}/{}", path_segment(name.as_str()))
}
