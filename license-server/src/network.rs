//! What the license server asks of its directory: to be published, and to record users.

use chassis::directory::{Directory, NoAnswer};
use shared::ledger::{Command, NetworkCommand};
use shared::policy::tracking::Tracking;
use shared::rulebook::RuleId;
use shared::rulebook::rule;
use shared::wire::directory::Publication;
use shared::wire::license_server::{ConfigurationReview, Finding, TrackAnswer, TrackUser};
use shared::wire::problem::{Problem, ProblemCode};

use crate::app::LicenseServer;

/// The directory that this server asks; none in a workgroup.
fn directory_of(app: &LicenseServer) -> Result<Directory, Problem> {
    let known = app.engine().peek(|ledger, _| ledger.directory().cloned()).map_err(|failed| failed.problem())?;
    Ok(Directory::of(known.as_ref(), app.client()))
}

/// DI-23: has itself published in its site where it is an enterprise server, and taken from every site where it is not.
pub(crate) async fn publish_as_role_says(app: &LicenseServer) -> Result<(), Problem> {
    let site = app.read(|ledger, _| ledger.site_to_publish_in()).await?;
    publish(app, Publication { site }).await
}

/// Publishes this server in its own site, or takes it from there.
pub(crate) async fn change_publication(app: &LicenseServer, published: bool) -> Result<(), Problem> {
    let directory = directory_of(app)?;
    if !directory.is_there() {
        return Err(Problem::new(ProblemCode::Conflict, "this license server is in no directory, so there is nowhere to publish it")
            .under(&[rule::DI_23]));
    }
    let site = app.read(|ledger, _| ledger.placement().map(|placement| placement.site)).await?;
    publish(app, Publication { site: site.filter(|_| published) }).await
}

async fn publish(app: &LicenseServer, publication: Publication) -> Result<(), Problem> {
    match directory_of(app)?.publish(&publication).await {
        Ok(standing) => app.execute(None, Command::Network(NetworkCommand::Standing(standing)), |_, _, _| ()).await,
        Err(NoAnswer::NoDirectory) => Ok(()),
        Err(no @ (NoAnswer::Silent(_) | NoAnswer::Crowded(_))) => {
            Err(Problem::new(ProblemCode::Unreachable, format!("the directory: {no}")).under(&[rule::DI_23]))
        }
    }
}

/// W08-04 to W08-06: records that a user works here; whatever comes of it, nobody is turned away.
pub(crate) async fn track(app: &LicenseServer, asked: TrackUser) -> Result<TrackAnswer, Problem> {
    let directory = directory_of(app)?;
    let answer = match directory.licensing(&asked.user).await {
        Err(NoAnswer::NoDirectory) => TrackAnswer::Workgroup,
        Err(no @ (NoAnswer::Silent(_) | NoAnswer::Crowded(_))) => TrackAnswer::DirectorySilent { reason: no.to_string() },
        Ok(None) => TrackAnswer::NoSuchUser,
        Ok(Some(sets)) => match app.read(|ledger, now| ledger.track(&sets, asked.version, now)).await? {
            None => TrackAnswer::NotKept,
            Some(Tracking::Stands { until }) => TrackAnswer::Stands { until },
            Some(Tracking::Write { number, set, extends }) => {
                let until = set.expires_at;
                match directory.license(&asked.user, number, set).await {
                    Ok(true) => TrackAnswer::Issued { until, extended: extends },
                    Ok(false) => TrackAnswer::NotInGroup,
                    Err(reason) => TrackAnswer::DirectorySilent { reason: reason.to_string() },
                }
            }
        },
    };
    let command = Command::Network(NetworkCommand::Tracked { user: asked.user, answer: answer.clone() });
    app.execute(Some(&asked.request), command, |_, _, _| ()).await?;
    Ok(answer)
}

/// TL-07: the users in a scope; none where this server cannot track any.
pub(crate) async fn users(
    app: &LicenseServer,
    scope: &shared::wire::directory::ReportScope,
) -> Result<Option<Vec<shared::wire::directory::UserRow>>, Problem> {
    let tracks = app.read(|ledger, now| ledger.track(&[], app_version(ledger), now).is_some()).await?;
    match directory_of(app)?.users(scope).await {
        Ok(_) if !tracks => Ok(None),
        Ok(users) => Ok(Some(users)),
        Err(NoAnswer::NoDirectory) => Ok(None),
        Err(no @ (NoAnswer::Silent(_) | NoAnswer::Crowded(_))) => {
            Err(Problem::new(ProblemCode::Unreachable, format!("the directory: {no}")).under(&[rule::TL_07]))
        }
    }
}

