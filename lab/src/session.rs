//! One visit of a client device at a terminal server: license exchange, logon, log-off (SPEC 4.3).

use chassis::random;
use serde::Serialize;
use shared::model::{Cal, LabTime, UserName};
use shared::wire::problem::{Problem, ProblemCode};
use shared::wire::terminal_server::{ConnectRequest, Connected, LicenseRequest, LoggedOn, LogonRequest};

use crate::api::Api;
use crate::device::{Device, Slot};
use crate::failure::Failure;

/// Who comes, and what is done once the logon screen is up.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The account; the client names it before any logon.
    pub user: UserName,
    /// The client's `/admin` switch (PD-24).
    pub admin: bool,
    /// Lab time, where the caller knows it better than the license request, which may have been asked for earlier.
    pub now: Option<LabTime>,
    /// What follows an accept.
    pub then: Then,
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
pub async fn license_request(server: &Api) -> Result<LicenseRequest, Failure> {
    server.get("/license-request").await
}

/// A device connects, stores what it is sent, and does what `visit` says.
///
/// A denial is an answer, not an error. The device is changed, not saved.
///
/// # Errors
/// A server that does not answer, or refuses the request itself.
pub async fn connect(server: &Api, asked: &LicenseRequest, device: &mut Device, visit: &Visit) -> Result<Visited, Failure> {
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
    };
    let verdict = match server.post::<_, Connected>("/connections", &body).await {
        Ok(connected) => admitted(server, asked, device, visit, connected).await?,
        Err(Failure::Problem(problem)) if problem.code == ProblemCode::Denied => Answer::Denied { problem },
        Err(failure) => return Err(failure),
    };
    Ok(Visited { presented, verdict })
}

async fn admitted(
    server: &Api,
    asked: &LicenseRequest,
    device: &mut Device,
    visit: &Visit,
    connected: Connected,
) -> Result<Answer, Failure> {
    device.last_seen = device.last_seen.max(Some(connected.at));
    let stored = connected.license.as_ref().map(|granted| device.store(granted.token.clone(), asked));
    let path = |action: &str| format!("/sessions/{}/{action}", connected.session);
    let logon = match &visit.then {
        Then::LogOn { password, stay } => {
            let body = LogonRequest { user: visit.user.clone(), password: password.clone() };
            match server.post::<_, LoggedOn>(&path("logon"), &body).await {
                Ok(answer) => {
                    if !*stay {
                        server.act(&path("logoff")).await?;
                    }
                    Logon::LoggedOn { answer, stays: *stay }
                }
                Err(Failure::Problem(problem)) if problem.code == ProblemCode::LogonFailed => Logon::Failed { problem },
                Err(failure) => return Err(failure),
            }
        }
        Then::Cancel => {
            server.act(&path("cancel")).await?;
            Logon::Cancelled
        }
        Then::Wait => Logon::Waiting,
    };
    Ok(Answer::Accepted { connected: Box::new(connected), stored, logon })
}

impl std::fmt::Debug for Then {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Then::LogOn { stay, .. } => formatter.debug_struct("LogOn").field("stay", stay).finish_non_exhaustive(),
            Then::Cancel => formatter.write_str("Cancel"),
            Then::Wait => formatter.write_str("Wait"),
        }
    }
}
