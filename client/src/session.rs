//! One visit of a client device at a terminal server: license exchange, logon, log-off (SPEC 4.3).

use chassis::client::{Client, ClientError};
use chassis::random;
use serde::Serialize;
use shared::model::{Breach, Denial};
use shared::model::{Cal, LabTime, UserName};
use shared::wire::problem::{Problem, ProblemCode};
use shared::wire::terminal_server::{
    ConnectRequest, Connected, Denied, LicenseRequest, LicensingMessage, LoggedOn, LogonRequest, MessageKind, TraceStep,
};

use crate::device::{Device, Slot};

/// Who comes, and what is done once the logon screen is up.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The account; the client names it before any logon.
    pub user: UserName,
    /// The client's `/admin` switch (PD-24).
    pub admin: bool,
    /// Lab time, where the caller knows it better than the license request, which may have been asked for earlier.
    pub now: Option<LabTime>,
    /// The client program runs elevated: it can make a deleted store key anew (ST-07).
    pub elevated: bool,
    /// What goes wrong on the way.
    pub mishap: Option<Mishap>,
    /// What follows an accept.
    pub then: Then,
}

/// What goes wrong with the client's licensing message (section 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// It says that it is something else than it is: 259.
    Malformed,
    /// The connection breaks while it is sent: 262.
    Network,
    /// The client gives up: 263.
    Abandon,
    /// Its check does not match: 264.
    Encryption,
}

/// What follows an accept.
#[derive(Clone)]
pub enum Then {
    /// Log on with this password.
    LogOn {
        /// The password.
        password: String,
        /// Stay logged on instead of logging off again.
        stay: bool,
    },
    /// Close the logon screen: nothing is validated (PD-08).
    Cancel,
    /// Leave the logon screen up; the server ends it after ten lab minutes.
    Wait,
}

/// What a visit came to.
#[derive(Clone, Debug, Serialize)]
pub struct Visited {
    /// The license that the device chose to present; none is "new license please".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presented: Option<Presented>,
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Answer,
}

/// The license that a device presented.
#[derive(Clone, Debug, Serialize)]
pub struct Presented {
    /// Where it lay in the store.
    pub slot: Slot,
    /// What it says; none if it cannot be read.
    pub cal: Option<Cal>,
}

/// The terminal server's answer, and what became of the session.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum Answer {
    /// Admitted.
    Accepted {
        /// What the server answered.
        connected: Box<Connected>,
        /// Where the license that came with it was stored.
        #[serde(skip_serializing_if = "Option::is_none")]
        stored: Option<Slot>,
        /// What became of the session.
        logon: Logon,
    },
    /// Denied: `problem.denial` has code, text, event and trace.
    Denied {
        /// The answer.
        problem: Box<Problem>,
    },
}

/// What became of a session.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "logon", rename_all = "kebab-case")]
pub enum Logon {
    /// Logged on; and off again, unless the visitor stays.
    LoggedOn {
        /// What the server answered.
        answer: LoggedOn,
        /// Still logged on.
        stays: bool,
    },
    /// Wrong password or no such account: the session is over.
    Failed {
        /// What the server answered.
        problem: Box<Problem>,
    },
    /// Cancelled at the logon screen.
    Cancelled,
    /// The logon screen is up.
    Waiting,
}

/// What a terminal server asks clients' stores for. The same for every connection, so many devices need it only once.
///
/// # Errors
/// A server that does not answer.
pub async fn license_request(server: &Client) -> Result<LicenseRequest, ClientError> {
    server.get("/license-request").await
}

/// A device connects, stores what it is sent, and does what `visit` says.
///
/// A denial is an answer, not an error. The device is changed, not saved.
///
/// # Errors
/// A server that does not answer, or refuses the request itself.
pub async fn connect(server: &Client, asked: &LicenseRequest, device: &mut Device, visit: &Visit) -> Result<Visited, ClientError> {
    if !device.open_store(visit.elevated) {
        return Ok(Visited { presented: None, verdict: client_side(Breach::StoreNotWritable) });
    }
    let request = random::request_id();
    let now = visit.now.unwrap_or(asked.at);
    let hardware_id = device.hardware_id(random::bytes);
    let chosen = device.present(asked, now);
    let presented = chosen.map(|(slot, license)| Presented { slot, cal: license.read() });
    let body = ConnectRequest {
        request,
        device: device.name.clone(),
        user: visit.user.clone(),
        hardware_id,
        platform: device.platform,
        admin: visit.admin,
        license: chosen.map(|(_, license)| license.license.clone()),
        message: None,
    };
    let body = ConnectRequest { message: visit.mishap.map(|mishap| envelope(mishap, &body)), ..body };
    if visit.mishap == Some(Mishap::Network) {
        server.break_off("/connections", &body).await?;
        return Ok(Visited { presented, verdict: client_side(Breach::Network) });
    }
    let verdict = match server.post::<Connected>("/connections", &body).await {
        Ok(connected) => admitted(server, asked, device, visit, connected).await?,
        Err(ClientError::Problem(problem)) if problem.code == ProblemCode::Denied => Answer::Denied { problem: Box::new(problem) },
        Err(ClientError::Problem(problem)) if problem.code == ProblemCode::Internal => client_side(Breach::Internal),
        Err(error) => return Err(error),
    };
    Ok(Visited { presented, verdict })
}

