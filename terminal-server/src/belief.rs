//! Whom this terminal server believes: the lab's root and the pinned license servers, kept ready for checking licenses.

use std::sync::{Arc, PoisonError, RwLock};

use shared::model::Cal;
use shared::model::{CalKind, PublicKey, ServerName};
use shared::node::Node;
use shared::policy::admission::Presented;
use shared::trust::{self, Anchors, Flaw, KeyHolder, Root};

/// The anchors, made from the node's state when they are first needed and again after an enrolment.
#[derive(Default)]
pub(crate) struct Belief(RwLock<Ready>);

#[derive(Default)]
struct Ready {
    anchors: Option<Arc<Anchors>>,
    /// Counts how often they were forgotten, so that nobody puts back what was made before that.
    forgotten: u64,
}

impl Belief {
    /// What a client presented, with its proof looked at (PD-22, PD-23); `anchors` is asked when nothing is ready.
    pub(crate) fn open(&self, token: Option<&str>, anchors: impl FnOnce() -> Anchors) -> Presented {
        let Some(token) = token else { return Presented::Nothing };
        match trust::open_license(token, &self.anchors(anchors)) {
            Ok(cal) => Presented::License(cal),
            Err(Flaw::Damaged(reason)) => Presented::Damaged { reason },
            Err(Flaw::Untrusted(reason)) => Presented::Untrusted { reason },
        }
    }

    /// Whose permanent this is, where its proof is good in itself: who would have to be known here for it to count (AM-15).
    pub(crate) fn stranger(&self, token: &str, anchors: impl FnOnce() -> Anchors) -> Option<KeyHolder> {
        let permanent = trust::peek_license(token).is_some_and(|cal| cal.kind == CalKind::Permanent);
        if permanent { trust::signer_of(token, &self.anchors(anchors)) } else { None }
    }

    /// The license in an answer, where it would be genuine if this issuer were known here.
    pub(crate) fn genuine_from(
        &self,
        token: &str,
        issuer: (ServerName, PublicKey),
        anchors: impl FnOnce() -> Anchors,
    ) -> Result<Cal, Flaw> {
        let mut anchors = self.anchors(anchors).as_ref().clone();
        anchors.vouch(issuer.0, issuer.1);
        trust::open_license(token, &anchors)
    }

    /// The license in a license server's answer, where it is genuine.
    pub(crate) fn genuine(&self, token: &str, anchors: impl FnOnce() -> Anchors) -> Result<Cal, Flaw> {
        trust::open_license(token, &self.anchors(anchors))
    }

    /// Forgets what was ready: somebody was enrolled, or the root was settled.
    pub(crate) fn forget(&self) {
        let mut ready = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *ready = Ready { anchors: None, forgotten: ready.forgotten + 1 };
    }

    fn anchors(&self, make: impl FnOnce() -> Anchors) -> Arc<Anchors> {
        let (ready, forgotten) = {
            let ready = self.0.read().unwrap_or_else(PoisonError::into_inner);
            (ready.anchors.clone(), ready.forgotten)
        };
        if let Some(ready) = ready {
            return ready;
        }
        let made = Arc::new(make());
        let mut ready = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if ready.forgotten == forgotten {
            ready.anchors = Some(made.clone());
        }
        made
    }
}

/// The anchors that a node's state amounts to: the root, the pins (CE-14), and whose permanents count (AM-15).
pub(crate) fn anchors_of(node: &Node) -> Anchors {
    let mut anchors = Anchors::default();
    if let Some(root) = node.root().and_then(|(pem, _)| Root::parse_pem(pem).ok()) {
        anchors.set_root(root);
    }
    for (name, enrolled) in node.enrolled() {
        anchors.set_pin(name.clone(), enrolled.key);
    }
    let others = node.whose_permanents_count();
    anchors.set_accept(others.accept);
    for server in others.vouched {
        anchors.vouch(server.name, server.key);
    }
    for (server, up_to) in others.up_to {
        anchors.cover(server.name, server.key, up_to);
    }
    anchors
}
