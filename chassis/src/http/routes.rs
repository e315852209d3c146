//! The table of routes: what it holds, and how actix's App is configured from it.

use std::future::Future;
use std::sync::{Arc, OnceLock};

use actix_web::dev::ResourceDef;
use actix_web::web::{Payload, ServiceConfig};
use actix_web::{HttpRequest, web};
use futures_util::future::{BoxFuture, LocalBoxFuture};
use serde_json::Value;
use shared::model::CallerRole;
use shared::wire::common::Identity as IdentityView;
use shared::wire::problem::{Problem, ProblemCode};

use super::common::Facts;
use super::{Asked, Handler, Operation, Written, common, observe, openapi};
use crate::calls::{Enrolled, Verifier};
use crate::clock::Clock;
use crate::http::{AdminToken, Hosts};
use crate::identity::Identity;
use crate::lab::LabEngine;

/// What a service's state must offer to the chassis. Cloned for every request, so it is a handle.
pub trait App: Clone + Send + Sync + 'static {
    /// The engine behind the lab routes, `/journal` and the service's start and stop.
    fn engine(&self) -> &dyn LabEngine;

    /// The answer of `GET /identity`: name and key, and what this kind of service adds to them.
    fn identity(&self) -> impl Future<Output = Result<IdentityView, Problem>> + Send;

    /// Who is enrolled under this thumbprint; none is answered with 401.
    fn caller(&self, thumbprint: &str) -> impl Future<Output = Result<Option<Caller>, Problem>> + Send;

    /// What the service owes to others is said: called before time is skipped, so that nothing is still owed from a time long past.
    fn settle(&self) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// What the service does by itself for which it has to ask others, and so cannot be the machine's: called once a second,
    /// and after the clock was moved.
    fn keep_up(&self) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// A round of what it does beside its requests, once a second, however long others take to answer. It holds nothing of the
    /// service while it waits for them, so that the service can stop.
    fn beside(&self) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// A service that is enrolled, and as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its name and its key.
    pub enrolled: Enrolled,
    /// As what: each role that it was enrolled in.
    pub roles: Vec<CallerRole>,
}

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// No proof asked for.
    Anyone,
    /// Who holds the service's administrator token.
    Administrator,
    /// Who holds the token, at a service started with `--lab`; `lab-off` otherwise.
    Lab,
    /// A service that is enrolled in one of these roles, by a call signed with its pinned key; `forbidden` for every other one.
    Service(&'static [CallerRole]),
    /// Any service, by a call signed with the key that the call itself names.
    Introduced,
}

/// A method that a route may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Read.
    Get,
    /// Do, or make.
    Post,
    /// Put in place.
    Put,
    /// Change in part.
    Patch,
    /// Take away.
    Delete,
}

impl Method {
    /// The method as HTTP writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }

    fn of_actix(self) -> actix_web::http::Method {
        match self {
            Method::Get => actix_web::http::Method::GET,
            Method::Post => actix_web::http::Method::POST,
            Method::Put => actix_web::http::Method::PUT,
            Method::Patch => actix_web::http::Method::PATCH,
            Method::Delete => actix_web::http::Method::DELETE,
        }
    }
}

/// The table of a service's routes.
pub struct Routes<S> {
    rows: Vec<Row<S>>,
}

/// One route.
pub struct Row<S> {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) access: Access,
    pub(super) summary: &'static str,
    pub(super) problems: Vec<ProblemCode>,
    pub(super) takes_query: bool,
    pub(super) describe: fn(&mut Operation<'_>),
    pub(super) run: Arc<Run<S>>,
}

type Run<S> = dyn Fn(S, &Asked) -> Result<LocalBoxFuture<'static, Result<Written, Problem>>, Problem> + Send + Sync;

impl<S: App> Routes<S> {
    /// A table with the routes that every service has.
    #[must_use]
    pub fn new() -> Self {
        let mut routes = Self { rows: Vec::new() };
        common::add(&mut routes);
        routes
    }

    /// A route that reads.
    pub fn get<A>(&mut self, path: &'static str, access: Access, summary: &'static str, handler: impl Handler<S, A>) -> &mut Row<S> {
        self.add(Method::Get, path, access, summary, handler)
    }

    /// A route that does or makes something.
    pub fn post<A>(&mut self, path: &'static str, access: Access, summary: &'static str, handler: impl Handler<S, A>) -> &mut Row<S> {
        self.add(Method::Post, path, access, summary, handler)
    }

