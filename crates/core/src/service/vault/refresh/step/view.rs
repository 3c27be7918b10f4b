//! The part of a connection that the step function sees, without tokens.

use jiff::Timestamp;

use crate::model::connection::{Connection, GrantState, LastFailure};
use crate::model::lease::{CommitId, Lease};
use crate::model::platform::PlatformName;

use super::Now;

/// A connection without its tokens, and its lease.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct View {
    /// The platform.
    pub platform: PlatformName,
    /// The epoch.
    pub epoch: u64,
    /// The status.
    pub grant_state: GrantState<()>,
    /// Whether there is a refresh token to send.
    pub has_refresh_token: bool,
    /// When the access token expires.
    pub expires_at: Timestamp,
    /// When it was last refreshed.
    pub refreshed_at: Option<Timestamp>,
    /// The id of the attempt, or of the consent, that stored the grant.
    pub commit_id: CommitId,
    /// When its refresh is due.
    pub due_at: Option<Timestamp>,
    /// The last failure.
    pub last_failure: Option<LastFailure>,
    /// The lease; `None` also if it was not read.
    pub lease: Option<Lease>,
}

impl View {
    /// The view of a connection and its lease.
    pub(crate) fn of(connection: &Connection, lease: Option<Lease>) -> Self {
        let grant = connection.grant();
        Self {
            platform: connection.company.platform,
            epoch: connection.epoch,
            grant_state: connection.grant_state.without_grant(),
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

    /// The lease on the present epoch, expired or not.
    pub(super) fn present_lease(&self) -> Option<&Lease> {
        self.lease.as_ref().filter(|lease| lease.epoch == self.epoch)
    }

    /// A lease whose attempt may still have the present refresh token at the platform. It is on this epoch and not known to have ended, or a
    /// commit of another attempt has outdated it, which need not have changed the token. A consent has always changed it.
    pub(crate) fn open_lease(&self) -> Option<&Lease> {
        let ended = self.last_failure.as_ref().and_then(|last_failure| last_failure.ended_lease.as_ref());
        self.lease.as_ref().filter(|lease| {
            let is_outdated = lease.epoch < self.epoch;
            let by_another_attempt = self.refreshed_at.is_some() && self.commit_id != CommitId::under(&lease.id);
            ended != Some(&lease.id) && (!is_outdated || by_another_attempt)
        })
    }
}
