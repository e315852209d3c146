//! The table of routes: which route leads to which command.

mod administration;
mod clients;
mod lists;
mod network;
mod workstation;

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
    network(&mut routes);
    workstation(&mut routes);
    routes
}

fn clients(routes: &mut Routes<TerminalServer>) {
    use ProblemCode::{Conflict, Crowded, Denied, LogonFailed, NotFound};
    let anyone = Access::Anyone;
    routes.get("/license-request", anyone, "What this server asks a client's store for (SPEC 4.3 step 1).", clients::license_request);
    routes.post("/connections", anyone, "Connect: present a license, or none, and be judged.", clients::connect).problems(&[Denied]);
    routes.post("/sessions/{session}/logon", anyone, "Log on to a session that waits for it.", clients::log_on).problems(&[
        LogonFailed,
        Crowded,
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

fn network(routes: &mut Routes<TerminalServer>) {
    use ProblemCode::{Conflict, NotFound};
    let admin = Access::Administrator;
    routes.put("/network", admin, "Settle where this server stands: machine, site, workgroup or domain.", network::place);
    routes.put("/directory", admin, "Settle the directory that this server asks.", network::trust_directory).problems(&[Conflict]);
    routes.delete("/directory", admin, "Take the directory's enrolment back.", network::forget_directory).problems(&[NotFound]);
    routes.get("/discovery", admin, "How this server comes to its license servers, and what it found (SPEC section 6).", network::view);
    routes
        .patch("/discovery", admin, "Change how it comes to its license servers (DI-27, DI-29, W08-14).", network::change)
        .problems(&[Conflict]);
    routes.post("/discovery", admin, "Search now, as at a start of the service (DI-11).", network::search);
    routes.get("/people", admin, "Who worked here in Per User mode: each owes one User CAL (PU-07, PU-08).", network::people);
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

/// Windows NT 4.0 only; a server of another generation answers `conflict`.
fn workstation(routes: &mut Routes<TerminalServer>) {
    use ProblemCode::{Conflict, Denied, Invalid, NotFound};
    use workstation as nt;
    let (admin, lab) = (Access::Administrator, Access::Lab);
    routes.get("/nt/licenses", admin, "Workstation licenses by category (TL-02, NT-05).", nt::licenses).problems(&[Conflict]);
    routes.post("/nt/licenses", admin, "Add full or upgrade licenses.", nt::add_licenses).problems(&[Conflict, Invalid]);
    routes.get("/nt/records", admin, "Which device has which workstation license.", nt::records).problems(&[Conflict]);
    routes.get("/nt/license-manager", admin, "Server CALs as License Manager shows them.", nt::license_manager).problems(&[Conflict]);
    routes.post("/nt/license-manager/cals", admin, "Add server CALs.", nt::add_server_cals).problems(&[Conflict, Invalid]);
    routes
        .post("/nt/license-manager/per-seat", admin, "Choose Per Seat from the next start on; no way back (NT-15).", nt::choose_per_seat)
        .problems(&[Conflict]);
    routes
        .put("/nt/shares/{name}", admin, "A device opens a file or print connection (NT-16).", nt::open_share)
        .problems(&[Conflict, Denied]);
    routes
        .delete("/nt/shares/{name}", admin, "A device closes its file or print connection.", nt::close_share)
        .problems(&[Conflict, NotFound]);
    routes.get("/nt/console", admin, "Who is logged on at the console.", nt::console).problems(&[Conflict]);
    routes.put("/nt/console", admin, "Somebody logs on at the console (NT-17).", nt::log_on_at_console).problems(&[Conflict, Invalid]);
    routes.delete("/nt/console", admin, "And logs off.", nt::log_off_from_console).problems(&[Conflict]);
    routes.get("/nt/service", admin, "The licensing service.", nt::service).problems(&[Conflict]);
    routes.post("/nt/service", admin, "Start or stop the licensing service (NT-20, NT-41).", nt::change_service).problems(&[Conflict]);
    routes
        .post("/nt/database/blank", admin, "Put a blank database in place while the service is stopped (NT-43).", nt::blank_database)
        .problems(&[Conflict]);
    routes.get("/nt/scratch", admin, "The scratch files (NT-46).", nt::scratch_files).problems(&[Conflict]);
    routes.delete("/nt/scratch", admin, "Delete scratch files; open ones refuse (NT-49).", nt::delete_scratch_files).problems(&[Conflict]);
    routes.post("/nt/shutdown", admin, "The machine goes down and comes up again (NT-47, NT-53).", nt::shut_down).problems(&[Conflict]);
    routes.get("/nt/settings", admin, "Settings of Windows NT 4.0.", nt::settings).problems(&[Conflict]);
    routes.patch("/nt/settings", admin, "Change them.", nt::change_settings).problems(&[Conflict, Invalid]);
    routes.post("/lab/nt/power-cut", lab, "The power fails and comes back (NT-48).", nt::cut_power).problems(&[Conflict]);
    routes
        .post("/lab/nt/cryptography", lab, "Put the machine's cryptography out of order, or in order (NT-42).", nt::change_cryptography)
        .problems(&[Conflict]);
}
