//! At which server a command is done: `--server NAME`, the same everywhere. Where there are several and none is named, a question is put to
//! all of them, and whatever is done is done at the first and says so.

use clap::Args;
use serde::Serialize;
use shared::model::ServerName;

use super::Context;
use crate::api::Api;
use crate::failure::Failure;
use crate::out::Out;
use crate::place::{Kind, Lab, Place};

#[derive(Args, Debug)]
pub(crate) struct OnTerminalServer {
    /// The terminal server; if left out, questions go to all, and the first is meant otherwise
    #[arg(long, value_name = "NAME")]
    pub(crate) server: Option<ServerName>,
}

#[derive(Args, Debug)]
pub(crate) struct OnLicenseServer {
    /// The license server; if left out, questions go to all, and the first is meant otherwise
    #[arg(long, value_name = "NAME")]
    pub(crate) server: Option<ServerName>,
}

impl OnTerminalServer {
    /// The one that is meant, for its administrator.
    pub(crate) fn api(&self, context: &Context) -> Result<Api, Failure> {
        one(context, Kind::TerminalServer, self.server.as_ref())
    }

    /// All that are asked.
    pub(crate) fn each(&self, context: &Context) -> Result<Asked, Failure> {
        each(context, Kind::TerminalServer, self.server.as_ref())
    }
}

impl OnLicenseServer {
    /// The one that is meant, for its administrator.
    pub(crate) fn api(&self, context: &Context) -> Result<Api, Failure> {
        one(context, Kind::LicenseServer, self.server.as_ref())
    }

    /// All that are asked.
    pub(crate) fn each(&self, context: &Context) -> Result<Asked, Failure> {
        each(context, Kind::LicenseServer, self.server.as_ref())
    }

    /// The name of the one that is meant.
    pub(crate) fn name(&self, context: &Context) -> Result<ServerName, Failure> {
        Ok(context.lab()?.license_server(self.server.as_ref())?.name.clone())
    }
}

fn one(context: &Context, kind: Kind, named: Option<&ServerName>) -> Result<Api, Failure> {
    let lab = context.lab()?;
    let place = meant(context.out, &lab, kind, named)?;
    lab.admin(kind, place)
}

/// The server of this kind that is meant. Where there are several and none was named, the person is told which one it is.
pub(crate) fn meant<'a>(out: Out, lab: &'a Lab, kind: Kind, named: Option<&ServerName>) -> Result<&'a Place, Failure> {
    let place = match kind {
        Kind::LicenseServer => lab.license_server(named)?,
        Kind::TerminalServer => lab.terminal_server(named)?,
        Kind::Clearinghouse => lab.clearinghouse()?,
        Kind::Directory => lab.directory()?,
    };
    let others: Vec<_> =
        lab.services().into_iter().filter(|(of, other)| *of == kind && other.name != place.name).map(|(_, other)| &other.name).collect();
    if named.is_none() && !others.is_empty() {
        let others: Vec<_> = others.into_iter().map(ServerName::as_str).collect();
        out.note(&format!("at {}; for another one add --server: {}", place.name, others.join(", ")));
    }
    Ok(place)
}

fn each(context: &Context, kind: Kind, named: Option<&ServerName>) -> Result<Asked, Failure> {
    let lab = context.lab()?;
    let first = match kind {
        Kind::LicenseServer => lab.license_server(named)?,
        Kind::TerminalServer => lab.terminal_server(named)?,
        Kind::Clearinghouse => lab.clearinghouse()?,
        Kind::Directory => lab.directory()?,
    };
    let places = lab.services().into_iter().filter(|(of, place)| *of == kind && (named.is_none() || place.name == first.name));
    let servers: Result<Vec<_>, Failure> = places.map(|(kind, place)| Ok((place.name.clone(), lab.admin(kind, place)?))).collect();
    Ok(Asked { servers: servers?, out: context.out })
}

/// The servers that a question goes to.
#[derive(Debug)]
pub(crate) struct Asked {
    servers: Vec<(ServerName, Api)>,
    out: Out,
}

/// What a server said.
#[derive(Debug, Serialize)]
pub(crate) struct Told<T> {
    pub(crate) server: ServerName,
    #[serde(flatten)]
    pub(crate) said: T,
}

impl Asked {
    /// Whether there are more than one, so that every answer has to name its server.
    pub(crate) fn several(&self) -> bool {
        self.servers.len() > 1
    }

    /// Puts the question to each. Where there are several, one that cannot answer is named and left out.
    pub(crate) async fn ask<T>(&self, question: impl AsyncFn(&Api) -> Result<T, Failure>) -> Result<Vec<Told<T>>, Failure> {
        let mut told = Vec::new();
        let mut first = None;
        for (server, api) in &self.servers {
            match question(api).await {
                Ok(said) => told.push(Told { server: server.clone(), said }),
                Err(failure) if self.several() => {
                    self.out.note(&format!("{server}: {failure}"));
                    first.get_or_insert(failure);
                }
                Err(failure) => return Err(failure),
            }
        }
        first.filter(|_| told.is_empty()).map_or(Ok(told), Err)
    }

    /// Shows each answer under its server's name, where there are several. JSON is an object for one server and a list for several.
    pub(crate) fn show<T: Serialize>(&self, told: &[Told<T>], text: impl Fn(Out, &T)) -> Result<(), Failure> {
        match told {
            [only] if !self.several() => self.out.show(only, |out| text(out, &only.said)),
            all => self.out.show(&all, |out| {
                for (place, one) in all.iter().enumerate() {
                    out.line(&format!("{}{}:", if place == 0 { "" } else { "\n" }, one.server));
                    text(out, &one.said);
                }
            }),
        }
    }

    /// A table of rows with their servers, whose names are a column where there are several.
    pub(crate) fn table<T>(&self, header: &[&str], told: &[Told<T>], row: impl Fn(&T) -> Vec<String>, none: &str) {
        let several = self.several();
        let header: Vec<&str> = several.then_some("server").into_iter().chain(header.iter().copied()).collect();
        let rows = told.iter().map(|one| several.then(|| one.server.to_string()).into_iter().chain(row(&one.said)).collect());
        self.out.table(&header, rows.collect(), none);
    }
}

impl<T> Told<Vec<T>> {
    /// Each of the things said, with its server.
    pub(crate) fn one_by_one(self) -> impl Iterator<Item = Told<T>> {
        let server = self.server;
        self.said.into_iter().map(move |said| Told { server: server.clone(), said })
    }
}
