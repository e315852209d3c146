//! The table of routes: which route leads to which command.

use chassis::http::{Access, Routes};
use shared::model::CallerRole;
use shared::wire::problem::ProblemCode::{Conflict, Crowded, Invalid, NotFound};

use crate::app::DirectoryService;
use crate::{asked, kept};

/// Every route of a directory.
pub(crate) fn table() -> Routes<DirectoryService> {
    let mut routes = Routes::new();
    let terminal_servers = Access::Service(&[CallerRole::TerminalServer]);
    let license_servers = Access::Service(&[CallerRole::LicenseServer]);
    routes.post(
        "/discovery",
        terminal_servers,
        "The controllers of a domain, and what its site's object names (DI-02, DI-03).",
        asked::discovery,
    );
    routes.post("/logons", terminal_servers, "Whether this is the user's password.", asked::log_on).problems(&[Crowded]);
    routes
        .put("/publication", license_servers, "A license server publishes itself in a site (DI-23).", asked::publish)
        .problems(&[NotFound]);
    routes.get("/membership", license_servers, "Where the directory knows the license server that asks (TL-08).", asked::standing);
    routes
        .post("/user-licenses", license_servers, "Read or write a user's licensing attributes (W08-04).", asked::license)
        .problems(&[Invalid]);
    routes.post("/user-lists", license_servers, "Users with their licensing attributes, for a report (TL-07).", asked::list_users);
    administration(&mut routes);
    routes
}

fn administration(routes: &mut Routes<DirectoryService>) {
    let admin = Access::Administrator;
    routes.get("/services", admin, "The services that may ask.", kept::services);
    routes.put("/services/{name}", admin, "Enrol a terminal server or a license server.", kept::trust_service).problems(&[Conflict]);
    routes.delete("/services/{name}", admin, "Take a service's enrolment back.", kept::forget_service).problems(&[NotFound]);
    routes.get("/domains", admin, "The domains, their controllers and groups.", kept::domains);
    routes.put("/domains/{name}", admin, "Make a domain, or settle its controllers.", kept::set_domain).problems(&[Conflict]);
    routes
        .put("/domains/{name}/license-servers", admin, "Settle who is in \"Terminal Server License Servers\" (W08-05).", kept::set_group)
        .problems(&[NotFound]);
    routes.get("/sites", admin, "The sites, and the license servers published in them (DI-23).", kept::sites);
    routes.put("/sites/{name}", admin, "Make a site.", kept::add_site);
    routes.get("/users", admin, "The users, with their licensing attributes.", kept::users);
    routes.put("/users/{name}", admin, "Make a user, or change one.", kept::set_user).problems(&[Invalid, NotFound]);
    routes.delete("/users/{name}", admin, "Remove a user.", kept::remove_user).problems(&[NotFound]);
    routes.get("/events", admin, "The event log.", kept::events);
}