fn app_version(ledger: &shared::ledger::Ledger) -> shared::model::ProductVersion {
    ledger.server().map_or(shared::model::ProductVersion::V6_0, shared::ledger::Server::version)
}

/// TL-08: group membership, publication and scope, looked at afresh; what changed since is logged (events 64, 74, 76).
pub(crate) async fn review(app: &LicenseServer) -> Result<ConfigurationReview, Problem> {
    let asked = directory_of(app)?.standing().await;
    if let Ok(standing) = &asked {
        app.execute(None, Command::Network(NetworkCommand::Standing(standing.clone())), |_, _, _| ()).await?;
    }
    let silent = match asked {
        Ok(_) => None,
        Err(NoAnswer::NoDirectory) => Some("it is in no directory".to_owned()),
        Err(no @ (NoAnswer::Silent(_) | NoAnswer::Crowded(_))) => Some(no.to_string()),
    };
    let standing = app.read(|ledger, _| ledger.standing()).await?;
    let standing = standing.ok_or_else(|| shared::ledger::Refusal::NotStarted.problem())?;
    Ok(ConfigurationReview { name: standing.name.clone(), findings: findings(&standing, silent) })
}

fn findings(standing: &shared::wire::license_server::LicenseServerStanding, silent: Option<String>) -> Vec<Finding> {
    use shared::model::{LicenseServerRole, Membership};
    let name = &standing.name;
    let finding = |check: &str, good: bool, found: String, cure: String, rules: &[RuleId]| Finding {
        check: check.to_owned(),
        good,
        found,
        cure: if good { String::new() } else { cure },
        rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
    };
    let Membership::ActiveDirectory { name: domain } = &standing.placement.member_of else {
        let found = format!("{}: found by broadcast in its own site, or by name", standing.placement.member_of);
        let users = "users cannot be tracked outside a directory".to_owned();
        let cure = "license per device, or put the server into a domain".to_owned();
        return vec![
            finding("scope", true, found, String::new(), &[rule::DI_05]),
            finding("tracking of users", false, users, cure, &[rule::W08_06]),
        ];
    };
    if let Some(reason) = silent {
        let cure = "start the directory, or tell the server where it is: tsl network apply FILE".to_owned();
        return vec![finding("directory", false, format!("it cannot be asked: {reason}"), cure, &[rule::TL_08])];
    }
    let in_group = standing.groups.contains(domain);
    let group = if in_group { "a member".to_owned() } else { "not a member".to_owned() };
    let join = format!("tsl directory group add {name} --domain {domain}");
    let site = &standing.placement.site;
    let (scope, scope_good, publish) = match standing.role {
        LicenseServerRole::Enterprise => {
            let published = standing.published_in.as_ref() == Some(site);
            ("forest: found by every terminal server of its site".to_owned(), published, format!("tsl network publish --server {name}"))
        }
        LicenseServerRole::Domain if standing.placement.controller => {
            (format!("domain: found by the terminal servers of {domain} in any site"), true, String::new())
        }
        LicenseServerRole::Domain => {
            let cure = format!(
                "tsl network role enterprise --server {name}, or name it at each terminal server: tsl registry set --server TS1 {name}"
            );
            ("domain, but not on a domain controller: found by nobody who has no list".to_owned(), false, cure)
        }
    };
    let published =
        standing.published_in.as_ref().map_or_else(|| "not published".to_owned(), |site| format!("published in the site {site}"));
    let publication_good = (standing.role == LicenseServerRole::Enterprise) == standing.published_in.is_some();
    let unpublish =
        if standing.role == LicenseServerRole::Enterprise { publish.clone() } else { format!("tsl network unpublish --server {name}") };
    vec![
        finding("group \"Terminal Server License Servers\"", in_group, group, join, &[rule::W08_05]),
        finding("publication", publication_good, published, unpublish, &[rule::DI_23]),
        finding("scope", scope_good, scope, publish, &[rule::DI_23, rule::DI_24, rule::DI_25]),
    ]
}
