//! Does what the step function says, with the ports of the real world.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument as _;

use crate::model::audit::{Action, Actor};
use crate::model::connection::{Company, Connection, ConnectionId, DeathCause, Standing, Trouble};
use crate::model::event::{Event, EventKind};
use crate::model::grant::Grant;
use crate::model::kept_answer::AnswerOf;
use crate::model::lease::Lease;
use crate::model::probe::Probe;
use crate::model::secret::Secret;
use crate::model::time::later;
use crate::model::unread::UnreadAnswer;
use crate::port::parking::Parked;
use crate::port::platform::{self, Platform, TokenFailure};
use crate::port::store::StoreError;
use crate::port::store::Written;
use crate::port::store::vault::Commit;
use crate::port::store::vault::GrantEnd;
use crate::port::store::vault::Taken;
use crate::{App, Error};

use super::sealed_grant::{REFRESH_TOKEN, seal_grant, sealing_owner};
use super::step::{self, Next, Now, Outcome, Reason, Refresh, Saw, View};
use crate::service::addresses::redirect_uri;
use crate::service::vault::commit_parked::{Unparked, commit_parked};
use crate::service::vault::due::{self, Stored};
use crate::service::vault::in_hand::Unstored;
use crate::service::vault::keep_answer::keep_answer;

/// What came of a refresh.
pub struct Refreshed {
    /// How it ended.
    pub outcome: Outcome,
    /// The connection as it was last seen or written; `None` where there is none.
    pub connection: Option<Connection>,
}

/// What a refresh is asked for, and within which bounds.
pub struct Asked {
    /// Why.
    pub reason: Reason,
    /// When all of it must be over, by the clock that does not jump.
    pub ends_at: Duration,
    /// Its place among those under way that [every lost answer](Platform::must_hear_every_answer) would end.
    pub place: Place,
}

/// A place among so many refreshes at most.
pub enum Place {
    /// There is no such bound: a caller waits.
    NotNeeded,
    /// One of these; with none free nothing is begun.
    IfFree(Arc<Semaphore>),
    /// This one.
    Taken(OwnedSemaphorePermit),
}

/// Refreshes a connection's token if there is reason to.
///
/// It runs as a task of its own: a caller that goes away does not cancel it half way, and a panic in it stays in it. It ends when
/// the platform's answer is stored, or when its time is spent: a process that is frozen in between would not hear it.
///
/// # Errors
/// `Misconfigured` where the keyring or the platform's credentials are missing: found before anything is sent or written.
pub async fn refresh(app: &Arc<App>, id: &ConnectionId, asked: Asked) -> Result<Refreshed, Error> {
    let run = Run {
        app: Arc::clone(app),
        id: id.clone(),
        asked,
        began: app.clock.elapsed(),
        connection: None,
        send: None,
        fresh: None,
        unread: None,
        end: None,
    };
    match tokio::spawn(run.drive().in_current_span()).await {
        Ok(refreshed) => refreshed,
        Err(panic) => Err(Error::Internal(format!("the refresh of {id} ended early: {panic}"))),
    }
}

/// The most steps one refresh takes: looks while waiting, and retries, are bounded by time long before this.
const STEPS_MOST: usize = 2_000;

/// After so many failures in a row no further answer is kept: what the platform gave for the token it gave at once.
const ANSWERS_KEPT_MOST: u32 = 8;

struct Run {
    app: Arc<App>,
    id: ConnectionId,
    asked: Asked,
    began: Duration,
    connection: Option<Connection>,
    send: Option<ToSend>,
    /// The grant in hand, on its way into the table.
    fresh: Option<Parked>,
    /// The answer that brought it, where a field of it could not be read, and the epoch that it replaces.
    unread: Option<(u64, UnreadAnswer)>,
    /// The end of the grant, on its way there.
    end: Option<GrantEnd>,
}

struct ToSend {
    platform: Arc<dyn Platform>,
    refresh_token: Secret,
    region: Option<String>,
    redirect_uri: Option<String>,
    lease_id: String,
}

impl Run {
    async fn drive(mut self) -> Result<Refreshed, Error> {
        let unused = self.app.unused_leases.of(&self.id);
        let mut machine = Refresh::new(self.asked.reason, self.app.settings, self.now(), self.asked.ends_at, unused);
        let ended = self.obey(&mut machine).await;
        self.app.unused_leases.set(&self.id, machine.unused());
        // After the grant is stored: a slow table must not keep that waiting.
        if let Some((epoch, unread)) = self.unread.take() {
            self.keep(epoch, &unread).await;
        }
        Ok(self.finish(ended?))
    }

