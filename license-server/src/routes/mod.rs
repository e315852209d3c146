//! The table of routes: which route leads to which command.

mod administration;
mod licensing;
mod lifecycle;
mod managing;
mod network;
mod peers;

use chassis::http::{Access, Routes};
use shared::model::CallerRole;
use shared::wire::problem::ProblemCode;

use crate::app::LicenseServer;

/// Every route of a license server.
pub(crate) fn table() -> Routes<LicenseServer> {
    let mut routes = Routes::new();
    licensing(&mut routes);
    administration(&mut routes);
    lifecycle(&mut routes);
    trust(&mut routes);
    network(&mut routes);
    others(&mut routes);
    manage(&mut routes);
    routes
}

/// Routes that are for terminal servers.
const TERMINAL_SERVERS: Access = Access::Service(&[CallerRole::TerminalServer]);
/// Routes that are for other license servers.
const LICENSE_SERVERS: Access = Access::Service(&[CallerRole::LicenseServer]);

fn licensing(routes: &mut Routes<LicenseServer>) {
    routes
        .post("/inquiries", TERMINAL_SERVERS, "A device needs a license: issue, renew, hand out again, or decline.", licensing::inquire)
        .problems(&[ProblemCode::Forbidden]);
    routes
        .post("/marks", TERMINAL_SERVERS, "A user has logged on with a temporary: validate it (LS-13).", licensing::mark)
        .problems(&[ProblemCode::Forbidden]);
    routes.get("/known-servers", TERMINAL_SERVERS, "The license servers that this one knows (AM-15).", licensing::known_servers);
    routes.get("/contact", TERMINAL_SERVERS, "Whether this license server is within reach, and activated.", licensing::contact);
}

fn administration(routes: &mut Routes<LicenseServer>) {
    use ProblemCode::{
        ActivationRefused, Invalid, NotActivated, NotTrusted, PackInstalled, PackRefused, PackUntrusted, PackVersion, RegistrantIncomplete,
        RequestReused, Unreachable,
    };
    let admin = Access::Administrator;
    routes.get("/activation", admin, "Whether this server is activated, and its certificate.", administration::activation);
    routes.post("/activation", admin, "Activate this server with its clearinghouse (AC-10).", administration::activate).problems(&[
        NotTrusted,
        RegistrantIncomplete,
        ActivationRefused,
        Unreachable,
    ]);
    routes.get("/packs", admin, "The installed packs with total, issued and available CALs.", administration::packs);
    routes.post("/packs", admin, "Install CALs that were bought (AC-30 to AC-34).", administration::install).problems(&[
        NotTrusted,
        NotActivated,
        PackRefused,
        PackInstalled,
        PackVersion,
        PackUntrusted,
        RequestReused,
        Unreachable,
    ]);
    routes.get("/licenses", admin, "Who holds what, since, until.", administration::licenses);
    routes.get("/events", admin, "The event log.", administration::events);
    routes.get("/settings", admin, "The policies.", administration::settings);
    routes.patch("/settings", admin, "Change policies.", administration::change_settings).problems(&[Invalid]);
    routes.get("/security-group", admin, "The group \"Terminal Services Computers\" (LS-01).", administration::security_group);
    routes.put("/security-group", admin, "Change that group; in force from the next start.", administration::change_security_group);
    routes
        .post("/lab/next-life", Access::Lab, "Settle the life of the next permanent, for a lesson.", administration::lay_down_life)
        .problems(&[Invalid]);
}

fn network(routes: &mut Routes<LicenseServer>) {
    use ProblemCode::{Conflict, NotFound, Unreachable};
    let admin = Access::Administrator;
    routes.get("/network", admin, "Where this server stands, its role, and where it is published.", network::standing);
    routes
        .put(
            "/network",
            admin,
            "Settle where this server stands, and its role; it publishes itself as the role says (DI-23).",
            network::place,
        )
        .problems(&[Conflict, Unreachable]);
    routes.put("/directory", admin, "Settle the directory that this server asks.", network::trust_directory).problems(&[Conflict]);
    routes.delete("/directory", admin, "Take the directory's enrolment back.", network::forget_directory).problems(&[NotFound]);
    routes
        .put("/publication", admin, "Publish this server in its site, or take it from there (DI-23).", network::publish)
        .problems(&[Conflict, Unreachable]);
    routes.get("/configuration-review", admin, "Group membership, publication and scope (TL-08).", network::review);
    routes.post("/user-licenses", TERMINAL_SERVERS, "A user has logged on: record it in the directory (W08-04).", network::track);
    routes
        .post("/per-user-reports", admin, "Make a report of the users that hold a license, and keep it (TL-07).", network::report)
        .problems(&[Unreachable]);
    routes.get("/per-user-reports", admin, "The reports that were kept, newest first.", network::reports);
}