/// The envelope of a message with which something is wrong.
fn envelope(mishap: Mishap, body: &ConnectRequest) -> LicensingMessage {
    let (right, wrong) = match body.license {
        Some(_) => (MessageKind::LicenseInfo, MessageKind::NewLicenseRequest),
        None => (MessageKind::NewLicenseRequest, MessageKind::LicenseInfo),
    };
    match mishap {
        Mishap::Malformed => LicensingMessage { kind: wrong, check: None },
        Mishap::Abandon => LicensingMessage { kind: MessageKind::ErrorAlert, check: None },
        Mishap::Network => LicensingMessage { kind: right, check: None },
        // The check of another message.
        Mishap::Encryption => LicensingMessage { kind: right, check: Some(LicensingMessage::check_of(body.hardware_id, Some("another"))) },
    }
}

/// An end of the exchange that only the client knows of.
fn client_side(breach: Breach) -> Answer {
    let text = breach.text().to_owned();
    let detail = breach.code().map_or_else(|| text.clone(), |code| format!("{code}: {text}"));
    let mut problem = Problem::new(ProblemCode::Denied, detail).under(&[breach.rule()]);
    let trace = vec![TraceStep::new(breach.rule(), breach.facts())];
    problem.denial =
        Some(Box::new(Denied { reason: Denial::Exchange(breach), code: breach.code(), text, event: None, rule: breach.rule(), trace }));
    Answer::Denied { problem: Box::new(problem) }
}

async fn admitted(
    server: &Client,
    asked: &LicenseRequest,
    device: &mut Device,
    visit: &Visit,
    connected: Connected,
) -> Result<Answer, ClientError> {
    device.last_seen = device.last_seen.max(Some(connected.at));
    let stored = connected.license.as_ref().map(|granted| device.store(granted.token.clone(), asked));
    let path = |action: &str| format!("/sessions/{}/{action}", connected.session);
    let logon = match &visit.then {
        Then::LogOn { password, stay } => {
            let body = LogonRequest { user: visit.user.clone(), password: password.clone() };
            match patiently(server, &path("logon"), &body).await {
                Ok(answer) => {
                    if !*stay {
                        server.act::<()>(&path("logoff")).await?;
                    }
                    Logon::LoggedOn { answer, stays: *stay }
                }
                Err(ClientError::Problem(problem)) if problem.code == ProblemCode::LogonFailed => {
                    Logon::Failed { problem: Box::new(problem) }
                }
                Err(error) => return Err(error),
            }
        }
        Then::Cancel => {
            server.act::<()>(&path("cancel")).await?;
            Logon::Cancelled
        }
        Then::Wait => Logon::Waiting,
    };
    Ok(Answer::Accepted { connected: Box::new(connected), stored, logon })
}

/// A logon; where too many passwords are being checked at once, again as often as a person would.
async fn patiently(server: &Client, path: &str, body: &LogonRequest) -> Result<LoggedOn, ClientError> {
    for _ in 1..LOGON_TRIES {
        match server.post(path, body).await {
            Err(ClientError::Problem(problem)) if problem.code == ProblemCode::Crowded => {
                let seconds = problem.retry_after_s.unwrap_or(1).min(RETRY_SECONDS_MAX);
                tokio::time::sleep(std::time::Duration::from_secs(u64::from(seconds))).await;
            }
            answered => return answered,
        }
    }
    server.post(path, body).await
}

/// How often a logon is tried while the server is crowded.
const LOGON_TRIES: usize = 10;
/// The longest wait between two tries.
const RETRY_SECONDS_MAX: u32 = 5;

impl std::fmt::Debug for Then {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Then::LogOn { stay, .. } => formatter.debug_struct("LogOn").field("stay", stay).finish_non_exhaustive(),
            Then::Cancel => formatter.write_str("Cancel"),
            Then::Wait => formatter.write_str("Wait"),
        }
    }
}
