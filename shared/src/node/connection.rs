//! A connection as a value: it is stepped from question to question until it can be judged.
//!
//! Whoever carries it asks what [`Node::step`] says, puts what came back in with [`Connection::hear`], and steps again. No
//! lock is held while a server is asked; the verdict is decided on the state of that later moment.

use super::{Node, Server};
use crate::model::Breach;
use crate::model::{Cal, DeviceName, HardwareId, LabTime, Platform, ProductVersion, RequestId, ServerName, Span, TraceStep, UserName};
use crate::policy::admission::{self, Assessment, Circumstances, Holding, Presented};
use crate::policy::asking;
use crate::policy::built_in;
use crate::policy::modes::{self, Mode};
use crate::policy::verdict::Admitted;
use crate::wire::license_server::{DeclineReason, HowIssued, Inquiry};
use crate::wire::terminal_server::{CertificateState, GrantedLicense};

/// Who is at the door and what they show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The connection's id.
    pub request: RequestId,
    /// The device's name.
    pub device: DeviceName,
    /// The user as the client says.
    pub user: UserName,
    /// The client's system.
    pub platform: Platform,
    /// The device's hardware id.
    pub hardware_id: HardwareId,
    /// The client's `/admin` switch.
    pub admin: bool,
    /// What it presented, once its proof was looked at.
    pub presented: Presented,
    /// The license as it was presented.
    pub token: Option<String>,
    /// What was wrong with the licensing message itself (section 10).
    pub breach: Option<Breach>,
}

/// What one license server said, or did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// No answer in time, connection refused, a failure, or an answer that does not verify.
    Silence {
        /// Which of them.
        reason: String,
    },
    /// It is older than the version asked for (VC-02).
    TooOld {
        /// Its version.
        version: ProductVersion,
    },
    /// It has nothing for this device.
    Declined {
        /// Why.
        reason: DeclineReason,
        /// The rules that led to it.
        rules: Vec<TraceStep>,
        /// Whether it is activated.
        activated: bool,
    },
    /// A license.
    Issued {
        /// What it says.
        cal: Cal,
        /// Its signed form.
        token: String,
        /// How it came about.
        how: HowIssued,
        /// The rules that led to it.
        rules: Vec<TraceStep>,
        /// Whether the server is activated.
        activated: bool,
    },
    /// It is within reach (PU-02, GR-11).
    Contacted {
        /// Whether it is activated.
        activated: bool,
    },
}

/// One license server's part in a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The server.
    pub server: ServerName,
    /// The version that it was asked for.
    pub version: ProductVersion,
    /// What it said.
    pub said: Said,
}

impl Heard {
    /// Whether it answered as a usable server, with its activation (GR-11).
    #[must_use]
    pub fn located(&self) -> Option<bool> {
        match &self.said {
            Said::Silence { .. } | Said::TooOld { .. } => None,
            Said::Declined { activated, .. } | Said::Issued { activated, .. } | Said::Contacted { activated } => Some(*activated),
        }
    }

    /// Whether it was silent.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        matches!(self.said, Said::Silence { .. })
    }
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask this license server for a license.
    Inquire {
        /// Whom.
        server: ServerName,
        /// What.
        inquiry: Box<Inquiry>,
    },
    /// See whether this license server is within reach (PU-02).
    Contact {
        /// Whom.
        server: ServerName,
        /// The version that it must serve.
        version: ProductVersion,
    },
    /// Nobody need be asked any more.
    Judge,
}

/// A connection on its way to a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    pub(super) arrival: Arrival,
    pub(super) heard: Vec<Heard>,
}

impl Connection {
    /// A connection that has just arrived.
    #[must_use]
    pub fn new(arrival: Arrival) -> Self {
        Self { arrival, heard: Vec::new() }
    }

    /// The connection's id.
    #[must_use]
    pub fn request(&self) -> &RequestId {
        &self.arrival.request
    }

    pub(super) fn arrival(&self) -> &Arrival {
        &self.arrival
    }

    /// Takes in what a license server said.
    pub fn hear(&mut self, heard: Heard) {
        self.heard.push(heard);
    }

    /// The license that a client is given which is let in so.
    pub(super) fn granted(&self, admitted: Admitted) -> Option<GrantedLicense> {
        match admitted {
            Admitted::New | Admitted::Upgraded => self.issued(),
            Admitted::HandedBack => self.issued().or_else(|| self.presented()),
            Admitted::Sufficient
            | Admitted::InGrace
            | Admitted::PerUser
            | Admitted::ModeNotChosen
            | Admitted::Administration
            | Admitted::Anonymous
            | Admitted::KeepsItsOwn
            | Admitted::Untracked => None,
        }
    }

    /// The genuine license that it presented.
    pub(super) fn presented(&self) -> Option<GrantedLicense> {
        match (&self.arrival.presented, &self.arrival.token) {
            (Presented::License(cal), Some(token)) => Some(GrantedLicense { token: token.clone(), cal: cal.clone() }),
            _ => None,
        }
    }

    fn issued(&self) -> Option<GrantedLicense> {
        self.heard.iter().find_map(|heard| match &heard.said {
            Said::Issued { cal, token, .. } => Some(GrantedLicense { token: token.clone(), cal: cal.clone() }),
            Said::Silence { .. } | Said::TooOld { .. } | Said::Declined { .. } | Said::Contacted { .. } => None,
        })
    }

    /// Whether a license server gave a license.
    pub(super) fn is_given_one(&self) -> bool {
        self.issued().is_some()
    }

    /// What was heard to a question for this version.
    pub(super) fn heard_for(&self, version: ProductVersion) -> impl Iterator<Item = &Heard> {
        self.heard.iter().filter(move |heard| heard.version == version)
    }
}

