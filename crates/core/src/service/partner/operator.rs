//! The actions of an operator at the command line.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Error;
use crate::model::audit::{Action, Actor, Audit};
use crate::model::name::PartnerId;
use crate::model::partner::Partner;
use crate::port::clock::Clock;
use crate::port::entropy::Entropy;
use crate::port::store::partners::OperatorStore;

/// An operator, who may change partners and keys, and the ports that this needs.
pub struct Operator {
    /// Stores partners and keys.
    pub store: Arc<dyn OperatorStore>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The actor in audit rows.
    pub actor: Actor,
}

impl Operator {
    /// One partner.
    ///
    /// # Errors
    /// `NotFound` if there is no such partner.
    pub async fn partner(&self, id: &PartnerId) -> Result<Partner, Error> {
        self.store.partner(id).await?.ok_or(Error::NO_PARTNER)
    }

    /// The audit row of a change, with the time. `detail` must have no secret.
    pub(super) fn audit(&self, partner: &PartnerId, action: Action, detail: BTreeMap<&'static str, String>) -> Audit {
        let at = self.clock.now();
        Audit { id: self.entropy.id("", at), subject: partner.into(), at, action, actor: self.actor.clone(), detail }
    }
}
