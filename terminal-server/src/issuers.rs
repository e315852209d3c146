//! Whose permanents this server takes: asks the enrolled license servers whom they know (AM-15). What follows is the node's.

use futures_util::future::join_all;
use shared::model::ServerName;
use shared::node::{Command, KeepPeers};
use shared::policy::admission::Presented;
use shared::trust::KeyHolder;
use shared::wire::peers::{KnownServer, KnownServers};
use shared::wire::problem::Problem;

use crate::app::TerminalServer;
use crate::asking;

/// What a client presented. Where that is a good permanent of a license server that is not known here, the enrolled ones are asked
/// whether they know it, and it is looked at again.
pub(crate) async fn open(app: &TerminalServer, token: Option<&str>) -> Result<Presented, Problem> {
    let presented = app.belief().open(token, || app.anchors());
    let (Presented::Untrusted { .. }, Some(token)) = (&presented, token) else { return Ok(presented) };
    let Some(issuer) = app.belief().stranger(token, || app.anchors()) else { return Ok(presented) };
    let issuer = KnownServer { name: issuer.name, key: issuer.key };
    for server in app.peek(|node, now| node.vouchers(now))? {
        if ask(app, &server).await?.is_some_and(|known| known.contains(&issuer)) {
            return Ok(app.belief().open(Some(token), || app.anchors()));
        }
    }
    Ok(presented)
}

/// Asks every enrolled license server that is not known to be silent, all at a time.
pub(crate) async fn ask_all(app: &TerminalServer) -> Result<(), Problem> {
    let servers = app.peek(|node, now| node.vouchers(now))?;
    for asked in join_all(servers.iter().map(|server| ask(app, server))).await {
        asked?;
    }
    Ok(())
}

/// Asks one license server whom it knows, and keeps what it says; silence changes nothing.
pub(crate) async fn ask(app: &TerminalServer, server: &ServerName) -> Result<Option<Vec<KnownServer>>, Problem> {
    let Some(peer) = asking::peer(app, server)? else { return Ok(None) };
    let request = chassis::random::request_id();
    let Ok(known) = app.client().ask::<KnownServers>(&peer, &request, "/known-servers").await else { return Ok(None) };
    let command = KeepPeers { by: server.clone(), peers: known.servers.clone() };
    let news = app.execute(Some(&request), command, |_, news, _| news).await?;
    if news {
        app.belief().forget();
    }
    Ok(Some(known.servers))
}

/// LS-07: an enrolled license server passed a license of somebody else through, and so vouches for whoever issued it.
pub(crate) async fn vouch(app: &TerminalServer, by: &ServerName, issuer: KeyHolder) -> Result<(), Problem> {
    let issuer = KnownServer { name: issuer.name, key: issuer.key };
    app.execute(None, Command::Vouch { by: by.clone(), issuer }, |_, _, _| ()).await?;
    app.belief().forget();
    Ok(())
}