/// The question that a connection stands at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) version: ProductVersion,
    pub(super) holding: Holding,
}

impl Node {
    /// What comes next for this connection at this moment.
    #[must_use]
    pub fn step(&self, connection: &Connection, now: LabTime) -> Step {
        let Some(server) = &self.server else { return Step::Judge };
        if self.breach(connection).is_some() || self.mode_not_chosen(server, connection) {
            return Step::Judge;
        }
        match self.assess(server, connection, now, &mut Vec::new()) {
            Assessment::Workstation
            | Assessment::Administration
            | Assessment::InternetConnector
            | Assessment::Refused { .. }
            | Assessment::Sufficient(_) => Step::Judge,
            Assessment::PerUser if self.settings.per_user_temporaries => {
                let question = Question { version: server.version(), holding: Holding::Nothing };
                self.next_inquiry(server, connection, &question, now)
            }
            Assessment::PerUser => self.next_contact(server, connection, now),
            Assessment::Ask { version, holding } => {
                let question = self.question(server, connection, Question { version, holding }, now);
                self.next_inquiry(server, connection, &question, now)
            }
        }
    }

    /// W08-03: nobody is asked about a license while the mode is not chosen; administration never asks.
    pub(super) fn mode_not_chosen(&self, server: &Server, connection: &Connection) -> bool {
        let licensed = self.settings.application_mode && !connection.arrival.admin;
        licensed && modes::is_not_chosen(server.generation, self.settings.policy_ac_on)
    }

    /// What ends this connection before a license is looked at: the server's own fault first, then the message's.
    pub(super) fn breach(&self, connection: &Connection) -> Option<Breach> {
        let own = match (self.faults.certificate, self.faults.internal) {
            (CertificateState::Damaged | CertificateState::Deleted, _) => Some(Breach::ServerCertificate),
            (CertificateState::Whole, true) => Some(Breach::Internal),
            (CertificateState::Whole, false) => None,
        };
        own.or(connection.arrival.breach)
    }

    pub(super) fn assess(&self, server: &Server, connection: &Connection, now: LabTime, trace: &mut Vec<TraceStep>) -> Assessment {
        let circumstances = Circumstances {
            now,
            version: server.version(),
            terms: server.terms(),
            application_mode: self.settings.application_mode,
            internet_connector: self.settings.internet_connector,
            mode: self.mode(),
            lenient_invalid: self.settings.lenient_invalid,
            not_before_tolerance: Span::seconds(i64::from(self.settings.not_before_tolerance_s)),
            admin: connection.arrival.admin,
            hardware_id: connection.arrival.hardware_id,
            built_in: built_in::covers(server.generation, connection.arrival.platform, server.version()),
        };
        admission::assess(&connection.arrival.presented, &circumstances, trace)
    }

    pub(super) fn mode(&self) -> Mode {
        modes::mode(self.settings.policy_ac_on)
    }

    /// PD-20: where no license server can serve a newer license's version and it no longer holds, it counts as nothing.
    pub(super) fn question(&self, server: &Server, connection: &Connection, first: Question, now: LabTime) -> Question {
        let newer = first.version > server.version();
        let holds = first.holding.cal().is_some_and(|cal| cal.holds_at(now));
        let answered = connection.heard_for(first.version).any(|heard| heard.located().is_some());
        let too_old = connection.heard_for(first.version).any(|heard| matches!(heard.said, Said::TooOld { .. }));
        let exhausted = self.next_server(connection, &first, now).is_none();
        if newer && !holds && !answered && too_old && exhausted {
            return Question { version: server.version(), holding: Holding::Nothing };
        }
        first
    }

    /// SPEC 4.3 step 4: an answer ends the round; silence and skips move on to the next server.
    fn next_inquiry(&self, server: &Server, connection: &Connection, question: &Question, now: LabTime) -> Step {
        if connection.heard_for(question.version).any(|heard| heard.located().is_some()) {
            return Step::Judge;
        }
        let Some(asked) = self.next_server(connection, question, now) else { return Step::Judge };
        let arrival = &connection.arrival;
        let inquiry = Inquiry {
            request: arrival.request.clone(),
            version: question.version,
            generation: server.generation,
            platform: arrival.platform,
            device: arrival.device.clone(),
            user: arrival.user.clone(),
            hardware_id: arrival.hardware_id,
            presented: question.holding.cal().and(arrival.token.clone()),
            // CON-11: what is given per user is never upgraded.
            temporary_only: matches!(self.mode(), Mode::TemporariesOnly | Mode::PerUser),
        };
        Step::Inquire { server: asked, inquiry: Box::new(inquiry) }
    }

    fn next_server(&self, connection: &Connection, question: &Question, now: LabTime) -> Option<ServerName> {
        let issuer = question.holding.renewal_issuer();
        let order = asking::order(issuer, self.current.as_ref(), &self.asked(), &self.silent, now);
        order.into_iter().find(|server| connection.heard_for(question.version).all(|heard| heard.server != *server))
    }

    /// PU-02: somebody must be within reach, once grace is over.
    fn next_contact(&self, server: &Server, connection: &Connection, now: LabTime) -> Step {
        if self.grace_now(now).is_running() || connection.heard.iter().any(|heard| heard.located().is_some()) {
            return Step::Judge;
        }
        let order = asking::order(None, self.current.as_ref(), &self.asked(), &self.silent, now);
        let next = order.into_iter().find(|name| connection.heard.iter().all(|heard| heard.server != *name));
        next.map_or(Step::Judge, |name| Step::Contact { server: name, version: server.version() })
    }
}
