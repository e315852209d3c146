//! Packs leave a license server on its own administrator's order only: which, how many, to whom, once (AM-17).

use super::log::log;
use super::managing::{ManageEvent, Release, managed};
use super::{Event, InstalledPack, Ledger, Refusal, Server};
use crate::machine::Moment;
use crate::model::{Pack, PackId};
use crate::policy::{events, versions};
use crate::wire::managing::{OrderRelease, ReleaseOrder};

/// AM-17: only a server of 2008 R2 gives packs up by itself; others have them removed by hand.
pub(super) fn order(ledger: &Ledger, server: &Server, wanted: OrderRelease) -> Result<Vec<Event>, Refusal> {
    may_release(server)?;
    let OrderRelease { pack, quantity, to } = wanted;
    let installed = ledger.installed(&pack).ok_or_else(|| Refusal::NoSuchPack(pack.clone()))?;
    ledger.peer(&to).ok_or_else(|| Refusal::NoSuchServer(to.clone()))?;
    let quantity = quantity.unwrap_or(installed.pack.total);
    check_quantity(installed, quantity)?;
    let order = ReleaseOrder { pack, quantity, to };
    let same = ledger.orders.get(&order.pack) == Some(&order);
    Ok(if same { Vec::new() } else { vec![managed(ManageEvent::ReleaseOrdered(order))] })
}

/// An order that was not made use of is taken back.
pub(super) fn withdraw(ledger: &Ledger, pack: PackId) -> Result<Vec<Event>, Refusal> {
    if ledger.orders.contains_key(&pack) { Ok(vec![managed(ManageEvent::ReleaseWithdrawn(pack))]) } else { Err(Refusal::NoOrderFor(pack)) }
}

/// W08-11, AM-17: what was ordered for that license server, and what it can hold, is removed here; asked again, the answer is the same.
pub(super) fn release(
    ledger: &Ledger,
    server: &Server,
    command: Release,
    moment: &mut Moment<'_>,
) -> Result<(Vec<Pack>, Vec<Event>), Refusal> {
    let Release { request, to, up_to } = command;
    may_release(server)?;
    match ledger.released.get(&request) {
        Some(before) if before.to == to => return Ok((before.packs.clone(), Vec::new())),
        Some(_) => return Err(Refusal::NoOrder(to)),
        None => {}
    }
    let (mut packs, mut numbers, mut parts) = (Vec::new(), Vec::new(), Vec::new());
    let mut log_events = Vec::new();
    for order in ledger.orders.values().filter(|order| order.to == to) {
        let Some(installed) = ledger.installed(&order.pack).filter(|pack| versions::server_holds(up_to, pack.pack.version)) else {
            continue;
        };
        if check_quantity(installed, order.quantity).is_err() {
            continue;
        }
        if order.quantity == installed.pack.total {
            packs.push(installed.pack.clone());
            numbers.push(installed.number);
        } else {
            // A part is a pack of its own, as a conversion makes one.
            packs.push(Pack { id: PackId::from_random(moment.dice.bytes()), total: order.quantity, ..installed.pack.clone() });
            parts.push((installed.number, order.quantity));
        }
        log_events.push(log(events::released(&to, order.quantity, installed.pack.version)));
    }
    if packs.is_empty() {
        return Err(Refusal::NoOrder(to));
    }
    let released = managed(ManageEvent::Released { request, to, packs: packs.clone(), numbers, parts });
    Ok((packs, std::iter::once(released).chain(log_events).collect()))
}

/// All CALs of a pack, whoever holds them, or fewer of those that are free.
fn check_quantity(installed: &InstalledPack, quantity: u32) -> Result<(), Refusal> {
    if quantity == installed.pack.total || (1..=installed.available()).contains(&quantity) {
        return Ok(());
    }
    Err(Refusal::OutOfRange { what: "the quantity to release", low: 1, high: installed.available(), given: quantity })
}

fn may_release(server: &Server) -> Result<(), Refusal> {
    if server.terms().migrates_packs {
        return Ok(());
    }
    Err(Refusal::NoSuchTool {
        tool: "giving packs up to another license server (remove them by hand instead)",
        generation: server.generation,
    })
}

impl Ledger {
    /// The orders that nobody has made use of yet (AM-17).
    #[must_use]
    pub fn release_orders(&self) -> Vec<ReleaseOrder> {
        self.orders.values().cloned().collect()
    }
}
