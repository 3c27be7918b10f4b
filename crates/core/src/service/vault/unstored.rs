//! Grants that neither the table nor the queue stored before the end of an invocation. The process keeps them in memory, and its next
//! invocation tries first to store them. They are lost only if the process ends before that.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use crate::model::grant::StoredGrant;
use crate::model::revocation::RevocationId;
use crate::port::parking::Parked;
use crate::port::store::Written;
use crate::port::store::consents::KeptGrant;
use crate::port::store::revocations::Claim;
use crate::{App, Error};

use crate::service::vault::commit_parked::{Unparked, commit_parked};
use crate::service::vault::late_grant::leave_to_revoker;

/// The largest number of grants that a process keeps. It can refresh fewer at once.
const KEPT_MOST: usize = 256;
/// How many grants are stored at once.
const AT_ONCE: usize = 16;

/// The grants that only this process has.
#[derive(Default)]
pub struct UnstoredGrants(Mutex<Vec<UnstoredGrant>>);

/// A sealed grant and where to store it.
#[derive(Clone)]
pub(crate) enum UnstoredGrant {
    /// The grant of a refreshed connection.
    Refreshed(Box<Parked>),
    /// The grant of an exchanged code, for its flow.
    Exchanged(Box<KeptGrant>),
    /// The grant of a revocation that had to refresh first.
    Renewed { id: RevocationId, claim: Claim, grant: Box<StoredGrant> },
}

impl UnstoredGrant {
    /// Identifies the grant among the others.
    fn name(&self) -> &str {
        match self {
            Self::Refreshed(parked) => parked.commit.commit_id.as_str(),
            Self::Exchanged(kept) => &kept.id,
            Self::Renewed { claim, .. } => &claim.id,
        }
    }

    /// Stores the grant; `Overtaken` if a newer one has replaced it.
    async fn store(&self, app: &App) -> Result<Written, Error> {
        match self {
            Self::Refreshed(parked) => match commit_parked(app, parked).await {
                Ok(Unparked::Committed | Unparked::Revived) => Ok(Written::Stored),
                Ok(Unparked::Late) => Ok(Written::Overtaken),
                Err(error) => app.parking.park(parked).await.map(|()| Written::Stored).map_err(|_| error),
            },
            Self::Exchanged(kept) => match app.flows.keep_grant(kept).await? {
                Written::Stored => Ok(Written::Stored),
                Written::Overtaken => leave_to_revoker(app, kept).await.map(|()| Written::Overtaken),
            },
            Self::Renewed { id, claim, grant } => Ok(app.revocations.renew(id, claim, grant).await?),
        }
    }
}

impl UnstoredGrants {
    /// The number of grants.
    pub fn count(&self) -> usize {
        self.all().len()
    }

    pub(crate) fn keep(&self, unstored: UnstoredGrant) {
        let mut all = self.all();
        if all.len() == KEPT_MOST {
            return tracing::error!("a grant is lost: this process keeps too many that were stored nowhere");
        }
        tracing::error!("only this process has a grant: neither the table nor the queue stored the grant");
        all.push(unstored);
    }

    fn forget(&self, stored: &UnstoredGrant) {
        self.all().retain(|one| one.name() != stored.name());
    }

    fn all(&self) -> MutexGuard<'_, Vec<UnstoredGrant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stores a grant that only this process has. It retries until `ends_at`, and then keeps the grant in memory.
///
/// # Errors
/// The table's last error.
pub(crate) async fn store_or_keep(app: &App, unstored: UnstoredGrant, ends_at: Duration) -> Result<Written, Error> {
    loop {
        let error = match unstored.store(app).await {
            Err(error) => error,
            stored => return stored,
        };
        let pause = app.settings.poll.mul_f64(2.0 * (1.0 + app.entropy.fraction()));
        if app.clock.elapsed() + pause + app.settings.store_timeout > ends_at {
            app.unstored.keep(unstored);
            return Err(error);
        }
        app.clock.sleep(pause).await;
    }
}

/// Tries once to store the grants that earlier invocations of this process left. It starts no write later than one request's time after
/// its own start, because the invocation has its own work to do, and none that could not end by the monotonic time `ends_at`. A grant is
/// removed from memory only after it is stored.
pub async fn store_unstored(app: &App, ends_at: Duration) {
    let unstored = app.unstored.all().clone();
    // A write to the table and one to the queue, each bounded by its client.
    let takes = 2 * app.settings.store_timeout;
    let begins_until = (app.clock.elapsed() + app.settings.store_timeout).min(ends_at.saturating_sub(takes));
    let storing = stream::iter(unstored).for_each_concurrent(AT_ONCE, async |one| {
        if app.clock.elapsed() > begins_until {
            return;
        }
        match one.store(app).await {
            Ok(written) => {
                match written {
                    Written::Stored => tracing::warn!("a grant that this process kept is stored"),
                    Written::Overtaken => tracing::warn!("a newer grant replaced one that this process kept"),
                }
                app.unstored.forget(&one);
            }
            Err(error) => tracing::error!(%error, "a grant is still in this process only"),
        }
    });
    storing.await;
}
