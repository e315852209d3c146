//! The network model's part in a service: which other services it cannot reach, though they are there.
//!
//! A lab is one process or a handful of containers, where everybody reaches everybody. What a router, a firewall or a missing
//! line would take away is taken away here, once, for every call that a service makes.

use std::sync::{Arc, PoisonError, RwLock};

use shared::model::PublicKey;
use shared::wire::common::CutOff;

/// Who is out of reach; clones share it. Kept in the journal by the engine, like the clock.
#[derive(Clone, Debug, Default)]
pub struct Network(Arc<RwLock<Vec<CutOff>>>);

impl Network {
    /// Everybody who is out of reach.
    #[must_use]
    pub fn cut_off(&self) -> Vec<CutOff> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why a call to the service with this key comes to nothing; none where the way is open.
    pub(crate) fn obstacle(&self, key: &PublicKey) -> Option<String> {
        let cut = self.0.read().unwrap_or_else(PoisonError::into_inner);
        cut.iter().find(|cut| cut.key == *key).map(|cut| format!("no way leads to {}: the lab's network is cut there", cut.name))
    }

    pub(crate) fn go(&self, cut_off: Vec<CutOff>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = cut_off;
    }
}
