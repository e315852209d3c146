//! Takes events in, keeps the indexes, writes the rows.

use super::verdict::{Outcome, Verdict};
use super::{Event, Node, OpenSession};
use crate::machine::{Machine, Moment, RowError, Rows};
use crate::model::{CalId, LabTime};
use crate::policy::verdict::Admitted;
use crate::rulebook;
use crate::wire::terminal_server::{Ending, Session, SessionState};

impl Machine for Node {
    const NAME: &'static str = "node";
    type Event = Event;
    type Refusal = super::Refusal;

    fn apply(&mut self, event: &Event, at: LabTime, rows: &mut Rows) {
        match event {
            Event::Founded(server) => {
                rows.put("server", server);
                self.server = Some(server.clone());
                self.grace.enabled_at = Some(at);
                rows.put("grace", &self.grace);
            }
            Event::ServersHeard { current, silent, answered } => {
                self.current.clone_from(current);
                self.silent.extend(silent.iter().map(|(name, until)| (name.clone(), *until)));
                if let Some(name) = answered {
                    self.silent.remove(name);
                }
                rows.put("current", &self.current);
                rows.put("silent", &self.silent);
            }
            Event::Located { activated, .. } => {
                self.grace.located_at = self.grace.located_at.or(Some(at));
                self.grace.activated_located_at = self.grace.activated_located_at.or(activated.then_some(at));
                rows.put("grace", &self.grace);
            }
            Event::GraceBegan => {
                self.grace.began_at = Some(at);
                rows.put("grace", &self.grace);
            }
            Event::FirstPermanent => {
                self.grace.first_permanent_at = Some(at);
                rows.put("grace", &self.grace);
            }
            Event::GraceNotice { .. } => {
                self.grace.last_notice_at = Some(at);
                rows.put("grace", &self.grace);
                rows.list("log");
            }
            Event::Judged { verdict, session } => self.keep_verdict(verdict, session.as_ref(), rows),
            Event::Logged(_) => rows.list("log"),
            Event::LoggedOn { session, user, .. } => self.log_on(*session, user, at, rows),
            Event::RunEnded => self.end_run(at, rows),
            Event::SessionEnded { session } => self.end(session, at, rows),
            Event::SettingsChanged { settings } => {
                rows.put("settings", settings);
                self.settings = settings.clone();
            }
            Event::FaultsChanged { faults } => {
                rows.put("faults", faults);
                self.faults = *faults;
            }
            Event::AccountSet { name, account } => {
                rows.put(format!("account/{name}"), account);
                self.accounts.insert(name.clone(), account.clone());
            }
            Event::AccountRemoved { name } => {
                rows.remove(format!("account/{name}"));
                self.accounts.remove(name);
            }
            Event::RootTrusted { pem, fingerprint } => {
                self.root = Some((pem.clone(), fingerprint.clone()));
                rows.put("root", &self.root);
            }
            Event::LicenseServerTrusted { name, enrolled } => {
                rows.put(format!("license-server/{name}"), enrolled);
                self.license_servers.insert(name.clone(), enrolled.clone());
                self.issuers.enrolled(name, enrolled.key);
                rows.put("issuers", &self.issuers);
            }
            Event::PeersKept { by, peers } => {
                self.issuers.kept(by, peers, at);
                rows.put("issuers", &self.issuers);
            }
            Event::LicenseServerForgotten { name, leaked } => {
                rows.remove(format!("license-server/{name}"));
                if let Some(enrolled) = self.license_servers.remove(name) {
                    self.issuers.forgotten(name, enrolled.key, *leaked, at);
                    rows.put("issuers", &self.issuers);
                }
                if self.current.as_ref() == Some(name) {
                    self.current = self.asked().first().cloned();
                    rows.put("current", &self.current);
                }
            }
            Event::LicenseServersListed { names } => {
                // SD-02: the current server is the first of the list.
                self.list.clone_from(names);
                self.current = self.asked().first().cloned();
                rows.put("list", &self.list);
                rows.put("current", &self.current);
            }
            Event::Network(event) => {
                self.apply_network(event, at);
                rows.put("network", &self.network);
                rows.put("current", &self.current);
            }
            Event::Workstation(event) => self.workstation.apply(event, rows),
        }
    }

    fn may_answer_early(event: &Event) -> bool {
        match event {
            Event::Judged { verdict, session } => {
                let limited = session.as_ref().is_some_and(|session| session.administrative || session.anonymous);
                let unchanged = |admitted: Admitted, license: Option<CalId>| admitted.leaves_licenses() && license.is_none();
                !limited && matches!(verdict.outcome, Outcome::Accepted { admitted, license, .. } if unchanged(admitted, license))
            }
            _ => false,
        }
    }

