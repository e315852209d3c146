//! Under which names a service answers, and to whose pages: the two things that keep a browser from being turned against it.
//!
//! A page of another site may let its own name lead to this machine (DNS rebinding) and then read answers as its own; the name that
//! it asks for, in `Host`, gives it away. It may also send a form here, for which a browser asks nobody; `Sec-Fetch-Site`, `Origin`
//! or `Referer` give that away. Who is no browser sends none of the three.

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{HOST, HeaderMap, ORIGIN, REFERER};
use shared::model::ServerName;
use shared::wire::problem::{Problem, ProblemCode};

/// The names under which a service answers.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    names: Vec<String>,
    bound: IpAddr,
}

impl Hosts {
    /// Loopback's names and addresses, the address listened on, the service's own name, and those that it was told of.
    ///
    /// Who listens on every address answers to every address: an address in `Host` is where the browser really went.
    pub(crate) fn new(own: &ServerName, told: &[String], bound: SocketAddr) -> Self {
        let names = ["localhost", own.as_str()].into_iter().chain(told.iter().map(String::as_str));
        Self { names: names.map(str::to_ascii_lowercase).collect(), bound: bound.ip() }
    }

    /// Whether this request is for this service, and no other site's doing.
    pub(super) fn check(&self, http: &HttpRequest) -> Result<(), Problem> {
        let host = self.own_host(http)?;
        let headers = http.headers();
        match text(headers, "sec-fetch-site") {
            Some("same-origin" | "none") => return Ok(()),
            // A link from elsewhere may be followed; what it leads to can be read by whoever sits there, and changes nothing.
            Some(_) if http.method() == Method::GET && text(headers, "sec-fetch-mode") == Some("navigate") => return Ok(()),
            Some(site) => return Err(foreign(&format!("it comes from another site ('sec-fetch-site: {site:.40}')"))),
            None => {}
        }
        if let Some(origin) = headers.get(ORIGIN) {
            let origin = origin.to_str().unwrap_or_default();
            return if origin_is(origin, host) { Ok(()) } else { Err(foreign(&format!("its page is of '{origin:.100}'"))) };
        }
        match headers.get(REFERER) {
            Some(referer) if http.method() != Method::GET => {
                let referer = referer.to_str().unwrap_or_default();
                let site = site_of(referer);
                if origin_is(site, host) { Ok(()) } else { Err(foreign(&format!("its page is of '{site:.100}'"))) }
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The host and port that the request is for, which must be this service's.
    fn own_host<'a>(&self, http: &'a HttpRequest) -> Result<&'a str, Problem> {
        let mut hosts = http.headers().get_all(HOST);
        let (Some(host), None) = (hosts.next().and_then(|host| host.to_str().ok()), hosts.next()) else {
            return Err(misdirected("it needs one header 'Host'"));
        };
        // A request line that names a host itself must name the same one.
        let named_otherwise = http.uri().authority().is_some_and(|authority| !authority.as_str().eq_ignore_ascii_case(host));
        if named_otherwise || !self.is_own(name_of(host)) {
            let detail =
                format!("'{host:.100}' is no name of this service; where it is, start the service with --host {:.100}", name_of(host));
            return Err(misdirected(&detail));
        }
        Ok(host)
    }

    fn is_own(&self, name: &str) -> bool {
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return address.is_loopback() || self.bound.is_unspecified() || address == self.bound;
        }
        let name = name.strip_suffix('.').unwrap_or(name);
        self.names.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// Scheme, host and port of a page's address.
fn site_of(address: &str) -> &str {
    let path = address.match_indices('/').nth(2).map_or(address.len(), |(at, _)| at);
    address.get(..path).unwrap_or(address)
}

/// A host without its port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && (!name.contains(':') || name.ends_with(']')) => name,
        Some(_) | None => host,
    }
}

/// Whether an origin, such as `http://127.0.0.1:7801`, is that of this host and port.
fn origin_is(origin: &str, host: &str) -> bool {
    origin.strip_prefix("http://").is_some_and(|origin| origin.eq_ignore_ascii_case(host))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn misdirected(detail: &str) -> Problem {
    Problem::new(ProblemCode::Misdirected, format!("the request is for another host: {detail}"))
}

fn foreign(detail: &str) -> Problem {
    Problem::new(ProblemCode::ForeignOrigin, format!("the request was not made by this service's own pages: {detail}"))
}
