//! The door: a connection from its arrival to its verdict, and a session from its logon to its end.

use shared::model::Breach;
use shared::model::{LabTime, SessionId, TraceStep, UserName};
use shared::node::{Arrival, Connection, End, Given, Judge, Judged, LogOn, LogonOutcome, Outcome, Refusal, Step, Verdict, status};
use shared::policy::connectors;
use shared::rulebook::rule;
use shared::wire::problem::{Problem, ProblemCode};
use shared::wire::terminal_server::{
    ConnectRequest, Connected, Denied, Ending, GrantedLicense, LicensingMessage, LoggedOn, LogonRequest, MessageKind, Session, SessionState,
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
    let judged = app.execute(Some(&request), Judge(Box::new(connection)), |_, judged, now| (judged, now));
    let (Judged { verdict, given, warning }, at) = judged.await?;
    let server = app.server()?;
    let (session, admitted) = match verdict.outcome {
        Outcome::Accepted { session, admitted, .. } => (session, admitted),
        Outcome::Denied { denial } => return Err(denied(verdict.denied(denial, server.generation))),
    };
    let license = match given {
        Some(Given::Own { cal, waits }) => Some(GrantedLicense { token: app.disk().hand_out(&cal, waits)?, cal }),
        Some(Given::Signed(granted)) => Some(granted),
        None => None,
    };
    let Verdict { rule, trace, .. } = verdict;
    Ok(Connected { session, server: server.name, at, status: status(admitted), rule, trace, license, warning })
}

/// A denial as a problem: the client's code and text, the event, the rule and the trace (section 10).
fn denied(denied: Denied) -> Problem {
    let detail = denied.code.map_or_else(|| denied.text.clone(), |code| format!("{code}: {}", denied.text));
    let mut problem = Problem::new(ProblemCode::Denied, detail).under(&[denied.rule]);
    problem.denial = Some(Box::new(denied));
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
            app.execute(Some(&session.request), End { session: id, how: Ending::LogonNotChecked }, |_, _, _| ()).await?;
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
    let command = End { session: session.id, how: Ending::TooManyFailedLogons };
    let barred = app.execute(Some(&session.request), command, |_, barred, _| barred).await?;
    // Whoever asked last may have done so in the last moment of it.
    let until = barred.map_or_else(|| app.peek(|_, now| now), Ok)?;
    Err(barred_until(session, until))
}

/// A failed logon ends its session.
async fn logon_failed(app: &TerminalServer, session: &Session, user: &UserName) -> Result<Problem, Problem> {
    let command = End { session: session.id, how: Ending::LogonFailed };
    let barred = app.execute(Some(&session.request), command, |_, barred, _| barred).await?;
    Ok(barred.map_or_else(|| wrong_password(session, user.as_str()), |until| barred_until(session, until)))
}

fn wrong_password(session: &Session, user: &str) -> Problem {
    let why = if session.admin {
        "or the account is not an administrator's, which the /admin switch takes"
    } else {
        "or there is no such account"
    };
    Problem::new(ProblemCode::LogonFailed, format!("the password of {user} is wrong, {why}; the session has ended"))
}

/// AM-01: what a client is told whose session ended for its failed logons.
fn barred_until(session: &Session, until: LabTime) -> Problem {
    let detail = format!(
        "too many logons from {} have failed, so none of them is looked at until {until} (event 1012); the session has ended",
        session.device
    );
    Problem::new(ProblemCode::LogonFailed, detail).under(&[rule::AM_01])
}

/// W2K-12: no password is asked of the one account of anonymous users, and nobody else logs on.
async fn log_on_anonymously(app: &TerminalServer, session: &Session, logon: LogonRequest) -> Result<LoggedOn, Problem> {
    if connectors::is_anonymous(&logon.user) {
        return finish_logon(app, session, logon, false, Vec::new()).await;
    }
    demand_tries_left(app, session).await?;
    app.execute(Some(&session.request), End { session: session.id, how: Ending::LogonFailed }, |_, _, _| ()).await?;
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
    let command = LogOn { session: id, user: user.clone(), administrator, trace };
    match app.execute(Some(&session.request), command, |_, outcome, _| outcome).await? {
        LogonOutcome::LoggedOn { trace, written } => {
            if written {
                app.disk().written(session.hardware_id)?;
            }
            Ok(LoggedOn { session: id, user, trace })
        }
        LogonOutcome::NotAdministrator => Err(wrong_password(session, user.as_str())),
        LogonOutcome::Barred { until } => Err(barred_until(session, until)),
    }
}

/// Ends a session: logged off, or cancelled at the logon screen.
pub(crate) async fn end(app: &TerminalServer, session: SessionId, how: Ending) -> Result<(), Problem> {
    app.execute(None, End { session, how }, |_, _, _| ()).await
}
