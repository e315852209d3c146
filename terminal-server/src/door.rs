//! The door: a connection from its arrival to its verdict, and a session from its logon to its end.

use shared::model::{Cal, CalKind, LabTime, SessionId, TraceStep, UserName};
use shared::node::{Arrival, Command, Connection, Event, Node, Refusal, Server, Step, workstation};
use shared::policy::protocol::Breach;
use shared::policy::{connectors, denials, protocol};
use shared::rulebook::rule;
use shared::wire::problem::{Problem, ProblemCode};
use shared::wire::terminal_server::{
    ConnectRequest, Connected, Decision, Denial, Ending, GrantedLicense, LicenseStatus, LicensingMessage, LoggedOn, LogonRequest,
    MessageKind, Session, SessionState, Verdict,
};

use crate::app::TerminalServer;
use crate::asking;
use crate::directory::Checked;
use crate::discovery;
use crate::issuers;
use crate::tracking;

/// How many steps a connection may take; each asks a license server that was not asked before.
const STEPS_MAX: usize = 64;

/// Takes a connection in, asks whoever must be asked, and judges it (SPEC 4.3).
pub(crate) async fn connect(app: &TerminalServer, asked: ConnectRequest) -> Result<Connected, Problem> {
    discovery::search_if_due(app).await?;
    let mut connection = Connection::new(arrival(app, asked).await?);
    let mut searched = false;
    for _ in 0..STEPS_MAX {
        match app.peek(|node, now| node.step(&connection, now))? {
            // DI-09: nobody whom a search had found answers any more, so there is one more search.
            Step::Judge if !searched && app.peek(|node, _| node.search_again(&connection))? => {
                searched = true;
                discovery::search(app).await?;
            }
            Step::Judge => break,
            Step::Inquire { server, inquiry } => connection.hear(asking::inquire(app, server, &inquiry).await?),
            Step::Contact { server, version } => {
                let request = connection.request().clone();
                connection.hear(asking::contact(app, &request, server, version).await?);
            }
        }
    }
    judge(app, connection).await
}

async fn arrival(app: &TerminalServer, asked: ConnectRequest) -> Result<Arrival, Problem> {
    let breach = breach_of(&asked);
    let presented = issuers::open(app, asked.license.as_deref()).await?;
    Ok(Arrival {
        request: asked.request,
        device: asked.device,
        user: asked.user,
        platform: asked.platform,
        hardware_id: asked.hardware_id,
        admin: asked.admin,
        presented,
        token: asked.license,
        breach,
    })
}

/// Section 10: what is wrong with the envelope of a licensing message; a client that sends none is not asked for one.
fn breach_of(asked: &ConnectRequest) -> Option<Breach> {
    let message = asked.message.as_ref()?;
    match (message.kind, &asked.license) {
        (MessageKind::ErrorAlert, _) => return Some(Breach::Abandoned),
        (MessageKind::NewLicenseRequest, Some(_)) | (MessageKind::LicenseInfo, None) => return Some(Breach::Malformed),
        (MessageKind::NewLicenseRequest, None) | (MessageKind::LicenseInfo, Some(_)) => {}
    }
    let right = LicensingMessage::check_of(asked.hardware_id, asked.license.as_deref());
    message.check.as_ref().is_some_and(|check| *check != right).then_some(Breach::BadlyEncrypted)
}

