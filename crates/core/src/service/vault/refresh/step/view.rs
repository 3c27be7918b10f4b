//! What the step function sees of a connection: no token, nothing sealed.

use jiff::Timestamp;

use crate::model::connection::{Connection, LastFailure, Standing};
use crate::model::lease::Lease;
use crate::model::platform::PlatformName;

use super::Now;

/// What the step function knows of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct View {
    /// Whose token it is.
    pub platform: PlatformName,
    /// The epoch.
    pub epoch: u64,
    /// Where it stands.
    pub standing: Standing<()>,
    /// Whether there is a refresh token to present.
    pub has_refresh_token: bool,
    /// When the access token ends.
    pub expires_at: Timestamp,
    /// When it was last refreshed.
    pub refreshed_at: Option<Timestamp>,
    /// The attempt, or the consent, that the grant is from.
    pub commit_id: String,
    /// When its refresh is due.
    pub due_at: Option<Timestamp>,
    /// What went wrong last.
    pub last_failure: Option<LastFailure>,
    /// The lease beside it; `None` also where it was not asked for.
    pub lease: Option<Lease>,
}

impl View {
    /// The view of a connection and its lease.
    pub(crate) fn of(connection: &Connection, lease: Option<Lease>) -> Self {
        let grant = connection.grant();
        Self {
            platform: connection.company.platform,
            epoch: connection.epoch,
            standing: connection.standing.bare(),
            has_refresh_token: grant.is_some_and(|grant| grant.refresh_token.is_some()),
            expires_at: grant.map_or(Timestamp::UNIX_EPOCH, |grant| grant.access_token_expires_at),
            refreshed_at: connection.refreshed_at,
            commit_id: connection.commit_id.clone(),
            due_at: connection.due_at,
            last_failure: connection.last_failure.clone(),
            lease,
        }
    }

    pub(super) fn is_valid(&self, now: Now) -> bool {
        self.expires_at > now.wall
    }

    pub(super) fn is_doubtful(&self) -> bool {
        self.last_failure.as_ref().is_some_and(|last_failure| last_failure.doubtful)
    }

    pub(super) fn failures(&self) -> u32 {
        self.last_failure.as_ref().map_or(0, |last_failure| last_failure.failures)
    }

    /// The lease on the present epoch, over or not.
    pub(super) fn present_lease(&self) -> Option<&Lease> {
        self.lease.as_ref().filter(|lease| lease.epoch == self.epoch)
    }

    /// A lease whose attempt may still be at the platform with the present refresh token: one on this epoch, unless it is
    /// known to be over, or one that another attempt's late commit has outdated. That commit need not have changed the token.
    /// After a consent it has.
    pub(crate) fn open_lease(&self) -> Option<&Lease> {
        let settled = self.last_failure.as_ref().and_then(|last_failure| last_failure.settled_lease.as_ref());
        self.lease.as_ref().filter(|lease| {
            let is_outdated = lease.epoch < self.epoch;
            let by_another_attempt = self.refreshed_at.is_some() && lease.id != self.commit_id;
            settled != Some(&lease.id) && (!is_outdated || by_another_attempt)
        })
    }
}
