//! The actions of an operator at the command line, or of a caller with the scope `admin`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::model::api_key::{ApiKey, Scope};
use crate::model::audit::{Action, Actor, Audit};
use crate::model::name::PartnerId;
use crate::model::origin::Origin;
use crate::model::partner::Partner;
use crate::model::time::later;
use crate::port::clock::Clock;
use crate::port::entropy::Entropy;
use crate::port::store::partners::OperatorStore;
use crate::{App, Error};

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
    /// The scopes that the operator may give to a key.
    pub scopes: Vec<Scope>,
    /// The request that the operator sent; none at the command line.
    pub origin: Origin,
    /// Time for which audit rows are kept.
    pub audit_retention: Duration,
}

impl Operator {
    /// The caller with this key. It may give the scopes that it has.
    pub fn with_key(app: &App, key: &ApiKey) -> Self {
        Self {
            store: Arc::clone(&app.partners),
            clock: Arc::clone(&app.clock),
            entropy: Arc::clone(&app.entropy),
            actor: Actor::Key(key.id.clone()),
            scopes: key.scopes.clone(),
            origin: app.origins.current(),
            audit_retention: app.settings.audit_retention,
        }
    }

    /// One partner.
    ///
    /// # Errors
    /// `NotFound` if there is no such partner.
    pub async fn partner(&self, id: &PartnerId) -> Result<Partner, Error> {
        self.store.partner(id).await?.ok_or(Error::NO_PARTNER)
    }

    /// Refuses to give a scope that the operator does not have.
    pub(super) fn may_give(&self, scopes: &[Scope]) -> Result<(), Error> {
        let lacking: Vec<_> = scopes.iter().filter(|scope| !self.scopes.contains(scope)).map(|scope| scope.as_str()).collect();
        if lacking.is_empty() {
            return Ok(());
        }
        let message = format!("This API key cannot make a key with a scope that it lacks: {}.", lacking.join(", "));
        Err(Error::Forbidden { code: "insufficient_scope", message })
    }

    /// The audit row of a change, with the time. `detail` must have no secret.
    pub(super) fn audit(&self, partner: &PartnerId, action: Action, detail: BTreeMap<&'static str, String>) -> Audit {
        let at = self.clock.now();
        Audit {
            id: self.entropy.id("", at),
            subject: partner.into(),
            at,
            action,
            actor: self.actor.clone(),
            detail,
            origin: self.origin.clone(),
            expires_at: later(at, self.audit_retention),
        }
    }
}