    fn next_due(&self) -> Option<LabTime> {
        let wait = self.waiting.first().map(|(until, _)| *until);
        let notice = self.next_notice().map(|(at, _)| at);
        [wait, notice].into_iter().flatten().min()
    }

    fn due(&self, moment: &mut Moment<'_>) -> Vec<Event> {
        super::decide::due(self, moment.now)
    }

    fn load(&mut self, key: &str, value: &[u8]) -> Result<(), RowError> {
        let (kind, rest) = key.split_once('/').unwrap_or((key, ""));
        match kind {
            "server" => self.server = Some(RowError::parse(key, value)?),
            "current" => self.current = RowError::parse(key, value)?,
            "silent" => self.silent = RowError::parse(key, value)?,
            "grace" => self.grace = RowError::parse(key, value)?,
            "settings" => self.settings = RowError::parse(key, value)?,
            "root" => self.root = RowError::parse(key, value)?,
            "faults" => self.faults = RowError::parse(key, value)?,
            "issuers" => self.issuers = RowError::parse(key, value)?,
            "list" => self.list = RowError::parse(key, value)?,
            "network" => self.network = RowError::parse(key, value)?,
            "person" => {
                let name = rest.parse().map_err(|error| RowError::new(key, error))?;
                self.people.insert(name, RowError::parse(key, value)?);
            }
            "nt4" => self.workstation.load(key, rest, value)?,
            "session" => self.keep_open(RowError::parse(key, value)?),
            "ended-runs" => self.left_over.load(value)?,
            "failed-logons" => self.failed_logons.load(key, rest, value)?,
            "account" => {
                let name = rest.parse().map_err(|error| RowError::new(key, error))?;
                self.accounts.insert(name, RowError::parse(key, value)?);
            }
            "license-server" => {
                let name = rest.parse().map_err(|error| RowError::new(key, error))?;
                self.license_servers.insert(name, RowError::parse(key, value)?);
            }
            "count" => {
                let rule = rulebook::id(rest).ok_or_else(|| RowError::new(key, "no such rule"))?;
                self.counts.insert(rule, RowError::parse(key, value)?);
            }
            _ => return Err(RowError::new(key, "no such kind of row")),
        }
        Ok(())
    }
}

impl Node {
    fn keep_verdict(&mut self, verdict: &Verdict, session: Option<&Session>, rows: &mut Rows) {
        rows.list("verdicts");
        let count = self.counts.entry(verdict.rule).or_default();
        *count += 1;
        rows.put(format!("count/{}", verdict.rule), count);
        if let Some(session) = session {
            let open = OpenSession { session: session.clone(), entry: rows.entry() };
            rows.put(format!("session/{}", session.id), &open);
            self.keep_open(open);
        }
    }

    fn keep_open(&mut self, open: OpenSession) {
        if self.left_over.covers(open.entry) {
            self.left_over.keep(open);
            return;
        }
        if open.session.state == SessionState::WaitingForLogon {
            self.waiting.insert(self.wait_of(&open.session));
        }
        self.administrative += usize::from(open.session.administrative);
        self.anonymous += usize::from(open.session.anonymous);
        self.by_entry.insert(open.entry, open.session.id);
        self.open.insert(open.session.id, open);
    }

    fn log_on(&mut self, id: crate::model::SessionId, user: &crate::model::UserName, at: LabTime, rows: &mut Rows) {
        let Some(mut open) = self.open.remove(&id) else { return };
        self.waiting.remove(&self.wait_of(&open.session));
        open.session.user = user.clone();
        open.session.state = SessionState::Active { since: at };
        rows.put(format!("session/{id}"), &open);
        self.note_person(&open.session, at, rows);
        self.open.insert(id, open);
    }

    fn end(&mut self, session: &Session, at: LabTime, rows: &mut Rows) {
        rows.list("sessions");
        if let SessionState::Ended { how: Ending::LogonFailed | Ending::TooManyFailedLogons, .. } = session.state {
            self.failed_logons.note(&session.device, at, rows);
        }
        rows.remove(format!("session/{}", session.id));
        if let Some(open) = self.open.remove(&session.id) {
            self.by_entry.remove(&open.entry);
            self.waiting.remove(&self.wait_of(session));
            self.administrative = self.administrative.saturating_sub(usize::from(session.administrative));
            self.anonymous = self.anonymous.saturating_sub(usize::from(session.anonymous));
        } else {
            self.left_over.remove(session, rows);
        }
    }

    fn wait_of(&self, session: &Session) -> (LabTime, crate::model::SessionId) {
        let wait = crate::policy::terms::LOGON_WAIT;
        (session.opened_at + wait, session.id)
    }
}
