//! Carries questions to license servers and their answers back. What to ask, and what an answer means, is the node's.

use chassis::client::{CallError, Peer};
use chassis::http::Method;
use shared::model::{Cal, CalId, HardwareId, ProductVersion, RequestId, ServerName, TraceStep};
use shared::node::{Command, Heard, Said};
use shared::policy::terms;
use shared::rulebook::rule;
use shared::trust::Flaw;
use shared::wire::license_server::{Contact, Inquiry, InquiryAnswer, Mark, MarkAnswer};
use shared::wire::problem::Problem;
use shared::wire::terminal_server::MarkTarget;

use crate::app::TerminalServer;
use crate::discovery;
use crate::issuers;

/// Asks one license server for a license; whatever goes wrong is silence (SPEC 4.3 step 4).
pub(crate) async fn inquire(app: &TerminalServer, server: ServerName, inquiry: &Inquiry) -> Result<Heard, Problem> {
    let version = inquiry.version;
    let said = match peer(app, &server)? {
        None => unknown(),
        Some(peer) => match app.client().call(&peer, &inquiry.request, Method::Post, "/inquiries", inquiry).await {
            Ok(answer) => understand(app, &server, inquiry, answer).await?,
            Err(error) => silence(error),
        },
    };
    Ok(Heard { server, version, said })
}

/// Sees whether one license server is within reach and not too old (PU-02, VC-02).
pub(crate) async fn contact(
    app: &TerminalServer,
    request: &RequestId,
    server: ServerName,
    version: ProductVersion,
) -> Result<Heard, Problem> {
    let said = match peer(app, &server)? {
        None => unknown(),
        Some(peer) => match app.client().ask::<Contact>(&peer, request, "/contact").await {
            Ok(contact) if contact.version < version => Said::TooOld { version: contact.version },
            Ok(contact) => Said::Contacted { activated: contact.activated },
            Err(error) => silence(error),
        },
    };
    Ok(Heard { server, version, said })
}

/// What one license server says of itself, or why it was silent (SPEC section 6).
pub(crate) async fn look_up(app: &TerminalServer, server: &ServerName) -> Result<Result<Contact, String>, Problem> {
    let Some(peer) = peer(app, server)? else { return Ok(Err("it is not enrolled here".to_owned())) };
    let asked = app.client().ask::<Contact>(&peer, &chassis::random::request_id(), "/contact").await;
    Ok(asked.map_err(|error| error.to_string()))
}

/// GR-11: looks for the first usable license server of the list, without a client.
pub(crate) async fn locate(app: &TerminalServer) {
    if let Err(problem) = try_locate(app).await {
        tracing::warn!(problem.detail = problem.detail, "no license server could be looked for");
    }
}

async fn try_locate(app: &TerminalServer) -> Result<(), Problem> {
    issuers::ask_all(app).await?;
    if app.peek(|node, _| node.searches())? {
        return discovery::search(app).await;
    }
    let version = app.server()?.version();
    let request = chassis::random::request_id();
    let mut round = Vec::new();
    // A server that is its own license manager looks for nobody (NT-01).
    let asked = app.peek(|node, _| if node.is_own_license_manager() { Vec::new() } else { node.asked() })?;
    for server in asked {
        let heard = contact(app, &request, server, version).await?;
        let located = heard.located().is_some();
        round.push(heard);
        if located {
            break;
        }
    }
    if round.is_empty() { Ok(()) } else { app.execute(Some(&request), Command::Contacted(round), |_, _, _| ()).await }
}

/// LS-13: tells the issuer that a user has logged on with its temporary. When it is silent nothing is kept: the next logon
/// marks again.
pub(crate) async fn mark(
    app: &TerminalServer,
    request: &RequestId,
    target: &MarkTarget,
    hardware_id: HardwareId,
) -> Result<TraceStep, Problem> {
    let facts = match peer(app, &target.issuer)? {
        None => format!("{} is not enrolled here, so its temporary cannot be marked", target.issuer),
        Some(peer) => match app.client().call(&peer, request, Method::Post, "/marks", &mark_of(request, target.cal, hardware_id)).await {
            Ok(MarkAnswer::Validated) => format!("{} marked the temporary as validated", target.issuer),
            Ok(MarkAnswer::NoSuchTemporary) => format!("{} has no such open temporary: nothing to mark", target.issuer),
            Ok(MarkAnswer::NotInGroup) => {
                return Ok(TraceStep::new(rule::LS_01, format!("{} takes no mark from this server: not in its group", target.issuer)));
            }
            Err(error) => format!("{} was silent ({error}): nothing is kept, the next logon marks again", target.issuer),
        },
    };
    Ok(TraceStep::new(rule::LS_13, facts))
}

fn mark_of(request: &RequestId, cal: CalId, hardware_id: HardwareId) -> Mark {
    Mark { request: request.clone(), cal, hardware_id }
}

pub(crate) fn peer(app: &TerminalServer, server: &ServerName) -> Result<Option<Peer>, Problem> {
    app.peek(|node, _| node.license_server(server).map(|enrolled| Peer { url: enrolled.url.clone(), key: enrolled.key }))
}

fn unknown() -> Said {
    Said::Silence { reason: "it is not enrolled here".to_owned() }
}

fn silence(error: CallError) -> Said {
    Said::Silence { reason: error.to_string() }
}

/// What an answer says. A license that does not verify, lasts longer than any may (AM-15), or is not for this device, is silence.
async fn understand(app: &TerminalServer, server: &ServerName, inquiry: &Inquiry, answer: InquiryAnswer) -> Result<Said, Problem> {
    Ok(match answer {
        InquiryAnswer::TooOld { version } => Said::TooOld { version },
        InquiryAnswer::Declined { reason, rules, activated } => Said::Declined { reason, rules, activated },
        InquiryAnswer::Issued { token, cal, how, rules, activated } => {
            let opened = genuine(app, server, &token).await?;
            match opened {
                Ok(opened) if opened == cal && !terms::is_within_terms(&cal) => {
                    Said::Silence { reason: format!("{server} answered with a license that ends at {}", cal.expires_at.end_in_words()) }
                }
                Ok(opened) if opened == cal && cal.hardware_id == inquiry.hardware_id && cal.version >= inquiry.version => {
                    Said::Issued { cal, token, how, rules, activated }
                }
                Ok(_) => Said::Silence { reason: format!("{server} answered with a license for something else") },
                Err(flaw) => Said::Silence { reason: format!("the answer of {server} does not verify: {flaw}") },
            }
        }
    })
}

/// The license in an enrolled license server's answer. One of another server that it passed through counts by its word (AM-15, LS-07).
async fn genuine(app: &TerminalServer, server: &ServerName, token: &str) -> Result<Result<Cal, Flaw>, Problem> {
    let opened = app.belief().genuine(token, || app.anchors());
    let Err(Flaw::Untrusted(_)) = opened else { return Ok(opened) };
    let Some(issuer) = app.belief().stranger(token, || app.anchors()).filter(|issuer| issuer.name != *server) else { return Ok(opened) };
    let by_word = app.belief().genuine_from(token, (issuer.name.clone(), issuer.key), || app.anchors());
    if by_word.is_ok() {
        issuers::vouch(app, server, issuer).await?;
    }
    Ok(by_word)
}
