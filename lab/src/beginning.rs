//! What a lab was begun with, as its data folder remembers it: a later start goes on with that, and says so where something else was asked.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use shared::model::{Generation, LabTime, UserName};

use crate::failure::Failure;
use crate::network::NetworkFile;

/// The file in a data folder that says how far its lab's first start came, and what was asked of it.
pub(crate) const SET_UP: &str = "set-up";

/// What the command line asks of a lab; what it does not say is none, so that it can be told from what it does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The seed of all dice.
    pub seed: Option<u64>,
    /// The moment at which the clocks begin.
    pub start_at: Option<LabTime>,
    /// What license server and terminal server are.
    pub generation: Option<Generation>,
    /// Device CALs to begin with.
    pub cals: Option<u32>,
    /// Ordinary accounts to begin with.
    pub users: Option<Vec<UserName>>,
    /// Services that know nothing of one another.
    pub bare: bool,
    /// A network to build in place of one license server and one terminal server: the file that says it.
    pub network: Option<PathBuf>,
}

/// What a lab was begun with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beginning {
    /// The seed of all dice; none for dice that nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The moment at which the clocks began; none for the present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_at: Option<LabTime>,
    /// What license server and terminal server are; beside a terminal server of Windows NT 4.0 the license server is Windows 2003's. A
    /// network says it of each server by itself.
    pub generation: Generation,
    /// Device CALs to begin with; a network says it of each license server.
    pub cals: u32,
    /// Ordinary accounts, beside `administrator`.
    pub users: Vec<UserName>,
    /// Services that know nothing of one another: nobody trusts, nothing is activated, there are accounts only.
    pub bare: bool,
    /// Whether it was built from a network file, whose copy stands beside.
    pub network: bool,
}

/// How far a lab's first start came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reached {
    /// It has begun, in a folder that held nothing of a lab; where it was killed, the next start begins anew.
    Begun,
    /// It is done: later starts leave the lab as its administrator wants it.
    Done,
}

/// What stands in [`SET_UP`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mark {
    pub(crate) reached: Reached,
    pub(crate) began: Beginning,
}

impl Mark {
    /// The mark of a data folder; none where no lab was begun.
    pub(crate) fn read(data: &Path) -> Result<Option<Self>, Failure> {
        let path = data.join(SET_UP);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::file(&path, error)),
        };
        serde_json::from_str(&text).map(Some).map_err(|error| {
            Failure::Usage(format!(
                "{} says nothing that this version of tsl knows ({error}): go on with the version that began the lab, or begin another one \
                 with --data FOLDER",
                path.display()
            ))
        })
    }

    /// Writes it.
    pub(crate) fn write(&self, data: &Path) -> Result<(), Failure> {
        let path = data.join(SET_UP);
        let json = serde_json::to_vec(self).map_err(|error| Failure::file(&path, error))?;
        crate::clients::write_atomically(&path, &json).map_err(|error| Failure::file(&path, error))
    }
}

impl Beginning {
    /// What a new lab is begun with: what was asked, and the usual for the rest.
    pub(crate) fn of(asked: &Asked) -> Self {
        Self {
            seed: asked.seed,
            start_at: asked.start_at,
            generation: asked.generation.unwrap_or(Generation::Windows2003),
            cals: asked.cals.unwrap_or(USUAL_CALS),
            users: asked.users.clone().unwrap_or_else(|| "student".parse().into_iter().collect()),
            bare: asked.bare,
            network: asked.network.is_some(),
        }
    }

    /// Sees to it that nothing was asked that this lab is not. `given` is the network file that was asked for, `kept` the one that the lab
    /// was built from.
    pub(crate) fn require(
        &self,
        asked: &Asked,
        given: Option<&NetworkFile>,
        kept: Option<&NetworkFile>,
        data: &Path,
    ) -> Result<(), Failure> {
        let mut other = self.other_words(asked);
        if given.is_some() && kept != given {
            other.push("--network");
        }
        if other.is_empty() {
            return Ok(());
        }
        let folder = data.display();
        Err(Failure::Usage(format!(
            "{folder} holds another lab already, begun with: {self}\n\
             what was asked now does not fit it: {}\n\
             what to do: `tsl up` without that goes on with the lab that is there; --fresh begins anew in its place (and asks before it \
             deletes); --data FOLDER begins beside it",
            other.join(", ")
        )))
    }

    fn other_words(&self, asked: &Asked) -> Vec<&'static str> {
        fn differs<T: PartialEq>(asked: &Option<T>, began: &T) -> bool {
            asked.as_ref().is_some_and(|asked| asked != began)
        }
        let told = [
            ("--seed", asked.seed.is_some() && asked.seed != self.seed),
            ("--start-at", asked.start_at.is_some() && asked.start_at != self.start_at),
            ("--generation", asked.generation.is_some_and(|asked| self.network || asked != self.generation)),
            ("--cals", asked.cals.is_some_and(|asked| self.network || asked != self.cals)),
            ("--users", differs(&asked.users, &self.users)),
            ("--bare", asked.bare && !self.bare),
        ];
        told.into_iter().filter(|(_, differs)| *differs).map(|(word, _)| word).collect()
    }
}

impl std::fmt::Display for Beginning {
    /// As the words of a `tsl up` line that asks for the same.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.seed {
            Some(seed) => write!(formatter, "--seed {seed}")?,
            None => write!(formatter, "no --seed")?,
        }
        match self.start_at {
            Some(start_at) => write!(formatter, " --start-at {start_at}")?,
            None => write!(formatter, ", no --start-at,")?,
        }
        if self.network {
            write!(formatter, " --network")?;
        } else {
            write!(formatter, " --generation {} --cals {}", self.generation, self.cals)?;
        }
        let users: Vec<_> = self.users.iter().map(UserName::as_str).collect();
        write!(formatter, " --users {}", users.join(","))?;
        if self.bare { write!(formatter, " --bare") } else { Ok(()) }
    }
}

/// Device CALs of a new lab, unless told.
const USUAL_CALS: u32 = 20;
