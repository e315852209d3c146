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
    pub(crate) fn new(engine: Engine<Node>, client: ServiceClient) -> Self {
        Self { engine, client, passwords: PasswordCheck::new() }
    }

    /// The account, if there is one and the password is its own. An account of this server's own list goes before one of the same
    /// name in the directory; a directory that is silent lets nobody in.
    pub(crate) async fn check(&self, user: &UserName, password: &str) -> Result<Option<Account>, Problem> {
        let looked = self.engine.peek(|node, _| (node.account(user).cloned(), node.directory().cloned()));
        let (account, directory) = looked.map_err(|failed| failed.problem())?;
        if let Some(account) = account {
            let fits = self.passwords.fits(user, &account.hash, password).await?;
            return Ok(fits.then_some(Account { administrator: account.administrator }));
        }
        if !user.as_str().contains('\\') {
            return Ok(None);
        }
        match Directory::of(directory.as_ref(), &self.client).log_on(user, password).await {
            Ok(LogonAnswer::Right { administrator }) => Ok(Some(Account { administrator })),
            Ok(LogonAnswer::Wrong) | Err(NoAnswer::NoDirectory) => Ok(None),
            Err(NoAnswer::Silent(reason)) => {
                tracing::warn!(directory.reason = reason, "a logon could not be checked");
                Ok(None)
            }
        }
    }
}
