//! Who worked here in Per User mode: people, not sessions (PU-07, PU-08).

use serde::{Deserialize, Serialize};

use super::Node;
use crate::machine::Rows;
use crate::model::LabTime;
use crate::wire::terminal_server::{PersonRow, Session};

/// Somebody who logged on in Per User mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Person {
    first_at: LabTime,
    last_at: LabTime,
    logons: u64,
}

impl Node {
    /// PU-08: one person, any number of devices and sessions: one User CAL is owed.
    pub(super) fn note_person(&mut self, session: &Session, at: LabTime, rows: &mut Rows) {
        if session.administrative || self.mode() != crate::policy::modes::Mode::PerUser {
            return;
        }
        let person = self.people.entry(session.user.clone()).or_insert(Person { first_at: at, last_at: at, logons: 0 });
        person.last_at = at;
        person.logons += 1;
        rows.put(format!("person/{}", session.user), person);
    }

    /// PU-07, PU-08: the people who owe a User CAL each; nothing on a 2003 server enforces it.
    #[must_use]
    pub fn people(&self) -> Vec<PersonRow> {
        let row = |(user, person): (&crate::model::UserName, &Person)| PersonRow {
            user: user.clone(),
            first_at: person.first_at,
            last_at: person.last_at,
            logons: person.logons,
        };
        self.people.iter().map(row).collect()
    }
}
