//! Who may log on: the accounts of this server's own short list, and for `DOMAIN\user` the directory. [`Accounts::check`] is the
//! one seam at which a logon is decided.

use chassis::client::ServiceClient;
use chassis::directory::{Directory, NoAnswer};
use chassis::engine::Engine;
use chassis::passwords::PasswordCheck;
use shared::model::UserName;
use shared::node::Node;
use shared::wire::directory::LogonAnswer;
use shared::wire::problem::Problem;

/// What became of a logon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    /// The password is the account's own.
    Right(Account),
    /// It is not, or there is no such account.
    Wrong,
    /// Nobody could tell: the directory was silent. It lets nobody in.
    Unknown,
}

/// Everybody who may log on here.
pub(crate) struct Accounts {
    engine: Engine<Node>,
    client: ServiceClient,
    passwords: PasswordCheck,
}

/// An account whose password was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// Whether it is an administrator's.
    pub(crate) administrator: bool,
}

impl Accounts {
    pub(crate) fn new(engine: Engine<Node>, client: ServiceClient, passwords: PasswordCheck) -> Self {
        Self { engine, client, passwords }
    }

    /// Whether there is such an account and the password is its own. An account of this server's own list goes before one of the same
    /// name in the directory. A name that neither knows takes the same work as one that is known.
    pub(crate) async fn check(&self, user: &UserName, password: &str) -> Result<Checked, Problem> {
        let looked = self.engine.peek(|node, _| (node.account(user).cloned(), node.directory().cloned()));
        let (account, directory) = looked.map_err(|failed| failed.problem())?;
        if account.is_some() || !user.as_str().contains('\\') {
            return self.check_here(user, account, password).await;
        }
        match Directory::of(directory.as_ref(), &self.client).log_on(user, password).await {
            Ok(LogonAnswer::Right { administrator }) => Ok(Checked::Right(Account { administrator })),
            Ok(LogonAnswer::Wrong) => Ok(Checked::Wrong),
            Err(NoAnswer::NoDirectory) => self.check_here(user, None, password).await,
            Err(NoAnswer::Crowded(problem)) => Err(*problem),
            Err(NoAnswer::Silent(reason)) => {
                tracing::warn!(directory.reason = reason, "a logon could not be checked");
                Ok(Checked::Unknown)
            }
        }
    }

    /// The hash under which a password is kept.
    pub(crate) async fn hash(&self, password: String) -> Result<String, Problem> {
        self.passwords.hash(password).await
    }

    async fn check_here(&self, user: &UserName, account: Option<shared::node::Account>, password: &str) -> Result<Checked, Problem> {
        let (hash, administrator) = account.map(|account| (account.hash, account.administrator)).unzip();
        let fits = self.passwords.fits(user, hash.as_deref(), password).await?;
        Ok(administrator.filter(|_| fits).map_or(Checked::Wrong, |administrator| Checked::Right(Account { administrator })))
    }
}