    /// A route that puts something in its place.
    pub fn put<A>(&mut self, path: &'static str, access: Access, summary: &'static str, handler: impl Handler<S, A>) -> &mut Row<S> {
        self.add(Method::Put, path, access, summary, handler)
    }

    /// A route that changes something in part.
    pub fn patch<A>(&mut self, path: &'static str, access: Access, summary: &'static str, handler: impl Handler<S, A>) -> &mut Row<S> {
        self.add(Method::Patch, path, access, summary, handler)
    }

    /// A route that takes something away.
    pub fn delete<A>(&mut self, path: &'static str, access: Access, summary: &'static str, handler: impl Handler<S, A>) -> &mut Row<S> {
        self.add(Method::Delete, path, access, summary, handler)
    }

    /// Every route as method and path, in the order of the table.
    pub fn list(&self) -> impl Iterator<Item = (Method, &'static str)> {
        self.rows.iter().map(|row| (row.method, row.path))
    }

    /// The OpenAPI 3.1 description of the table.
    #[must_use]
    pub fn describe(&self, title: &str) -> Value {
        openapi::describe(title, &self.rows)
    }

    fn add<A, H: Handler<S, A>>(
        &mut self,
        method: Method,
        path: &'static str,
        access: Access,
        summary: &'static str,
        handler: H,
    ) -> &mut Row<S> {
        let run: Arc<Run<S>> = Arc::new(move |app, asked| handler.run(app, asked));
        let takes_query = openapi::takes_query(H::describe);
        self.rows.push_mut(Row { method, path, access, summary, problems: Vec::new(), takes_query, describe: H::describe, run })
    }
}

impl<S: App> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Row<S> {
    /// Names the problems that the handler itself answers with; those of every route of its kind are known.
    pub fn problems(&mut self, codes: &[ProblemCode]) {
        self.problems.extend_from_slice(codes);
    }
}

/// What stands between the socket and the handlers of one running service.
pub(crate) struct Doorway<S> {
    pub(crate) app: S,
    pub(crate) identity: Arc<Identity>,
    pub(crate) clock: Clock,
    pub(crate) admin_token: AdminToken,
    pub(crate) lab: bool,
    pub(crate) hosts: Hosts,
    pub(crate) verifier: Verifier,
    pub(crate) facts: Arc<Facts>,
    pub(crate) routes: Routes<S>,
    pub(crate) places: OnceLock<Vec<Place>>,
}

/// A path, and its rows by their numbers.
pub(crate) struct Place {
    pub(super) pattern: ResourceDef,
    pub(super) rows: Vec<usize>,
}

impl<S: App> Doorway<S> {
    /// Configures one worker's actix App: every row, the 405 of every path, the 404 of all others.
    pub(crate) fn configure(self: &Arc<Self>, config: &mut ServiceConfig) {
        for (path, indexes) in self.by_path() {
            let mut resource = web::resource(path);
            let mut methods = Vec::new();
            for index in indexes {
                if let Some(row) = self.routes.rows.get(index) {
                    methods.push(row.method.name());
                    let door = self.clone();
                    let run = move |http: HttpRequest, payload: Payload| observe::row(door.clone(), index, http, payload);
                    resource = resource.route(web::method(row.method.of_actix()).to(run));
                }
            }
            let (door, allow) = (self.clone(), methods.join(", "));
            resource = resource.default_service(web::to(move |http: HttpRequest| observe::wrong_method(door.clone(), allow.clone(), http)));
            config.service(resource);
        }
        let door = self.clone();
        config.default_service(web::to(move |http: HttpRequest| observe::unknown(door.clone(), http)));
    }

    /// Every path, in the order in which they are tried.
    pub(super) fn places(&self) -> &[Place] {
        let made = || self.by_path().into_iter().map(|(path, rows)| Place { pattern: ResourceDef::new(path), rows }).collect();
        self.places.get_or_init(made)
    }

    pub(super) fn row(&self, index: usize) -> Option<&Row<S>> {
        self.routes.rows.get(index)
    }

    /// The rows of each path; actix takes the first path that fits, so fixed parts come before variable ones.
    fn by_path(&self) -> Vec<(&'static str, Vec<usize>)> {
        let mut paths: Vec<(&'static str, Vec<usize>)> = Vec::new();
        for (index, row) in self.routes.rows.iter().enumerate() {
            match paths.iter_mut().find(|(path, _)| *path == row.path) {
                Some((_, indexes)) => indexes.push(index),
                None => paths.push((row.path, vec![index])),
            }
        }
        paths.sort_by_key(|(path, _)| path.split('/').map(|part| part.starts_with('{')).collect::<Vec<bool>>());
        paths
    }
}