    async fn obey(&mut self, machine: &mut Refresh) -> Result<Outcome, Error> {
        let mut saw = Saw::Begin;
        for _ in 0..STEPS_MOST {
            saw = match machine.step(self.now(), saw) {
                Next::Look => self.look().await,
                Next::TakeLease { .. } if self.is_clock_skewed() => return Ok(Outcome::ClockSkewed),
                Next::TakeLease { .. } if !self.has_place().await? => return Ok(Outcome::Crowded),
                Next::TakeLease { epoch, seen, doubtful } => self.take_lease(epoch, seen, doubtful).await?,
                Next::LookAgain => self.look_again().await,
                Next::Send { listen } => self.send(listen).await?,
                Next::Commit => self.store().await,
                Next::Park => self.park().await,
                Next::RecordTrouble(trouble) => self.record_trouble(trouble).await,
                Next::EndGrant(cause) => self.end_grant(cause).await,
                Next::Wait(time) => {
                    self.app.clock.sleep(time).await;
                    Saw::Waited
                }
                Next::Finish(outcome) => return Ok(outcome),
            };
        }
        Err(Error::Internal(format!("the refresh of {} did not end", self.id)))
    }

    fn now(&self) -> Now {
        Now { wall: self.app.clock.now(), elapsed: self.app.clock.elapsed(), chance: self.app.entropy.fraction() }
    }

    /// Judged by the look that was just answered, before anything is written or sent.
    fn is_clock_skewed(&self) -> bool {
        let Some(connection) = &self.connection else { return false };
        let (skew, most) = (self.app.skew.least(), self.app.settings.skew_most(connection.company.platform));
        if skew > most {
            tracing::error!(connection = %self.id, ?skew, ?most, "this machine's clock is too far from the table's to refresh a token");
        }
        skew > most
    }

    async fn look(&mut self) -> Saw {
        self.end = None;
        match self.app.connections.look(&self.id).await {
            Ok(None) => {
                self.connection = None;
                Saw::View(None)
            }
            Ok(Some((connection, lease))) => {
                let view = View::of(&connection, lease);
                self.connection = Some(connection);
                Saw::View(Some(Box::new(view)))
            }
            Err(error) => self.store_failed("look", &error),
        }
    }

    async fn look_again(&mut self) -> Saw {
        match self.app.connections.read(&self.id).await {
            Ok(connection) => Saw::View(connection.as_ref().map(|connection| Box::new(View::of(connection, None)))),
            Err(error) => self.store_failed("look again", &error),
        }
    }

