//! What a platform gave and no durable place took before its event ended: the process keeps it, and its next event tries first to
//! store it. It is lost only if the process ends before.

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

/// The most grants that one process keeps: more than it can refresh at once.
const KEPT_MOST: usize = 256;
/// How many are tried at once.
const AT_ONCE: usize = 16;

/// What a process has in its hands.
#[derive(Default)]
pub struct InHand(Mutex<Vec<Unstored>>);

/// A grant, sealed, and where it belongs.
#[derive(Clone)]
pub(crate) enum Unstored {
    /// Of a connection that was refreshed.
    Refreshed(Box<Parked>),
    /// Of a code that was exchanged; it belongs into its flow.
    Exchanged(Box<KeptGrant>),
    /// Of a revocation that needed a refresh first.
    Renewed { id: RevocationId, claim: Claim, grant: Box<StoredGrant> },
}

impl Unstored {
    /// Tells it from the others.
    fn name(&self) -> &str {
        match self {
            Self::Refreshed(parked) => &parked.commit.commit_id,
            Self::Exchanged(kept) => &kept.id,
            Self::Renewed { claim, .. } => &claim.id,
        }
    }

    /// Stores it; `Overtaken` where something else has taken its place.
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

impl InHand {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.all().len()
    }

    pub(crate) fn keep(&self, unstored: Unstored) {
        let mut all = self.all();
        if all.len() == KEPT_MOST {
            return tracing::error!("a grant is lost: this process keeps too many that were stored nowhere");
        }
        tracing::error!("only this process has a grant: neither table nor queue took it");
        all.push(unstored);
    }

    fn forget(&self, stored: &Unstored) {
        self.all().retain(|one| one.name() != stored.name());
    }

    fn all(&self) -> MutexGuard<'_, Vec<Unstored>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stores what is in our hands alone: tries again while the table fails and the time lasts, and then keeps it in this process.
///
/// # Errors
/// What the table says last.
pub(crate) async fn store_or_keep(app: &App, unstored: Unstored, ends_at: Duration) -> Result<Written, Error> {
    loop {
        let error = match unstored.store(app).await {
            Err(error) => error,
            stored => return stored,
        };
        let pause = app.settings.poll.mul_f64(2.0 * (1.0 + app.entropy.fraction()));
        if app.clock.elapsed() + pause + app.settings.store_timeout > ends_at {
            app.in_hand.keep(unstored);
            return Err(error);
        }
        app.clock.sleep(pause).await;
    }
}

/// Tries once to store what earlier events of this process left, beginning none after the time of one request, since what the
/// event is for comes after it, and none that could not be over at `ends_at`. What is not stored stays: nothing is taken out
/// before it is.
pub async fn store_in_hand(app: &App, ends_at: Duration) {
    let unstored = app.in_hand.all().clone();
    // Table and parking, each bounded by its client.
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
                app.in_hand.forget(&one);
            }
            Err(error) => tracing::error!(%error, "a grant is still in this process only"),
        }
    });
    storing.await;
}
