//! What a ruling leads to: the verdict on record, with a session or a record of the event log, and what the client is told.

use serde::{Deserialize, Serialize};

use super::connection::Connection;
use super::{Event, Node, Server};
use crate::machine::Moment;
use crate::model::{
    Cal, CalId, CalKind, Denial, DeviceName, Generation, HardwareId, LabTime, Platform, RequestId, SessionId, TraceStep, UserName,
};
use crate::policy::denials;
use crate::policy::protocol;
use crate::policy::terms::FirstIssue;
use crate::policy::verdict::{Admitted, Ruling};
use crate::rulebook::RuleId;
use crate::wire::terminal_server::{self as wire, Decision, GrantedLicense, LicenseStatus, MarkTarget, Session, SessionState};

/// A connection that was judged, as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The request.
    pub request: RequestId,
    /// The device.
    pub device: DeviceName,
    /// Its hardware id.
    pub hardware_id: HardwareId,
    /// The user as the client said.
    pub user: UserName,
    /// The client's system.
    pub platform: Platform,
    /// Let in or denied.
    pub outcome: Outcome,
    /// The rule that decided.
    pub rule: RuleId,
    /// Every rule that fired, in order.
    pub trace: Vec<TraceStep>,
}

/// Let in or denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// Let in.
    Accepted {
        /// The session.
        session: SessionId,
        /// How.
        admitted: Admitted,
        /// The license that it was given.
        license: Option<CalId>,
    },
    /// Denied.
    Denied {
        /// Why.
        denial: Denial,
    },
}

/// What judging a connection leads to for its client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The verdict.
    pub verdict: Verdict,
    /// The license for the client's store, where there is one.
    pub given: Option<Given>,
    /// The pop-up that a temporary's holder sees near its end, or the balloon of an administrator's session (section 10).
    pub warning: Option<String>,
}

/// A license that goes to a client with a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// In its signed form already: as a license server sent it, or as the client presented it.
    Signed(GrantedLicense),
    /// A server of Windows NT 4.0 signs its own.
    Own {
        /// What it says.
        cal: Cal,
        /// Whether it waits in the scratch file for a logon (NT-50).
        waits: bool,
    },
}

impl Given {
    /// What the license says.
    #[must_use]
    pub fn cal(&self) -> &Cal {
        match self {
            Given::Signed(granted) => &granted.cal,
            Given::Own { cal, .. } => cal,
        }
    }
}

impl Verdict {
    /// The verdict as the lists of a server of this generation show it.
    #[must_use]
    pub fn shown(self, generation: Generation) -> wire::Verdict {
        let decision = match self.outcome {
            Outcome::Accepted { session, admitted, license } => Decision::Accepted { session, status: status(admitted), license },
            Outcome::Denied { denial } => Decision::Denied { reason: denial, code: denial.code(), event: denial.event(generation) },
        };
        let Verdict { request, device, hardware_id, user, platform, rule, trace, .. } = self;
        wire::Verdict { request, device, hardware_id, user, platform, decision, rule, trace }
    }

    /// What a denied client sees, and why (section 10).
    #[must_use]
    pub fn denied(self, denial: Denial, generation: Generation) -> wire::Denied {
        wire::Denied {
            reason: denial,
            code: denial.code(),
            text: protocol::in_words_of(generation, denial.text()),
            event: denial.event(generation),
            rule: self.rule,
            trace: self.trace,
        }
    }
}

/// The verdict with its session or its record. `trace` is what was noted before the ruling, `given` the license that the client gets.
pub(super) fn conclude(
    node: &Node,
    server: &Server,
    connection: &Connection,
    ruling: Ruling,
    given: Option<Given>,
    mut trace: Vec<TraceStep>,
    moment: &mut Moment<'_>,
) -> (Judged, Vec<Event>) {
    let arrival = &connection.arrival;
    let (outcome, session, logged) = match ruling.outcome {
        Ok(admitted) => {
            let session = open_session(node, connection, ruling.rule, admitted, SessionId::from_random(moment.dice.bytes()), moment.now);
            let license = given.as_ref().map(|given| given.cal().id);
            let session = Session { marks: given.as_ref().and_then(|given| mark_target(server, given.cal())), ..session };
            (Outcome::Accepted { session: session.id, admitted, license }, Some(session), None)
        }
        Err(denial) => (Outcome::Denied { denial }, None, denial.record(server.generation, arrival.device.as_str(), &arrival.user)),
    };
    trace.extend(ruling.trace);
    let verdict = Verdict {
        request: arrival.request.clone(),
        device: arrival.device.clone(),
        hardware_id: arrival.hardware_id,
        user: arrival.user.clone(),
        platform: arrival.platform,
        outcome,
        rule: ruling.rule,
        trace,
    };
    // Section 10: the pop-up that a temporary's holder sees near its end stands in the system's log too (OQ-5).
    let popup = given.as_ref().map(Given::cal).filter(|cal| cal.kind == CalKind::Temporary);
    let popup = popup.and_then(|cal| denials::expiry_popup(cal.expires_at, moment.now, node.settings.expiry_popup_days));
    let popped = popup.as_ref().map(|text| Event::Logged(protocol::popup_record(arrival.device.as_str(), text)));
    let balloon = || node.admin_balloon(moment.now).filter(|_| ruling.outcome == Ok(Admitted::Administration)).map(str::to_owned);
    let warning = popup.or_else(balloon);
    let judged = Event::Judged { verdict: verdict.clone(), session };
    let events = logged.map(Event::Logged).into_iter().chain([judged]).chain(popped).collect();
    (Judged { verdict, given, warning }, events)
}

/// What the client is told of its license.
#[must_use]
pub fn status(admitted: Admitted) -> LicenseStatus {
    match admitted {
        Admitted::Sufficient | Admitted::InGrace | Admitted::KeepsItsOwn => LicenseStatus::ValidClient,
        Admitted::New => LicenseStatus::New,
        Admitted::Upgraded => LicenseStatus::Upgraded,
        Admitted::HandedBack => LicenseStatus::HandedBack,
        Admitted::PerUser | Admitted::ModeNotChosen | Admitted::Administration | Admitted::Anonymous | Admitted::Untracked => {
            LicenseStatus::NotExamined
        }
    }
}

fn open_session(node: &Node, connection: &Connection, rule: RuleId, admitted: Admitted, id: SessionId, now: LabTime) -> Session {
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
        anonymous: admitted == Admitted::Anonymous,
        administrative: administration && (arrival.admin || !node.settings.application_mode),
        opened_at: now,
        state: SessionState::WaitingForLogon,
        rule,
        marks: None,
    }
}

/// LS-13, SD-15: a logon marks the temporary that this connection gave out or handed back, and nothing else. Before Service Pack 3
/// of 2000 there are no marks (W2K-08).
fn mark_target(server: &Server, given: &Cal) -> Option<MarkTarget> {
    let marked = server.terms().first_issue == FirstIssue::Temporary && given.kind == CalKind::Temporary;
    marked.then(|| MarkTarget { issuer: given.issuer.clone(), cal: given.id })
}
