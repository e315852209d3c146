//! One service as `tsl` sees it: an address and, for its administrator, a token.

use std::fmt::Write as _;

use chassis::client::{self, Client, ClientError, Connections};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::wire::common::{Sorted, SortedQuery};
use shared::wire::license_server::PackList;

use crate::failure::Failure;

/// A service's HTTP interface: a [`Client`] whose failures are those of `tsl`. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Api(Client);

/// The connections behind all [`Api`]s of a call.
///
/// # Errors
/// A machine on which no client can be made.
pub fn connections() -> Result<Connections, Failure> {
    client::connections().map_err(|error| Failure::Broken(format!("no HTTP client can be made here: {error}")))
}

impl Api {
    /// The service at `url` (`http://host:port`), for its administrator where a token is given.
    #[must_use]
    pub fn new(http: Connections, url: &str, token: Option<String>) -> Self {
        Self(Client::new(http, url, token))
    }

    /// What it asks with.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0
    }

    /// The service's address.
    #[must_use]
    pub fn url(&self) -> &str {
        self.0.url()
    }

    /// `GET path`.
    ///
    /// # Errors
    /// A problem that the service answers with, or no usable answer.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        Ok(self.0.get(path).await?)
    }

    /// `GET path?query`; fields that are none are left out.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn list<Q: Serialize, T: DeserializeOwned>(&self, path: &str, query: &Q) -> Result<T, Failure> {
        self.get(&format!("{path}{}", query_text(query))).await
    }

    /// All of a list that is kept in an order of its own, page by page.
    ///
    /// # Errors
    /// As [`Api::get`]; and for a list that has no end.
    pub async fn all<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Failure> {
        let mut rows = Vec::new();
        let mut query = SortedQuery { limit: Some(PAGE), after: None };
        for _ in 0..PAGES_MAX {
            let page: Sorted<T> = self.list(path, &query).await?;
            rows.extend(page.items);
            if page.next.is_none() {
                return Ok(rows);
            }
            query.after = page.next;
        }
        Err(Failure::Broken(format!("{}{path} has no end after {} rows", self.url(), rows.len())))
    }

    /// Every installed pack of a license server, and how many temporaries it has issued.
    ///
    /// # Errors
    /// As [`Api::all`].
    pub async fn packs(&self) -> Result<PackList, Failure> {
        let mut query = SortedQuery { limit: Some(PAGE), after: None };
        let mut list: PackList = self.list("/packs", &query).await?;
        for _ in 0..PAGES_MAX {
            if list.next.is_none() {
                return Ok(list);
            }
            query.after = list.next.take();
            let page: PackList = self.list("/packs", &query).await?;
            list.packs.extend(page.packs);
            list.next = page.next;
        }
        Err(Failure::Broken(format!("{}/packs has no end after {} rows", self.url(), list.packs.len())))
    }

    /// `POST path` with a body.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn post<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T, Failure> {
        Ok(self.0.post(path, body).await?)
    }

    /// `POST path` without a body.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn act(&self, path: &str) -> Result<(), Failure> {
        let _: Value = self.0.act(path).await?;
        Ok(())
    }

    /// `PUT path` with a body.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn put<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T, Failure> {
        Ok(self.0.put(path, body).await?)
    }

    /// `PATCH path` with a body.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn patch<B: Serialize, T: DeserializeOwned>(&self, path: &str, body: &B) -> Result<T, Failure> {
        Ok(self.0.patch(path, body).await?)
    }

    /// `DELETE path`, with what is answered.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn take_away<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        Ok(self.0.delete(path).await?)
    }

    /// `DELETE path`.
    ///
    /// # Errors
    /// As [`Api::get`].
    pub async fn delete(&self, path: &str) -> Result<(), Failure> {
        let _: Value = self.0.delete(path).await?;
        Ok(())
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Problem(problem) => problem.into(),
            ClientError::Unreachable { url, reason } | ClientError::Unreadable { url, reason } => Failure::Silent { url, why: reason },
        }
    }
}

/// How many rows are asked for at a time, and how many times.
const PAGE: u32 = 1000;
const PAGES_MAX: u32 = 1000;

/// The fields of a query type as `?a=1&b=x`; nothing where all are none.
fn query_text<Q: Serialize>(query: &Q) -> String {
    let mut text = String::new();
    if let Ok(Value::Object(fields)) = serde_json::to_value(query) {
        for (name, value) in fields {
            let value = match value {
                Value::Null => continue,
                Value::String(value) => value,
                other => other.to_string(),
            };
            text.push(if text.is_empty() { '?' } else { '&' });
            text.push_str(&name);
            text.push('=');
            text.push_str(&path_segment(&value));
        }
    }
    text
}

/// Text as it may stand in one segment of a path or in a query's value.
#[must_use]
pub fn path_segment(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}