async fn judge(app: &TerminalServer, connection: Connection) -> Result<Connected, Problem> {
    let request = connection.request().clone();
    let command = Command::Judge(Box::new(connection.clone()));
    let judged = app.execute(Some(&request), command, |node, events, now| {
        let verdict = events.iter().find_map(|event| if let Event::Judged { verdict, .. } = event { Some(verdict.clone()) } else { None });
        let balloon = node.admin_balloon(now).map(str::to_owned);
        (verdict, own_license(node, events), node.server().cloned(), (node.settings().expiry_popup_days, balloon), now)
    });
    let (verdict, own, server, (popup_days, balloon), now) = judged.await?;
    let (Some(verdict), Some(server)) = (verdict, server) else {
        return Err(Problem::new(ProblemCode::Internal, "the connection led to no verdict"));
    };
    let Decision::Accepted { session, status, .. } = verdict.decision else { return Err(denied(&server, verdict)) };
    let license = match own {
        Some((cal, is_new)) => Some(GrantedLicense { token: app.disk().hand_out(&cal, is_new)?, cal }),
        None => connection.granted(status),
    };
    let warning = license.as_ref().filter(|granted| granted.cal.kind == CalKind::Temporary);
    let warning = warning.and_then(|granted| denials::expiry_popup(granted.cal.expires_at, now, popup_days));
    let warning = warning.or_else(|| balloon.filter(|_| verdict.rule == rule::PD_24));
    // A license handed back unchanged is in the client's store already.
    let license = license.filter(|_| status != LicenseStatus::ValidClient);
    Ok(Connected { session, server: server.name, at: now, status, rule: verdict.rule, trace: verdict.trace, license, warning })
}

/// The workstation license that a server of Windows NT 4.0 gives with its verdict, and whether it waits for a logon (NT-50).
fn own_license(node: &Node, events: &[Event]) -> Option<(Cal, bool)> {
    events.iter().find_map(|event| match event {
        Event::Workstation(workstation::Event::Minted { license }) => Some((license.cal.clone(), true)),
        Event::Judged { verdict: Verdict { decision: Decision::Accepted { license: Some(id), .. }, hardware_id, .. }, .. } => node
            .workstation()
            .license(hardware_id)
            .filter(|license| license.cal.id == *id)
            .map(|license| (license.cal.clone(), !license.in_database)),
        _ => None,
    })
}

/// A denial as a problem: the client's code and text, the event, the rule and the trace (section 10).
fn denied(server: &Server, verdict: Verdict) -> Problem {
    let (code, event) = match verdict.decision {
        Decision::Denied { code, event } => (code, event),
        Decision::Accepted { .. } => (None, None),
    };
    let text = protocol::text_of(code, verdict.rule).unwrap_or_else(|| denials::text_of(code, verdict.rule));
    let text = protocol::in_words_of(server.generation, text);
    let detail = code.map_or_else(|| text.clone(), |code| format!("{code}: {text}"));
    let mut problem = Problem::new(ProblemCode::Denied, detail).under(&[verdict.rule]);
    problem.denial = Some(Box::new(Denial { code, text, event, rule: verdict.rule, trace: verdict.trace }));
    problem
}

/// A logon: the directory checks the password; then the issuer of the session's temporary is told, and the session is active.
/// Logons of a client name from which too many have failed are not looked at (AM-01).
pub(crate) async fn log_on(app: &TerminalServer, id: SessionId, logon: LogonRequest) -> Result<LoggedOn, Problem> {
    let open = app.peek(|node, _| node.open_session(&id).cloned())?.ok_or_else(|| Refusal::NoSession(id).problem())?;
    let session = open.session;
    if session.state != SessionState::WaitingForLogon {
        return Err(Refusal::AlreadyLoggedOn(id).problem());
    }
    if session.anonymous {
        return log_on_anonymously(app, &session, logon).await;
    }
    demand_tries_left(app, &session).await?;
    let checked = app.accounts().check(&logon.user, &logon.password).await?;
    // Others under the same client name may have failed meanwhile.
    demand_tries_left(app, &session).await?;
    let account = match checked {
        Checked::Right(account) if account.administrator || !session.admin => account,
        Checked::Right(_) | Checked::Wrong => return Err(logon_failed(app, &session, &logon.user).await?),
        Checked::Unknown => {
            app.execute(Some(&session.request), Command::End { session: id, how: Ending::LogonNotChecked }, |_, _, _| ()).await?;
            let detail =
                format!("nobody could check the password of {}, since the directory was silent; the session has ended", logon.user);
            return Err(Problem::new(ProblemCode::LogonFailed, detail));
        }
    };
    let mut trace = match &session.marks {
        Some(target) => vec![asking::mark(app, &session.request, target, session.hardware_id).await?],
        None => Vec::new(),
    };
    trace.extend(tracking::track(app, &session.request, &logon.user).await?.filter(|_| !session.administrative));
    finish_logon(app, &session, logon, account.administrator, trace).await
}

