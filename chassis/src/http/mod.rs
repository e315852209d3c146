//! One table of routes makes the service's HTTP side and its OpenAPI description.
//!
//! A row names method, path, access and handler; the handler's own arguments say what the request must carry and its
//! result what is answered, so the description cannot differ from what runs. Every answer that is not a success is an
//! `application/problem+json` of `shared::wire::problem`.

mod admission;
mod answer;
mod ask;
mod common;
mod direct;
mod doorstep;
mod handler;
mod observe;
mod openapi;
mod page;
mod routes;

pub use admission::Signed;
pub use answer::{Created, Elsewhere, NoContent, Pem, Reply, Written};
pub use ask::{Asked, Body, Extract, Path, Query, Sender};
pub use handler::Handler;
pub use openapi::Operation;
pub use page::{Download, Form, Page};
pub use routes::{Access, App, Caller, Method, Routes, Row};

pub(crate) use admission::AdminToken;
pub(crate) use common::Facts;
pub(crate) use doorstep::Hosts;
pub(crate) use routes::Doorway;

/// The most bytes that a request's body may have.
pub const BODY_LIMIT: usize = 64 * 1024;

/// The header that carries a request's id.
pub const REQUEST_ID: &str = "x-request-id";
