//! Who may log on: the accounts of this server's own short list, and for `DOMAIN\user` the directory. [`Accounts::check`] is the
//! one seam at which a logon is decided.

use chassis::engine::Engine;
use chassis::passwords::PasswordCheck;
use shared::model::UserName;
use shared::node::{Account, Node};
use shared::wire::problem::Problem;

/// The accounts on this server's own list.
pub(crate) struct LocalAccounts {
    engine: Engine<Node>,
    passwords: PasswordCheck,
}

impl LocalAccounts {
    pub(crate) fn new(engine: Engine<Node>) -> Self {
        Self { engine, passwords: PasswordCheck::new() }
    }

    /// The account, if there is one and the password is its own.
    pub(crate) async fn check(&self, user: &UserName, password: &str) -> Result<Option<Account>, Problem> {
        let account = self.engine.peek(|node, _| node.account(user).cloned()).map_err(|failed| failed.problem())?;
        let Some(account) = account else { return Ok(None) };
        Ok(self.passwords.fits(user, &account.hash, password).await?.then_some(account))
    }
}