    /// Whether this may be under way beside what is. A place is taken before the lease, and held until the run is over.
    async fn has_place(&mut self) -> Result<bool, Error> {
        let (Place::IfFree(places), Some(connection)) = (&self.asked.place, &self.connection) else { return Ok(true) };
        if of_its_client(&self.app, &connection.company).await?.must_hear_every_answer() {
            match Arc::clone(places).try_acquire_owned() {
                Ok(place) => self.asked.place = Place::Taken(place),
                Err(_) => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Opens the refresh token and finds the platform first: what is missing there must be found before a lease is taken.
    async fn take_lease(&mut self, epoch: u64, seen: Option<String>, doubtful: bool) -> Result<Saw, Error> {
        let send = self.prepare().await?;
        let now = self.app.now();
        let lease = Lease {
            id: send.lease_id.clone(),
            epoch,
            owner: self.app.owner.clone(),
            started_at: now,
            until: later(now, self.app.settings.lease),
            refresh_token: send.refresh_token.fingerprint(),
            doubtful,
        };
        let limits = send.platform.token_limits();
        let taken = self.app.grants.take_lease(&self.id, &lease, seen.as_deref()).await;
        self.send = Some(send);
        Ok(match taken {
            Ok(Taken::Ours) => Saw::LeaseTaken { id: lease.id, until: lease.until, limits },
            Ok(Taken::Held) => Saw::LeaseHeld,
            Err(error @ (StoreError::Busy(_) | StoreError::Unavailable(_))) => {
                self.store_failed("take lease", &error);
                Saw::LeaseUnknown { id: lease.id }
            }
            Err(error) => self.store_failed("take lease", &error),
        })
    }

    async fn prepare(&self) -> Result<ToSend, Error> {
        let connection = self.connection.as_ref().ok_or_else(|| Error::Internal("nothing was looked at".to_owned()))?;
        let sealed = connection.grant().and_then(|grant| grant.refresh_token.as_ref());
        let sealed = sealed.ok_or_else(|| Error::Internal("there is no refresh token".to_owned()))?;
        let refresh_token = self.app.sealer.open(&sealing_owner(&self.id), REFRESH_TOKEN, sealed).await?;
        let platform = of_its_client(&self.app, &connection.company).await?;
        let region = connection.grant().and_then(|grant| grant.region.clone());
        let redirect_uri = redirect_uri(&self.app, connection.company.platform).ok();
        Ok(ToSend { platform, refresh_token, region, redirect_uri, lease_id: self.app.new_id("lease_") })
    }

    async fn send(&mut self, listen: Duration) -> Result<Saw, Error> {
        let send = self.send.as_ref().ok_or_else(|| Error::Internal("there is nothing to send".to_owned()))?;
        let (redirect_uri, region) = (send.redirect_uri.as_deref(), send.region.as_deref());
        let (refresh_token, sent_at) = (&send.refresh_token, self.app.now());
        let refresh = platform::Refresh { refresh_token, redirect_uri, region, sent_at, listen };
        let answer = send.platform.refresh(refresh).await;
        Ok(match answer {
            Ok(grant) => {
                let unread = grant.unread.clone();
                let commit = self.commit_of(grant, send).await?;
                self.unread = unread.map(|unread| (commit.epoch, unread));
                self.fresh = Some(Parked { connection: self.id.clone(), commit });
                Saw::Granted
            }
            Err(failure) => {
                if let (TokenFailure::Unreadable { answer, .. }, Some(connection)) = (&failure, &self.connection) {
                    self.keep(connection.epoch, answer).await;
                }
                Saw::Failed(failure)
            }
        })
    }

    /// Keeps an answer that could not be read. A platform that answers so again and again is left with the first few.
    async fn keep(&self, epoch: u64, answer: &UnreadAnswer) {
        let Some(connection) = &self.connection else { return };
        if connection.trouble.as_ref().is_none_or(|trouble| trouble.failures < ANSWERS_KEPT_MOST) {
            let of = AnswerOf::Connection(self.id.clone());
            keep_answer(&self.app, of, epoch, connection.company.platform, answer, self.asked.ends_at).await;
        }
    }

    async fn commit_of(&self, grant: Grant, sent: &ToSend) -> Result<Commit, Error> {
        let connection = self.connection.as_ref().ok_or_else(|| Error::Internal("nothing was looked at".to_owned()))?;
        let in_doubt = grant.unread.is_some() || grant.refresh_token.is_none() && sent.platform.answers_with_refresh_token();
        let grant = seal_grant(&self.app, &sealing_owner(&self.id), grant, sent.platform.scopes(), connection.grant()).await?;
        let stored = Stored {
            grant: &grant,
            freshness: connection.freshness,
            reason: Some(self.asked.reason),
            wanted_until: connection.wanted_until,
            warned_of: connection.warned_of,
        };
        let due = due::next(&stored, &self.app.settings, self.app.now(), self.app.entropy.fraction());
        Ok(Commit {
            epoch: connection.epoch,
            commit_id: sent.lease_id.clone(),
            grant,
            at: self.app.now(),
            due_at: due.at,
            wanted_until: due.wanted_until,
            in_doubt,
        })
    }

    async fn store(&mut self) -> Saw {
        let Some(fresh) = &self.fresh else { return Saw::StoreFailed };
        let written = match self.app.grants.commit(&self.id, &fresh.commit).await {
            Ok(Written::Overtaken) => self.store_late(fresh).await,
            written => written,
        };
        if written == Ok(Written::Stored)
            && let Some(connection) = &mut self.connection
        {
            apply(connection, &fresh.commit);
        }
        self.saw("commit", written)
    }

    /// The connection went on without us: by a consent, a disconnect, a parked grant, or because the grant was taken for dead.
    async fn store_late(&self, fresh: &Parked) -> Result<Written, StoreError> {
        match commit_parked(&self.app, fresh).await {
            Ok(Unparked::Committed | Unparked::Revived) => Ok(Written::Stored),
            Ok(Unparked::Late) => Ok(Written::Overtaken),
            Err(error) => Err(StoreError::Unavailable(error.to_string())),
        }
    }

    async fn park(&mut self) -> Saw {
        let Some(parked) = &self.fresh else { return Saw::StoreFailed };
        if let Err(error) = self.app.parking.park(parked).await {
            return self.store_failed("park", &error);
        }
        tracing::warn!(connection = %self.id, commit = parked.commit.commit_id, "a fresh grant was parked");
        Saw::Parked
    }

    async fn record_trouble(&mut self, trouble: Trouble) -> Saw {
        let Some(connection) = &mut self.connection else {
            return Saw::StoreFailed;
        };
        let due_at = trouble.retry_at;
        let epoch = connection.epoch;
        connection.trouble = Some(trouble.clone());
        let written = self.app.grants.record_trouble(&self.id, epoch, &trouble, due_at).await;
        self.saw("record trouble", written)
    }

    async fn end_grant(&mut self, cause: DeathCause) -> Saw {
        let Some(connection) = &self.connection else {
            return Saw::StoreFailed;
        };
        // The same again at each try: its event's id tells the table that it is one and the same.
        let end = self.end.get_or_insert_with(|| {
            let mut end = end_of(&self.app, connection, cause);
            // Whoever has taken a lease since has the token at the platform still.
            end.trouble.settled_lease = self.send.as_ref().map(|sent| sent.lease_id.clone());
            end
        });
        let written = self.app.grants.end_grant(end).await;
        self.saw("end grant", written)
    }

    fn saw(&self, what: &'static str, written: Result<Written, StoreError>) -> Saw {
        match written {
            Ok(Written::Stored) => Saw::Stored,
            Ok(Written::Overtaken) => Saw::Overtaken,
            Err(error) => self.store_failed(what, &error),
        }
    }

    fn store_failed(&self, what: &'static str, error: &StoreError) -> Saw {
        tracing::error!(connection = %self.id, what, %error, "the table failed during a refresh");
        Saw::StoreFailed
    }

    fn finish(mut self, outcome: Outcome) -> Refreshed {
        // A fresh access token is good wherever the grant lies: the caller gets it.
        if let (Outcome::Parked | Outcome::Unstored, Some(fresh), Some(connection)) =
            (outcome, self.fresh.take(), &mut self.connection)
        {
            apply(connection, &fresh.commit);
            if outcome == Outcome::Unstored {
                self.app.in_hand.keep(Unstored::Refreshed(Box::new(fresh)));
            }
        }
        // Nothing was begun: it comes again in the same run.
        if outcome == Outcome::Crowded {
            return Refreshed { outcome, connection: self.connection };
        }
        let platform = self.connection.as_ref().map_or("none", |connection| connection.company.platform.as_str());
        let milliseconds = u64::try_from(self.app.clock.elapsed().saturating_sub(self.began).as_millis()).unwrap_or(u64::MAX);
        tracing::info!(target: "counterfoil::refresh", connection = %self.id, platform, outcome = outcome.as_str(), milliseconds, "refresh");
        Refreshed { outcome, connection: self.connection }
    }
}

/// The platform of a company, with the credentials of the client that its grant belongs to: presented with others the
/// platform would refuse the token, and a good grant would be taken for dead.
pub(crate) async fn of_its_client(app: &App, company: &Company) -> Result<Arc<dyn Platform>, Error> {
    let platform = app.platforms.get(company.platform, company.environment).await?;
    if platform.client_id() == company.client_id {
        return Ok(platform);
    }
    Err(Error::Misconfigured {
        code: "other_client",
        message: format!(
            "This connection was consented to through another OAuth client of {} than is configured now. Put the credentials of that client back, \
             or have the customer consent again.",
            company.platform.title()
        ),
    })
}

fn apply(connection: &mut Connection, commit: &Commit) {
    connection.epoch = commit.epoch + 1;
    connection.standing = Standing::Active(commit.grant.clone());
    connection.trouble = commit.trouble();
    connection.commit_id.clone_from(&commit.commit_id);
    connection.updated_at = commit.at;
    connection.refreshed_at = Some(commit.at);
    connection.due_at = commit.due_at;
    connection.wanted_until = commit.wanted_until;
}

/// The end of a connection's grant, with all that is written with it.
pub(crate) fn end_of(app: &App, connection: &Connection, cause: DeathCause) -> GrantEnd {
    let now = app.now();
    let mut event = Event::about(connection, EventKind::ReauthorizationRequired, app.new_id("evt_"), now);
    event.reason = Some(cause.as_str());
    GrantEnd {
        epoch: connection.epoch,
        cause,
        trouble: Trouble {
            failures: connection.trouble.as_ref().map_or(1, |trouble| trouble.failures.saturating_add(1)),
            retry_at: now,
            code: cause.as_str().to_owned(),
            message: step::in_words(cause.as_str()).to_owned(),
            at: now,
            settled_lease: None,
            doubtful: cause == DeathCause::RotationLost,
        },
        probe: (cause == DeathCause::AccessWithdrawn).then(|| Probe::withdrawn(connection.id.clone(), now)),
        audit: app.audit(&connection.id, Action::GrantEnded, Actor::Vault, [("cause", cause.as_str().to_owned())]),
        event,
    }
}
