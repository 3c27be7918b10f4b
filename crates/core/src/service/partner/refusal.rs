//! Records a refused consent: as an audit row if a key started it, otherwise as a count.

use crate::model::audit::{Action, Actor, Refusal, Subject};
use crate::model::name::PartnerId;
use crate::{App, Error};

/// A refusal to record.
pub(crate) struct Refused<const N: usize> {
    /// What was refused.
    pub action: Action,
    /// The reason: a word of a closed list.
    pub reason: &'static str,
    /// Details: short values, never a secret.
    pub detail: [(&'static str, String); N],
}

/// Records a refusal of a consent that did not change anything else.
///
/// # Errors
/// The table's errors, if it writes an audit row.
pub(crate) async fn note<const N: usize>(
    app: &App,
    partner: &PartnerId,
    actor: Actor,
    subject: Subject,
    refused: Refused<N>,
) -> Result<(), Error> {
    if !matches!(actor, Actor::Key(_)) {
        count(app, partner, refused).await;
        return Ok(());
    }
    let mut audit = app.audit(subject, refused.action, actor, refused.detail);
    audit.detail.insert("reason", refused.reason.to_owned());
    Ok(app.audit_log.note(&audit).await?)
}

/// Counts a refusal. An error is only logged, so that a flood of refusals does not turn into errors.
pub(crate) async fn count<const N: usize>(app: &App, partner: &PartnerId, refused: Refused<N>) {
    let Refused { action, reason, detail } = refused;
    let refusal = Refusal { partner: partner.clone(), action, reason, at: app.now(), detail: detail.into() };
    if let Err(error) = app.audit_log.count(&refusal).await {
        tracing::warn!(%partner, action = action.as_str(), reason, %error, "a refusal was not counted");
    }
}
