//! The routes of the clearinghouse.

use chassis::http::{Access, Routes};
use shared::wire::problem::ProblemCode;

use crate::desk::Desk;
use crate::{activations, packs, record, reseller};

/// The table of routes, from which the service, its refusals and its description are made.
#[must_use]
pub fn routes() -> Routes<Desk> {
    let mut routes = Routes::new();
    routes.get("/root.pem", Access::Anyone, "The root certificate of the lab.", record::root);
    routes
        .post("/activations", Access::Introduced, "Activate the license server that signs this call.", activations::activate)
        .problems(&[ProblemCode::RegistrantIncomplete, ProblemCode::ActivationRefused, ProblemCode::RequestReused]);
    routes.get("/activations", Access::Administrator, "Every activation asked for, turned down or not, newest first.", record::activations);
    routes.post("/packs", Access::Service, "Issue a CAL pack to the license server that signs this call.", packs::issue).problems(&[
        ProblemCode::PackRefused,
        ProblemCode::PackVersion,
        ProblemCode::NotActivated,
        ProblemCode::RequestReused,
    ]);
    routes.get("/packs", Access::Administrator, "Every pack asked for, turned down or not, newest first.", record::packs);
    routes.get("/events", Access::Administrator, "The event log, newest first.", record::events);
    routes.post("/lab/reseller/codes", Access::Lab, "Buy a retail package.", reseller::buy);
    routes.post("/lab/reseller/agreements", Access::Lab, "Sign an agreement.", reseller::sign);
    routes
}
