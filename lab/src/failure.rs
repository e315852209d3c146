//! Why a command of `tsl` did not do what was asked, and the exit code that tells a script.

use std::path::Path;

use shared::wire::problem::{Problem, ProblemCode};

use crate::clients::ClientsError;
use client::device::{BadDevices, ParseSlot};

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A service answered with a problem.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// A service did not answer, or not as it should.
    #[error("{url} did not answer as it should: {why}; `tsl status` shows which services are up")]
    Silent {
        /// The address asked.
        url: String,
        /// What happened.
        why: String,
    },
    /// The command cannot be meant like this.
    #[error("{0}")]
    Usage(String),
    /// Something on this machine is in the way.
    #[error("{0}")]
    Broken(String),
    /// Connections were denied; each has been shown.
    #[error("connections denied: {0}")]
    Denied(usize),
}

impl Failure {
    /// 1 failed, 2 refused or wrongly used, 3 denied (DESIGN invariant 6).
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Problem(problem) if problem.code == ProblemCode::Denied => 3,
            Failure::Problem(problem) if problem.status < 500 => 2,
            Failure::Problem(_) | Failure::Silent { .. } | Failure::Broken(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Denied(_) => 3,
        }
    }

    /// AM-18: a service answered, and whoever asked is no administrator of it, or has no token to ask with.
    #[must_use]
    pub fn is_not_administrator(&self) -> bool {
        match self {
            Failure::Problem(problem) => problem.code == ProblemCode::Unauthenticated,
            Failure::Usage(_) | Failure::Broken(_) => true,
            Failure::Silent { .. } | Failure::Denied(_) => false,
        }
    }

    /// The failure of reading or writing a file.
    pub(crate) fn file(path: &Path, error: impl std::fmt::Display) -> Self {
        Failure::Broken(format!("{}: {error}", path.display()))
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Failure::Problem(Box::new(problem))
    }
}

impl From<ClientsError> for Failure {
    fn from(error: ClientsError) -> Self {
        Failure::Broken(error.to_string())
    }
}

impl From<BadDevices> for Failure {
    fn from(error: BadDevices) -> Self {
        Failure::Usage(error.to_string())
    }
}

impl From<ParseSlot> for Failure {
    fn from(error: ParseSlot) -> Self {
        Failure::Usage(error.to_string())
    }
}