/// The life of an activation, typed codes, backup and restore.
fn lifecycle(routes: &mut Routes<LicenseServer>) {
    use ProblemCode::{
        ActivationRefused, BackupRefused, CodeRefused, DeactivationRefused, Invalid, NotActivated, NotTrusted, PackInstalled, PackVersion,
        RegistrantIncomplete, RequestReused, Unreachable,
    };
    let admin = Access::Administrator;
    routes.get(
        "/activation/papers",
        admin,
        "What the clearinghouse is told on its page or by telephone (AC-12, AC-13).",
        lifecycle::papers,
    );
    routes
        .post("/activation/id", admin, "Activate with a License Server ID (AC-12, AC-13, AC-17).", lifecycle::activate_by_id)
        .problems(&[CodeRefused, NotActivated, NotTrusted]);
    routes
        .put("/activation/certificate", admin, "Bring the clearinghouse's certificate as a file (CE-15).", lifecycle::bring_certificate)
        .problems(&[ActivationRefused, NotActivated, NotTrusted]);
    routes
        .post("/activation/key", admin, "Make a new key in place of one that got out (FT-23).", lifecycle::replace_key)
        .problems(&[Invalid]);
    routes.post("/reactivation", admin, "Activate again, for one of five reasons (AC-25, AC-26).", lifecycle::reactivate).problems(&[
        NotTrusted,
        NotActivated,
        RegistrantIncomplete,
        ActivationRefused,
        RequestReused,
        Unreachable,
    ]);
    routes.post("/deactivation", admin, "Deactivate: automatically or by telephone (AC-21 to AC-24).", lifecycle::deactivate).problems(&[
        DeactivationRefused,
        CodeRefused,
        NotActivated,
        NotTrusted,
        RegistrantIncomplete,
        RequestReused,
        Unreachable,
    ]);
    routes.post("/packs/ids", admin, "Install a pack by its typed key pack ID (AC-03).", lifecycle::install_by_id).problems(&[
        CodeRefused,
        NotActivated,
        NotTrusted,
        PackInstalled,
        PackVersion,
    ]);
    routes.get("/backup", admin, "The database, page by page (AC-38).", lifecycle::backup);
    routes
        .post("/restore", admin, "Restore a backup, piece by piece (AC-39, AC-40).", lifecycle::restore)
        .problems(&[BackupRefused, Invalid]);
}

fn trust(routes: &mut Routes<LicenseServer>) {
    let admin = Access::Administrator;
    let conflict = &[ProblemCode::Conflict];
    routes
        .put("/clearinghouse", admin, "Settle the clearinghouse: key, root, address.", administration::trust_clearinghouse)
        .problems(conflict);
    routes.get("/terminal-servers", admin, "The enrolled terminal servers.", administration::terminal_servers);
    routes.put("/terminal-servers/{name}", admin, "Enrol a terminal server.", administration::trust_terminal_server).problems(conflict);
    routes
        .delete("/terminal-servers/{name}", admin, "Take a terminal server's enrolment back.", administration::forget_terminal_server)
        .problems(&[ProblemCode::NotFound]);
}

fn others(routes: &mut Routes<LicenseServer>) {
    use ProblemCode::{Conflict, Forbidden, Invalid, NotFound};
    let (admin, service) = (Access::Administrator, LICENSE_SERVERS);
    routes
        .post("/referrals", service, "Another license server's pool is empty: issue in its place (LS-07).", peers::refer)
        .problems(&[Forbidden]);
    routes.post("/announcements", service, "Another license server says how many CALs it has (LS-08).", peers::hear).problems(&[Forbidden]);
    routes
        .post("/returns", service, "A CAL of this server has moved to another one: take it back (LS-10).", peers::take_back)
        .problems(&[Forbidden]);
    routes.get("/license-servers", admin, "The enrolled license servers, and what they announced last.", peers::list);
    routes
        .put("/license-servers/{name}", admin, "Enrol another license server, or change its address.", peers::trust)
        .problems(&[Conflict, Invalid]);
    routes.delete("/license-servers/{name}", admin, "Forget another license server.", peers::forget).problems(&[NotFound]);
    routes.post("/outreach", admin, "Say at once what is owed to other license servers (LS-08, LS-10).", peers::reach_out);
}

fn manage(routes: &mut Routes<LicenseServer>) {
    use ProblemCode::{
        Conflict, Forbidden, Invalid, NotActivated, NotFound, NotTrusted, PackUntrusted, PackVersion, ReplacementRefused, RevocationLimit,
        Unreachable,
    };
    let admin = Access::Administrator;
    routes.post("/revocations", admin, "Take a Device CAL back from its device (W08-07).", managing::revoke).problems(&[
        NotFound,
        Conflict,
        RevocationLimit,
    ]);
    routes
        .post("/conversions", admin, "Turn Device CALs into User CALs, or back (W08-13).", managing::convert)
        .problems(&[NotFound, Conflict, Invalid]);
    routes
        .delete("/packs/{pack}", admin, "Remove a pack; devices keep what they hold up to its end.", managing::remove)
        .problems(&[NotFound]);
    routes.post("/migrations", admin, "Take the packs of another license server over (W08-11).", managing::migrate).problems(&[
        Forbidden,
        NotTrusted,
        PackUntrusted,
        ReplacementRefused,
        NotFound,
        Conflict,
        Invalid,
        NotActivated,
        PackVersion,
        Unreachable,
    ]);
    routes
        .post("/releases", LICENSE_SERVERS, "Another license server takes over what was ordered for it (W08-11).", managing::release)
        .problems(&[Forbidden, Conflict]);
    routes
        .post("/release-orders", admin, "Order that CALs may leave for another license server, once (AM-17).", managing::order_release)
        .problems(&[NotFound, Conflict, Invalid]);
    routes.get("/release-orders", admin, "The orders that nobody has made use of yet.", managing::release_orders);
    routes.delete("/release-orders/{pack}", admin, "Take such an order back.", managing::withdraw_order).problems(&[NotFound]);
    routes
        .post("/database/rebuild", admin, "Delete every installed CAL and every record (W08-12).", managing::rebuild)
        .problems(&[Conflict, Invalid]);
    routes.post("/lab/database-damage", Access::Lab, "Let the database look damaged: event 4100, for a lesson.", managing::damage);
}
