//! The routes of the clearinghouse.

use chassis::http::{Access, Routes};
use shared::model::CallerRole;
use shared::wire::problem::ProblemCode;

use crate::desk::Desk;
use crate::{activations, packs, person, record, reseller, web};

/// The table of routes, from which the service, its refusals and its description are made.
#[must_use]
pub fn routes() -> Routes<Desk> {
    let mut routes = Routes::new();
    routes.get("/root.pem", Access::Anyone, "The root certificate of the lab.", record::root);
    routes
        .post("/activations", Access::Introduced, "Activate the license server that signs this call.", activations::activate)
        .problems(&[ProblemCode::RegistrantIncomplete, ProblemCode::ActivationRefused, ProblemCode::RequestReused, ProblemCode::SlowDown]);
    routes.post("/standing", Access::Introduced, "How the license server that signs this call stands here (AM-15).", activations::standing);
    routes.get("/activations", Access::Administrator, "Every activation asked for, turned down or not, newest first.", record::activations);
    routes.post("/packs", LICENSE_SERVERS, "Issue a CAL pack to the license server that signs this call.", packs::issue).problems(&[
        ProblemCode::PackRefused,
        ProblemCode::PackVersion,
        ProblemCode::SlowDown,
        ProblemCode::NotActivated,
        ProblemCode::RequestReused,
    ]);
    routes
        .post("/migrations", LICENSE_SERVERS, "Issue the pack of a license server that no longer functions anew (AM-17).", packs::migrate)
        .problems(&[
            ProblemCode::ReplacementRefused,
            ProblemCode::PackVersion,
            ProblemCode::SlowDown,
            ProblemCode::NotActivated,
            ProblemCode::NotFound,
            ProblemCode::RequestReused,
        ]);
    routes.get("/packs", Access::Administrator, "Every pack asked for, turned down or not, newest first.", record::packs);
    routes
        .post("/deactivations", LICENSE_SERVERS, "Deactivate the license server that signs this call (AC-23).", person::deactivate_itself)
        .problems(&[ProblemCode::RegistrantIncomplete, ProblemCode::NotActivated, ProblemCode::RequestReused]);
    routes.get("/turned-down", Access::Administrator, "How often what was turned down, and why (AC-42).", record::turned_down);
    desk(&mut routes);
    web::add(&mut routes);
    routes.get("/events", Access::Administrator, "The event log, newest first.", record::events);
    routes.post("/lab/reseller/codes", Access::Lab, "Buy a retail package.", reseller::buy);
    routes.post("/lab/reseller/xp-keys", Access::Lab, "Buy Windows XP Professional (WS03-10).", reseller::buy_xp);
    routes.post("/lab/reseller/agreements", Access::Lab, "Sign an agreement.", reseller::sign);
    routes
}

const LICENSE_SERVERS: Access = Access::Service(&[CallerRole::LicenseServer]);

/// The representative's desk: for whoever plays the clearinghouse to a caller.
fn desk(routes: &mut Routes<Desk>) {
    use ProblemCode::{
        ActivationRefused, CodeRefused, DeactivationRefused, NotActivated, NotFound, PackRefused, RegistrantIncomplete, ReplacementRefused,
        RequestReused,
    };
    let admin = Access::Administrator;
    routes
        .post("/desk/registrations", admin, "Activate a license server for a caller: a License Server ID (AC-13).", person::register)
        .problems(&[RegistrantIncomplete, ActivationRefused, CodeRefused, RequestReused]);
    routes.post("/desk/packs", admin, "Issue a pack for a caller: a key pack ID (AC-31).", person::issue).problems(&[
        PackRefused,
        NotActivated,
        CodeRefused,
        RequestReused,
    ]);
    routes.post("/desk/deactivations", admin, "Deactivate for a caller: a confirmation code (AC-22).", person::deactivate).problems(&[
        DeactivationRefused,
        NotActivated,
        CodeRefused,
        RequestReused,
    ]);
    let replaced = &[ReplacementRefused, NotActivated, NotFound, CodeRefused, RequestReused];
    routes.post("/desk/recoveries", admin, "Recover a pack's lost CALs as a new pack (AC-40, AC-48).", person::recover).problems(replaced);
    routes.post("/desk/reissues", admin, "Reissue a device's CAL of Windows 2000, once (W2K-11).", person::reissue).problems(replaced);
    routes.post("/desk/moves", admin, "Move a pack to another license server (AC-37).", person::move_pack).problems(replaced);
}
