//! Takes events in, keeps the indexes, writes the rows.

use super::{Directory, Event, Service};
use crate::machine::{Machine, Moment, RowError, Rows};
use crate::model::LabTime;

impl Machine for Directory {
    const NAME: &'static str = "directory";
    type Event = Event;
    type Refusal = super::Refusal;

    fn apply(&mut self, event: &Event, _at: LabTime, rows: &mut Rows) {
        match event {
            Event::Founded { name } => {
                rows.put("name", name);
                self.name = Some(name.clone());
            }
            Event::ServiceTrusted { name, service } => {
                rows.put(format!("service/{name}"), service);
                self.callers.insert(service.key.thumbprint(), name.clone());
                self.services.insert(name.clone(), *service);
            }
            Event::ServiceForgotten { name } => {
                rows.remove(format!("service/{name}"));
                self.services.remove(name);
                self.callers.retain(|_, owner| owner != name);
            }
            Event::DomainSet { name, domain } => {
                rows.put(format!("domain/{name}"), domain);
                self.domains.insert(name.clone(), domain.clone());
            }
            Event::SiteSet { name, site_server } => {
                rows.put(format!("site/{name}"), site_server);
                self.sites.insert(name.clone(), site_server.clone());
            }
            Event::UserSet { name, user } => {
                rows.put(format!("user/{name}"), user);
                self.users.insert(name.clone(), user.clone());
            }
            Event::UserRemoved { name } => {
                rows.remove(format!("user/{name}"));
                self.users.remove(name);
            }
            Event::Logged(_) => rows.list("log"),
        }
    }

    fn next_due(&self) -> Option<LabTime> {
        None
    }

    fn due(&self, _: &mut Moment<'_>) -> Vec<Event> {
        Vec::new()
    }

    fn load(&mut self, key: &str, value: &[u8]) -> Result<(), RowError> {
        let (kind, name) = key.split_once('/').unwrap_or((key, ""));
        let wrong = |error: crate::model::ParseError| RowError::new(key, error);
        match kind {
            "name" => self.name = Some(RowError::parse(key, value)?),
            "service" => {
                let (name, service): (crate::model::ServerName, Service) = (name.parse().map_err(wrong)?, RowError::parse(key, value)?);
                self.callers.insert(service.key.thumbprint(), name.clone());
                self.services.insert(name, service);
            }
            "domain" => {
                self.domains.insert(name.parse().map_err(wrong)?, RowError::parse(key, value)?);
            }
            "site" => {
                self.sites.insert(name.parse().map_err(wrong)?, RowError::parse(key, value)?);
            }
            "user" => {
                self.users.insert(name.parse().map_err(wrong)?, RowError::parse(key, value)?);
            }
            _ => return Err(RowError::new(key, "no such kind of row")),
        }
        Ok(())
    }
}
