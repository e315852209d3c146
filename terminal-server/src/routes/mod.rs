//! The table of routes: which route leads to which command.

mod administration;
mod clients;
mod lists;

use chassis::http::{Access, Routes};
use shared::wire::problem::ProblemCode;

use crate::app::TerminalServer;

/// Every route of a terminal server.
pub(crate) fn table() -> Routes<TerminalServer> {
    let mut routes = Routes::new();
    clients(&mut routes);
    lists(&mut routes);
    administration(&mut routes);
    trust(&mut routes);
    faults(&mut routes);
    routes
}

fn clients(routes: &mut Routes<TerminalServer>) {
    use ProblemCode::{Conflict, Denied, LogonFailed, NotFound};
    let anyone = Access::Anyone;
    routes.get("/license-request", anyone, "What this server asks a client's store for (SPEC 4.3 step 1).", clients::license_request);
    routes.post("/connections", anyone, "Connect: present a license, or none, and be judged.", clients::connect).problems(&[Denied]);
    routes.post("/sessions/{session}/logon", anyone, "Log on to a session that waits for it.", clients::log_on).problems(&[
        LogonFailed,
        NotFound,
        Conflict,
    ]);
    routes.post("/sessions/{session}/cancel", anyone, "Cancel at the logon screen.", clients::cancel).problems(&[NotFound, Conflict]);
    routes.post("/sessions/{session}/logoff", anyone, "Log off.", clients::log_off).problems(&[NotFound, Conflict]);
}

fn lists(routes: &mut Routes<TerminalServer>) {
    let admin = Access::Administrator;
    routes.get("/sessions", admin, "Sessions: the open ones, then those that ended, newest first.", lists::sessions);
    routes.get("/verdicts", admin, "Connections that were judged, newest first, with the rules that fired.", lists::verdicts);
    routes.get("/verdicts/counts", admin, "How often each rule decided.", lists::verdict_counts);
    routes.get("/events", admin, "The event log.", lists::events);
    routes.get("/grace", admin, "How the grace period stands (GR-10).", lists::grace);
}

fn administration(routes: &mut Routes<TerminalServer>) {
    use ProblemCode::{Conflict, Invalid, NotFound};
    let admin = Access::Administrator;
    routes.get("/settings", admin, "The settings.", administration::settings);
    routes.patch("/settings", admin, "Change settings; in force at once (WS03-03).", administration::change_settings).problems(&[Conflict]);
    routes.get("/accounts", admin, "The accounts.", administration::accounts);
    routes.put("/accounts/{name}", admin, "Add an account, or change it.", administration::set_account).problems(&[Invalid]);
    routes.delete("/accounts/{name}", admin, "Remove an account.", administration::remove_account).problems(&[NotFound]);
}

fn faults(routes: &mut Routes<TerminalServer>) {
    let admin = Access::Administrator;
    routes.get("/certificate", admin, "The server's own certificate values (FT-12).", administration::certificate);
    routes.delete(
        "/certificate",
        admin,
        "Delete the certificate values; the next start makes new ones (FT-12).",
        administration::delete_certificate,
    );
    routes.post("/lab/faults", Access::Lab, "Break something inside the server, or mend it.", administration::change_faults);
}

fn trust(routes: &mut Routes<TerminalServer>) {
    use ProblemCode::{Conflict, Invalid};
    let admin = Access::Administrator;
    routes.put("/root", admin, "Trust the lab's root certificate.", administration::trust_root).problems(&[Conflict, Invalid]);
    routes.get(
        "/license-servers",
        admin,
        "The enrolled license servers, in the order in which they are asked.",
        administration::license_servers,
    );
    routes
        .put("/license-servers", admin, "Settle which license servers are asked, in order.", administration::list_license_servers)
        .problems(&[Invalid]);
    routes
        .put("/license-servers/{name}", admin, "Enrol a license server, or change its address.", administration::trust_license_server)
        .problems(&[Conflict]);
    routes
        .delete(
            "/license-servers/{name}",
            admin,
            "Forget a license server: key, address, place on the list.",
            administration::forget_license_server,
        )
        .problems(&[Invalid]);
}