/// AM-01 (1012): ends a session whose client name has no tries left.
async fn demand_tries_left(app: &TerminalServer, session: &Session) -> Result<(), Problem> {
    if app.peek(|node, now| node.logons_barred_from(&session.device, now))?.is_none() {
        return Ok(());
    }
    let command = Command::End { session: session.id, how: Ending::TooManyFailedLogons };
    Err(app
        .execute(Some(&session.request), command, |node, events, now| too_many_failed(node, events, session, now))
        .await?
        .unwrap_or_else(|| Problem::new(ProblemCode::Internal, "a session was ended for failed logons, and there were none")))
}

/// A failed logon ends its session.
async fn logon_failed(app: &TerminalServer, session: &Session, user: &UserName) -> Result<Problem, Problem> {
    let command = Command::End { session: session.id, how: Ending::LogonFailed };
    let too_many = app.execute(Some(&session.request), command, |node, events, now| too_many_failed(node, events, session, now)).await?;
    let why = if session.admin {
        "or the account is not an administrator's, which the /admin switch takes"
    } else {
        "or there is no such account"
    };
    let wrong = || Problem::new(ProblemCode::LogonFailed, format!("the password of {user} is wrong, {why}; the session has ended"));
    Ok(too_many.unwrap_or_else(wrong))
}

/// AM-01: what a client is told whose session ended for its failed logons; none where it ended otherwise.
fn too_many_failed(node: &Node, events: &[Event], session: &Session, now: LabTime) -> Option<Problem> {
    let ended_so = |event: &Event| match event {
        Event::SessionEnded { session } => matches!(session.state, SessionState::Ended { how: Ending::TooManyFailedLogons, .. }),
        _ => false,
    };
    let until = node.logons_barred_from(&session.device, now).filter(|_| events.iter().any(ended_so))?;
    let detail = format!(
        "too many logons from {} have failed, so none of them is looked at until {until} (event 1012); the session has ended",
        session.device
    );
    Some(Problem::new(ProblemCode::LogonFailed, detail).under(&[rule::AM_01]))
}

/// W2K-12: no password is asked of the one account of anonymous users, and nobody else logs on.
async fn log_on_anonymously(app: &TerminalServer, session: &Session, logon: LogonRequest) -> Result<LoggedOn, Problem> {
    if connectors::is_anonymous(&logon.user) {
        return finish_logon(app, session, logon, false, Vec::new()).await;
    }
    demand_tries_left(app, session).await?;
    app.execute(Some(&session.request), Command::End { session: session.id, how: Ending::LogonFailed }, |_, _, _| ()).await?;
    let detail = format!(
        "this server has an Internet Connector and serves anonymous users only: log on as {}; the session of {} has ended",
        connectors::ANONYMOUS,
        logon.user
    );
    Err(Problem::new(ProblemCode::LogonFailed, detail).under(&[rule::W2K_12]))
}

async fn finish_logon(
    app: &TerminalServer,
    session: &Session,
    logon: LogonRequest,
    administrator: bool,
    trace: Vec<TraceStep>,
) -> Result<LoggedOn, Problem> {
    let (user, id) = (logon.user, session.id);
    let command = Command::LogOn { session: id, user: user.clone(), administrator, trace };
    let done = app.execute(Some(&session.request), command, |node, events, now| {
        let trace = events.iter().find_map(|event| if let Event::LoggedOn { trace, .. } = event { Some(trace.clone()) } else { None });
        let written = |event: &Event| matches!(event, Event::Workstation(workstation::Event::Written { .. }));
        (trace.unwrap_or_default(), events.iter().any(written), too_many_failed(node, events, session, now))
    });
    let (trace, written, barred) = done.await?;
    if let Some(barred) = barred {
        return Err(barred);
    }
    if written {
        app.disk().written(session.hardware_id)?;
    }
    Ok(LoggedOn { session: id, user, trace })
}

/// Ends a session: logged off, or cancelled at the logon screen.
pub(crate) async fn end(app: &TerminalServer, session: SessionId, how: Ending) -> Result<(), Problem> {
    app.execute(None, Command::End { session, how }, |_, _, _| ()).await
}
