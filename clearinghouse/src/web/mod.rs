//! The clearinghouse's pages: the web method of activation, packs, the transition offer (AC-12, AC-31, WS03-10, WS03-14).
//!
//! Plain server-made HTML: no script, one small style sheet, every field with its label, usable by keyboard alone. They lead
//! to the same commands as the representative's desk.

mod forms;
mod layout;
mod offer;
mod servers;

use chassis::http::{Access, Elsewhere, Routes};
use shared::wire::problem::Problem;

use crate::desk::Desk;

/// Adds the pages to the table of routes.
pub(crate) fn add(routes: &mut Routes<Desk>) {
    let anyone = Access::Anyone;
    routes.get("/", anyone, "Where the pages are.", start);
    routes.get("/web", anyone, "Page: where to go.", servers::start);
    routes.get("/web/activate", anyone, "Page: activate a license server (AC-12).", servers::activation_form);
    routes.post("/web/activate", anyone, "Page: the License Server ID (AC-02).", servers::activate);
    routes
        .post("/web/certificate", anyone, "The certificate beside a License Server ID, as a file (CE-15).", servers::certificate)
        .problems(&[shared::wire::problem::ProblemCode::NotFound, shared::wire::problem::ProblemCode::Invalid]);
    routes.get("/web/install", anyone, "Page: install CALs (AC-31).", servers::install_form);
    routes.post("/web/install", anyone, "Page: the key pack ID (AC-03).", servers::install);
    routes.get("/web/reactivate", anyone, "Page: activate a license server again (AC-25).", servers::reactivation_form);
    routes.post("/web/reactivate", anyone, "Page: the new License Server ID.", servers::reactivate);
    routes.get("/web/deactivate", anyone, "Page: why not here (AC-21).", servers::deactivate);
    routes.get("/web/xp", anyone, "Page: the offer to owners of Windows XP Professional (WS03-14).", offer::form);
    routes.post("/web/xp", anyone, "Page: product keys for license tokens (WS03-14).", offer::take);
    routes.get("/web/mail", anyone, "Page: the lab's mailbox.", offer::mailbox);
    routes.post("/web/mail", anyone, "Page: what was sent to an address.", offer::letters);
}

/// Whoever types the address without a path wants the pages.
async fn start(_: Desk) -> Result<Elsewhere, Problem> {
    Ok(Elsewhere("/web"))
}
