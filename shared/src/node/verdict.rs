//! What a ruling leads to: the verdict on record, with a session or a record of the event log.

use super::connection::Connection;
use super::{Event, Node, Server};
use crate::machine::Moment;
use crate::model::{Cal, CalKind, LabTime, SessionId, TraceStep};
use crate::policy::terms::FirstIssue;
use crate::policy::verdict::{Ruling, Standing};
use crate::rulebook::rule;
use crate::wire::terminal_server::{Decision, LicenseStatus, MarkTarget, Session, SessionState, Verdict};

/// The verdict with its session or its record; `given` is the license that the client gets with it.
pub(super) fn verdict_events(
    node: &Node,
    server: &Server,
    connection: &Connection,
    ruling: &Ruling,
    given: Option<Cal>,
    trace: Vec<TraceStep>,
    moment: &mut Moment<'_>,
) -> Vec<Event> {
    let arrival = &connection.arrival;
    let (decision, session, logged) = match ruling.outcome {
        Ok(standing) => {
            let status = status(standing);
            let license = given.as_ref().map(|cal| cal.id);
            let marks = given.and_then(|cal| mark_target(server, cal));
            let session = open_session(node, connection, ruling, marks, SessionId::from_random(moment.dice.bytes()), moment.now);
            (Decision::Accepted { session: session.id, status, license }, Some(session), None)
        }
        Err(denial) => {
            let decision = Decision::Denied { code: denial.code(), event: denial.event(server.generation) };
            (decision, None, denial.record(server.generation, arrival.device.as_str(), &arrival.user))
        }
    };
    let verdict = Verdict {
        request: arrival.request.clone(),
        device: arrival.device.clone(),
        hardware_id: arrival.hardware_id,
        user: arrival.user.clone(),
        platform: arrival.platform,
        decision,
        rule: ruling.rule.to_owned(),
        trace,
    };
    logged.map(Event::Logged).into_iter().chain([Event::Judged { verdict, session }]).collect()
}

/// What the client is told of its license.
pub(super) fn status(standing: Standing) -> LicenseStatus {
    match standing {
        Standing::ValidClient => LicenseStatus::ValidClient,
        Standing::New => LicenseStatus::New,
        Standing::Upgraded => LicenseStatus::Upgraded,
        Standing::HandedBack => LicenseStatus::HandedBack,
        Standing::NotExamined => LicenseStatus::NotExamined,
    }
}

fn open_session(node: &Node, connection: &Connection, ruling: &Ruling, marks: Option<MarkTarget>, id: SessionId, now: LabTime) -> Session {
    let arrival = &connection.arrival;
    // Windows NT 4.0 knows neither the switch nor the mode (NT-19).
    let administration = !node.is_own_license_manager();
    Session {
        id,
        request: arrival.request.clone(),
        device: arrival.device.clone(),
        hardware_id: arrival.hardware_id,
        user: arrival.user.clone(),
        admin: arrival.admin && administration,
        anonymous: ruling.rule == rule::W2K_12,
        administrative: administration && (arrival.admin || !node.settings.application_mode),
        opened_at: now,
        state: SessionState::WaitingForLogon,
        rule: ruling.rule.to_owned(),
        marks,
    }
}

/// LS-13, SD-15: a logon marks the temporary that this connection gave out or handed back, and nothing else. Before Service Pack 3
/// of 2000 there are no marks (W2K-08).
fn mark_target(server: &Server, given: Cal) -> Option<MarkTarget> {
    let marked = server.terms().first_issue == FirstIssue::Temporary && given.kind == CalKind::Temporary;
    marked.then_some(MarkTarget { issuer: given.issuer, cal: given.id })
}
