//! Searches for license servers: carries the questions of a search to directory and license servers, and their answers back.
//! By which ways it goes, and what an answer means, is `shared::policy::discovery`'s.

use chassis::directory::Directory;
use futures_util::future::join_all;
use shared::model::{Answered, ServerName};
use shared::node::{Command, NetworkCommand};
use shared::policy::discovery::{FromDirectory, Known, Next};
use shared::wire::directory::DiscoveryQuery;
use shared::wire::problem::Problem;

use crate::app::TerminalServer;
use crate::asking;

/// How many steps a search may take: a directory, and a way after the other.
const STEPS_MAX: usize = 16;

/// Searches, if a search is due (DI-07, DI-08, DI-11).
pub(crate) async fn keep_up(app: &TerminalServer) {
    if let Err(problem) = search_if_due(app).await {
        tracing::warn!(problem.detail = problem.detail, "license servers could not be searched for");
    }
}

/// The same for whoever waits for it; of many who find a search due, one makes it.
pub(crate) async fn search_if_due(app: &TerminalServer) -> Result<(), Problem> {
    if !app.peek(|node, now| node.search_due(now))? {
        return Ok(());
    }
    let _turn = app.searching().lock().await;
    if app.peek(|node, now| node.search_due(now))? { carry(app).await } else { Ok(()) }
}

/// Searches now.
pub(crate) async fn search(app: &TerminalServer) -> Result<(), Problem> {
    let _turn = app.searching().lock().await;
    carry(app).await
}

async fn carry(app: &TerminalServer) -> Result<(), Problem> {
    let mut known = Known::default();
    for _ in 0..STEPS_MAX {
        match app.peek(|node, _| node.search_step(&known, &mut Vec::new()))? {
            Next::AskDirectory => known.directory = Some(ask_directory(app).await?),
            Next::Contact(names) => {
                let answers = join_all(names.into_iter().map(|name| contact(app, name))).await;
                for answer in answers {
                    let (name, said) = answer?;
                    known.answers.insert(name, said);
                }
            }
            Next::Done(_) => break,
        }
    }
    app.execute(None, Command::Network(NetworkCommand::Searched(Box::new(known))), |_, _, _| ()).await
}

/// The directory that this server asks; none in a workgroup.
pub(crate) fn directory_of(app: &TerminalServer) -> Result<Directory, Problem> {
    let known = app.peek(|node, _| node.directory().cloned())?;
    Ok(Directory::of(known.as_ref(), app.client()))
}

async fn ask_directory(app: &TerminalServer) -> Result<Result<FromDirectory, String>, Problem> {
    let placement = app.peek(|node, _| node.placement())?;
    let Some((domain, site)) = placement.and_then(|at| at.member_of.active_directory().cloned().map(|domain| (domain, at.site))) else {
        return Ok(Err("this server is in no domain of a directory".to_owned()));
    };
    let said = directory_of(app)?.discovery(&DiscoveryQuery { domain, site }).await;
    let said = said.map(|answer| FromDirectory { controllers: answer.controllers, site_server: answer.site_server });
    Ok(said.map_err(|reason| reason.to_string()))
}

async fn contact(app: &TerminalServer, name: ServerName) -> Result<(ServerName, Result<Answered, String>), Problem> {
    let said = asking::look_up(app, &name).await?;
    let said = said.map(|contact| Answered {
        version: contact.version,
        activated: contact.activated,
        role: contact.role,
        placement: contact.placement,
    });
    Ok((name, said))
}
