//! The one seam at which a service asks a directory. Behind it stands the lab's own small one, or none; a real Active Directory
//! would be one more variant.

use shared::model::{LicensingSet, RequestId, UserName};
use shared::wire::common::Sorted;
use shared::wire::directory::{
    DirectoryStanding, DiscoveryAnswer, DiscoveryQuery, LogonAnswer, LogonCheck, NumberedSet, Publication, ReportScope, TrustDirectory,
    UserLicense, UserLicenseAnswer, UserRow,
};
use shared::wire::problem::{Problem, ProblemCode};

use crate::client::{CallError, Peer, ServiceClient};
use crate::http::Method;
use crate::random;

/// Whom a service asks about domains.
#[derive(Clone, Debug)]
pub enum Directory {
    /// Nobody: it is a member of a workgroup or of an NT 4.0 domain, or was told of no directory.
    None,
    /// The lab's own directory.
    Embedded {
        /// The service's way of calling others.
        client: ServiceClient,
        /// Where the directory is.
        peer: Peer,
    },
}

/// Why the directory gave no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NoAnswer {
    /// There is none.
    #[error("there is no directory here")]
    NoDirectory,
    /// It was silent, or said no.
    #[error("{0}")]
    Silent(String),
    /// It has too many passwords to check; asked again it will answer.
    #[error(transparent)]
    Crowded(Box<Problem>),
}

impl Directory {
    /// The directory that a server was told of, or none.
    #[must_use]
    pub fn of(known: Option<&TrustDirectory>, client: &ServiceClient) -> Self {
        match known {
            None => Directory::None,
            Some(known) => Directory::Embedded { client: client.clone(), peer: Peer { url: known.url.clone(), key: known.key } },
        }
    }

    /// Whether there is one.
    #[must_use]
    pub fn is_there(&self) -> bool {
        !matches!(self, Directory::None)
    }

    /// DI-02, DI-03, DI-21: the controllers of a domain, and what its site's object names.
    ///
    /// # Errors
    /// As every question: no directory, or no answer.
    pub async fn discovery(&self, query: &DiscoveryQuery) -> Result<DiscoveryAnswer, NoAnswer> {
        self.call(Method::Post, "/discovery", query).await
    }

    /// Whether this is the user's password, and whether the user is an administrator.
    ///
    /// # Errors
    /// As [`Directory::discovery`].
    pub async fn log_on(&self, user: &UserName, password: &str) -> Result<LogonAnswer, NoAnswer> {
        let check = LogonCheck { user: user.clone(), password: password.to_owned() };
        self.call(Method::Post, "/logons", &check).await
    }

    /// DI-23: publishes the caller in a site, or takes it from every one.
    ///
    /// # Errors
    /// As [`Directory::discovery`].
    pub async fn publish(&self, publication: &Publication) -> Result<DirectoryStanding, NoAnswer> {
        self.call(Method::Put, "/publication", publication).await
    }

    /// TL-08: where the directory knows the caller.
    ///
    /// # Errors
    /// As [`Directory::discovery`].
    pub async fn standing(&self) -> Result<DirectoryStanding, NoAnswer> {
        let (client, peer) = self.reach()?;
        client.ask(peer, &random::request_id(), "/membership").await.map_err(silent)
    }

    /// W08-04: a user's licensing attributes; none where there is no such user.
    ///
    /// # Errors
    /// As [`Directory::discovery`].
    pub async fn licensing(&self, user: &UserName) -> Result<Option<Vec<LicensingSet>>, NoAnswer> {
        let asked = UserLicense { user: user.clone(), write: None };
        match self.call(Method::Post, "/user-licenses", &asked).await? {
            UserLicenseAnswer::Stands { licensing } => Ok(Some(licensing)),
            UserLicenseAnswer::NoSuchUser | UserLicenseAnswer::NotInGroup => Ok(None),
        }
    }

    /// W08-04, W08-05: writes one set of them; false where the caller may not.
    ///
    /// # Errors
    /// As [`Directory::discovery`].
    pub async fn license(&self, user: &UserName, number: u8, set: LicensingSet) -> Result<bool, NoAnswer> {
        let asked = UserLicense { user: user.clone(), write: Some(NumberedSet { number, set }) };
        let answer: UserLicenseAnswer = self.call(Method::Post, "/user-licenses", &asked).await?;
        Ok(matches!(answer, UserLicenseAnswer::Stands { .. }))
    }

    /// TL-07: the users that a report is about.
    ///
    /// # Errors
    /// As [`Directory::discovery`].
    pub async fn users(&self, scope: &ReportScope) -> Result<Vec<UserRow>, NoAnswer> {
        let mut users: Vec<UserRow> = Vec::new();
        let mut path = format!("/user-lists?limit={USERS_AT_ONCE}");
        for _ in 0..USER_PAGES_MAX {
            let page: Sorted<UserRow> = self.call(Method::Post, &path, scope).await?;
            users.extend(page.items);
            let Some(next) = page.next else { return Ok(users) };
            path = format!("/user-lists?limit={USERS_AT_ONCE}&after={}", in_query(&next));
        }
        Err(NoAnswer::Silent(format!("it has more than {} users in that scope", users.len())))
    }

    async fn call<T: serde::de::DeserializeOwned>(&self, method: Method, path: &str, body: &impl serde::Serialize) -> Result<T, NoAnswer> {
        let (client, peer) = self.reach()?;
        let request: RequestId = random::request_id();
        client.call(peer, &request, method, path, body).await.map_err(silent)
    }

    fn reach(&self) -> Result<(&ServiceClient, &Peer), NoAnswer> {
        match self {
            Directory::None => Err(NoAnswer::NoDirectory),
            Directory::Embedded { client, peer } => Ok((client, peer)),
        }
    }
}

/// Text as it may stand in a query.
fn in_query(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let escaped = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(escaped).collect()
}

/// How many users a page holds: a page stays well below what a call takes as an answer.
const USERS_AT_ONCE: u32 = 500;
/// How many pages are turned: half a million users.
const USER_PAGES_MAX: u32 = 1000;

fn silent(error: CallError) -> NoAnswer {
    match error {
        CallError::Problem(problem) if problem.code == ProblemCode::Crowded => NoAnswer::Crowded(Box::new(problem)),
        CallError::Problem(_) | CallError::Silence(_) => NoAnswer::Silent(error.to_string()),
    }
}
