//! What can be read from a terminal server's state.

use super::{Account, Enrolled, Node, OpenSession, Refusal, Server};
use crate::model::{LabTime, ServerName, SessionId, UserName};
use crate::policy::grace::{self, Grace, GraceFacts, Notice};
use crate::policy::protocol;
use crate::wire::terminal_server::{
    AccountRow, CertificateState, CertificateView, GraceEnded, GraceView, LicenseServerRow, Settings, VerdictCount,
};

impl Node {
    /// Who this server is, once it has said so.
    pub(super) fn started(&self) -> Result<&Server, Refusal> {
        self.server.as_ref().ok_or(Refusal::NotStarted)
    }

    /// Who this server is; none before its first start.
    #[must_use]
    pub fn server(&self) -> Option<&Server> {
        self.server.as_ref()
    }

    /// Its settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its own certificate values (FT-12).
    #[must_use]
    pub fn certificate(&self) -> CertificateView {
        let state = self.faults.certificate;
        let there: &[&str] = match state {
            CertificateState::Whole | CertificateState::Damaged => &["Certificate", "X509 Certificate", "X509 Certificate ID"],
            CertificateState::Deleted => &[],
        };
        CertificateView { state, values: there.iter().map(|value| (*value).to_owned()).collect() }
    }

    /// How grace stands (GR-10).
    #[must_use]
    pub fn grace_view(&self, now: LabTime) -> Option<GraceView> {
        let terms = self.server.as_ref()?.terms();
        let policy = self.settings.grace_end;
        let facts = self.grace_facts();
        let early = grace::early_end(&facts, policy);
        let standing = self.grace_now(now);
        Some(GraceView {
            // Windows NT 4.0 has no grace.
            running: standing.is_running() && !self.is_own_license_manager(),
            days_left: grace::days_left(&facts, policy, terms, now),
            began_at: facts.began_at,
            ends_at: grace::full_term_end(&facts, terms),
            ended: early.filter(|_| !standing.is_running()).map(|(at, rule)| GraceEnded { at, rule }),
            marker: facts.first_permanent_at.is_some(),
            policy,
        })
    }

    /// What bears on grace, with the beginning that counts here (CON-02).
    pub(super) fn grace_facts(&self) -> GraceFacts {
        grace::begun_by(&self.grace, self.settings.grace_start)
    }

    pub(super) fn grace_now(&self, now: LabTime) -> Grace {
        match &self.server {
            Some(server) => grace::grace_at(&self.grace_facts(), self.settings.grace_end, server.terms(), now),
            None => Grace::Running { ends_at: None },
        }
    }

    /// The balloon that an administrator sees at such a moment (section 10).
    #[must_use]
    pub fn admin_balloon(&self, now: LabTime) -> Option<&'static str> {
        let generation = self.server.as_ref()?.generation;
        protocol::admin_balloon(generation, !self.grace_now(now).is_running(), self.grace.located_at.is_some())
    }

    pub(super) fn next_notice(&self) -> Option<(LabTime, Notice)> {
        let licensed = self.settings.application_mode && !self.is_own_license_manager();
        let server = self.server.as_ref().filter(|_| licensed)?;
        grace::next_notice(&self.grace_facts(), self.settings.grace_end, server.terms())
    }

    /// The account of this name.
    #[must_use]
    pub fn account(&self, name: &UserName) -> Option<&Account> {
        self.accounts.get(name)
    }

    /// All accounts, without their hashes.
    #[must_use]
    pub fn accounts(&self) -> Vec<AccountRow> {
        self.accounts.iter().map(|(name, account)| AccountRow { name: name.clone(), administrator: account.administrator }).collect()
    }

    /// The lab's root, PEM, and its fingerprint.
    #[must_use]
    pub fn root(&self) -> Option<(&str, &str)> {
        self.root.as_ref().map(|(pem, fingerprint)| (pem.as_str(), fingerprint.as_str()))
    }

    /// An enrolled license server.
    #[must_use]
    pub fn license_server(&self, name: &ServerName) -> Option<&Enrolled> {
        self.license_servers.get(name)
    }

    /// All enrolled license servers.
    pub fn enrolled(&self) -> impl Iterator<Item = (&ServerName, &Enrolled)> {
        self.license_servers.iter()
    }

    /// The servers to ask, in order.
    #[must_use]
    pub fn listed(&self) -> &[ServerName] {
        &self.list
    }

    /// The enrolled license servers as the list shows them: those that are asked, in order, then the others.
    #[must_use]
    pub fn license_server_rows(&self, now: LabTime) -> Vec<LicenseServerRow> {
        let asked = self.asked();
        let others = self.license_servers.keys().filter(|name| !asked.contains(name));
        let row = |name: &ServerName| {
            self.license_servers.get(name).map(|enrolled| LicenseServerRow {
                name: name.clone(),
                key: enrolled.key,
                url: enrolled.url.clone(),
                listed: self.list.contains(name),
                found: self.found_by(name),
                current: self.current.as_ref() == Some(name),
                silent_until: self.silent.get(name).copied().filter(|until| now < *until),
            })
        };
        asked.iter().chain(others).filter_map(row).collect()
    }

    /// A session that has not ended.
    #[must_use]
    pub fn open_session(&self, id: &SessionId) -> Option<&OpenSession> {
        self.open.get(id)
    }

    /// All sessions that have not ended, newest first.
    pub fn open_sessions(&self) -> impl Iterator<Item = &OpenSession> {
        self.by_entry.values().rev().filter_map(|id| self.open.get(id))
    }

    /// How often each rule decided.
    #[must_use]
    pub fn verdict_counts(&self) -> Vec<VerdictCount> {
        self.counts.iter().map(|(rule, count)| VerdictCount { rule: *rule, count: *count }).collect()
    }
}
