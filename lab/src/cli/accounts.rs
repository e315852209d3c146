//! The accounts that may log on to a terminal server.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shared::model::UserName;
use shared::wire::terminal_server::{AccountChange, AccountRow};

use super::Context;
use super::on::OnTerminalServer;
use crate::api::path_segment;
use crate::failure::Failure;

#[derive(Subcommand, Debug)]
pub(crate) enum Accounts {
    /// List the accounts
    #[command(after_help = "Example:  tsl accounts list")]
    List {
        #[command(flatten)]
        on: OnTerminalServer,
    },
    /// Add an account, or change its password and rank
    #[command(
        after_help = "Example:  tsl accounts add teacher --administrator\n          printf %s \"$SECRET\" | tsl accounts add pupil --password-file -\nThe lab's own file of passwords remembers it, so that `tsl connect --user` needs nothing else."
    )]
    Add {
        #[command(flatten)]
        on: OnTerminalServer,
        /// The account's name
        name: UserName,
        /// May use /admin and remote administration
        #[arg(long)]
        administrator: bool,
        #[command(flatten)]
        secret: Secret,
    },
    /// Remove an account
    #[command(after_help = "Example:  tsl accounts remove pupil")]
    Remove {
        #[command(flatten)]
        on: OnTerminalServer,
        /// The account's name
        name: UserName,
    },
}

/// Where a password comes from: never from the command line.
#[derive(Args, Clone, Debug)]
pub(crate) struct Secret {
    /// Read the password from this file; - is standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Secret {
    /// The password from the file, or none if there is no file to read.
    pub(crate) fn read(&self) -> Result<Option<String>, Failure> {
        let Some(path) = &self.password_file else { return Ok(None) };
        let mut text = String::new();
        if path == Path::new("-") {
            io::stdin().read_to_string(&mut text).map_err(|error| Failure::file(path, error))?;
        } else {
            text = std::fs::read_to_string(path).map_err(|error| Failure::file(path, error))?;
        }
        let password = text.trim_end_matches(['\r', '\n']).to_owned();
        if password.is_empty() { Err(Failure::Usage(format!("{} holds no password", path.display()))) } else { Ok(Some(password)) }
    }

    fn or_asked(&self, user: &UserName) -> Result<String, Failure> {
        if let Some(password) = self.read()? {
            return Ok(password);
        }
        if let Ok(password) = std::env::var("TSL_PASSWORD") {
            return Ok(password);
        }
        let terminal = console::Term::stderr();
        if !terminal.is_term() {
            return Err(Failure::Usage(
                "no password: type it at a terminal, give --password-file FILE (- is standard input), or set TSL_PASSWORD".to_owned(),
            ));
        }
        let ask = |prompt: &str| {
            terminal
                .write_str(prompt)
                .and_then(|()| terminal.read_secure_line())
                .map_err(|error| Failure::Broken(format!("the terminal: {error}")))
        };
        let password = ask(&format!("Password for {user}: "))?;
        if password.is_empty() || ask("Again: ")? != password {
            return Err(Failure::Usage("the two passwords differ, or are empty; nothing was changed".to_owned()));
        }
        Ok(password)
    }
}

impl Accounts {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self {
            Accounts::List { on } => {
                let rows: Vec<AccountRow> = on.api(context)?.all("/accounts").await?;
                context.out.show(&rows, |out| {
                    let table = rows.iter().map(|row| {
                        let rank = if row.administrator { "administrator" } else { "user" };
                        vec![row.name.to_string(), rank.to_owned()]
                    });
                    out.table(&["account", "rank"], table.collect(), "there are no accounts; nobody can log on");
                })
            }
            Accounts::Add { on, name, administrator, secret } => {
                let api = on.api(context)?;
                let password = secret.or_asked(&name)?;
                let body = AccountChange { password: password.clone(), administrator };
                let _: Value = api.put(&format!("/accounts/{}", path_segment(name.as_str())), &body).await?;
                context.lab()?.passwords().keep(&name, &password)?;
                context.out.show(&json!({ "name": name, "administrator": administrator }), |out| out.line(&format!("{name} may log on")))
            }
            Accounts::Remove { on, name } => {
                on.api(context)?.delete(&format!("/accounts/{}", path_segment(name.as_str()))).await?;
                context.lab()?.passwords().forget(&name)?;
                context.out.show(&json!({ "removed": name }), |out| out.line(&format!("{name} may not log on any more")))
            }
        }
    }
}
