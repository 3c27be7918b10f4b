//! Stores the new grant of a refresh.

use super::step::Observation;
use super::{Execution, apply};
use crate::model::connection::{DeathCause, LastFailure};
use crate::port::parking::Parked;
use crate::port::store::{StoreError, Written};
use crate::service::vault::commit_parked::{Unparked, commit_parked};
use crate::service::vault::refresh::grant_end::end_of;

impl Execution {
    pub(super) async fn store(&mut self) -> Observation {
        let Some(fresh) = &self.fresh else { return Observation::StoreFailed };
        let written = match self.app.grants.commit(&self.id, &fresh.commit).await {
            Ok(Written::Overtaken) => self.store_late(fresh).await,
            written => written,
        };
        if written == Ok(Written::Stored)
            && let Some(connection) = &mut self.connection
        {
            apply(connection, &fresh.commit);
        }
        self.observe("commit", written)
    }

    /// Stores a grant whose connection changed meanwhile: by a consent, a disconnect, a parked grant, or because the grant was marked dead.
    pub(super) async fn store_late(&self, fresh: &Parked) -> Result<Written, StoreError> {
        match commit_parked(&self.app, fresh).await {
            Ok(Unparked::Committed | Unparked::Revived) => Ok(Written::Stored),
            Ok(Unparked::Late) => Ok(Written::Overtaken),
            Err(error) => Err(StoreError::Unavailable(error.to_string())),
        }
    }

    pub(super) async fn park(&mut self) -> Observation {
        let Some(parked) = &self.fresh else { return Observation::StoreFailed };
        if let Err(error) = self.app.parking.park(parked).await {
            return self.store_failed("park", &error);
        }
        tracing::warn!(connection = %self.id, commit = %parked.commit.commit_id, "a fresh grant was parked");
        Observation::Parked
    }

    pub(super) async fn record_failure(&mut self, last_failure: LastFailure) -> Observation {
        let Some(connection) = &mut self.connection else {
            return Observation::StoreFailed;
        };
        let due_at = last_failure.retry_at;
        let epoch = connection.epoch;
        connection.last_failure = Some(last_failure.clone());
        let written = self.app.grants.record_failure(&self.id, epoch, &last_failure, due_at).await;
        self.observe("record failure", written)
    }

    pub(super) async fn end_grant(&mut self, cause: DeathCause) -> Observation {
        let Some(connection) = &self.connection else {
            return Observation::StoreFailed;
        };
        // Each try writes the same end: the id of its event shows the table that it is one write.
        let end = self.end.get_or_insert_with(|| {
            let mut end = end_of(&self.app, connection, cause);
            // The process that took a lease since may still have the token at the platform.
            end.last_failure.ended_lease = self.send.as_ref().map(|sent| sent.lease_id.clone());
            end
        });
        let written = self.app.grants.end_grant(end).await;
        self.observe("end grant", written)
    }

    pub(super) fn observe(&self, what: &'static str, written: Result<Written, StoreError>) -> Observation {
        match written {
            Ok(Written::Stored) => Observation::Stored,
            Ok(Written::Overtaken) => Observation::Overtaken,
            Err(error) => self.store_failed(what, &error),
        }
    }

    pub(super) fn store_failed(&self, what: &'static str, error: &StoreError) -> Observation {
        tracing::error!(connection = %self.id, what, %error, "the table failed during a refresh");
        Observation::StoreFailed
    }
}
