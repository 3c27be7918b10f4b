//! Writes down that a consent was refused: for a key in the history of what it is about, for anybody else as a count.

use crate::model::audit::{Action, Actor, Refusal, Subject};
use crate::model::name::PartnerId;
use crate::{App, Error};

/// A refusal on its way into the table.
pub(crate) struct Refused<const N: usize> {
    /// What was refused.
    pub action: Action,
    /// Why: a word of a closed list.
    pub reason: &'static str,
    /// More of it.
    pub detail: [(&'static str, String); N],
}

/// Notes a refusal that changed nothing.
///
/// # Errors
/// What the table says, where it is an audit row.
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

/// Counts a refusal. The answer does not depend on it: whoever floods a partner with refusals must not turn them into faults.
pub(crate) async fn count<const N: usize>(app: &App, partner: &PartnerId, refused: Refused<N>) {
    let Refused { action, reason, detail } = refused;
    let refusal = Refusal { partner: partner.clone(), action, reason, at: app.now(), detail: detail.into() };
    if let Err(error) = app.audit_log.count(&refusal).await {
        tracing::warn!(%partner, action = action.as_str(), reason, %error, "a refusal was not counted");
    }
}
