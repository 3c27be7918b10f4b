//! What the actions of an operator work with.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Error;
use crate::model::audit::{Action, Actor, Audit};
use crate::model::name::PartnerId;
use crate::model::partner::Partner;
use crate::port::clock::Clock;
use crate::port::entropy::Entropy;
use crate::port::store::partners::OperatorStore;

/// Somebody who may change partners and their keys.
pub struct Operator {
    /// Where partners and keys are stored.
    pub store: Arc<dyn OperatorStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Who acts, for the audit rows.
    pub actor: Actor,
}

impl Operator {
    /// One partner.
    ///
    /// # Errors
    /// `NotFound` where there is none of that id.
    pub async fn partner(&self, id: &PartnerId) -> Result<Partner, Error> {
        self.store.partner(id).await?.ok_or(Error::NO_PARTNER)
    }

    /// The audit row of a change that happens now; `detail` has no secret.
    pub(super) fn audit(&self, partner: &PartnerId, action: Action, detail: BTreeMap<&'static str, String>) -> Audit {
        let at = self.clock.now();
        Audit { id: self.entropy.id("", at), subject: partner.into(), at, action, actor: self.actor.clone(), detail }
    }
}
