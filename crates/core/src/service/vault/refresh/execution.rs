//! Executes the actions of the step function.

mod storing;

use std::sync::Arc;
use std::time::Duration;

use super::sealed_grant::{REFRESH_TOKEN, seal_grant, sealing_owner};
use super::step::{self, Next, Now, Observation, Outcome, Refresh, View};
use crate::model::connection::{Connection, ConnectionId, GrantState};
use crate::model::grant::Grant;
use crate::model::kept_answer::AnswerOf;
use crate::model::lease::{CommitId, Lease, LeaseId};
use crate::model::secret::Secret;
use crate::model::time::later;
use crate::model::unread::UnreadAnswer;
use crate::port::parking::Parked;
use crate::port::platform::{self, Platform, TokenFailure};
use crate::port::store::StoreError;
use crate::port::store::vault::{Commit, GrantEnd, Taken};
use crate::service::audit::counts::{Operation, count};
use crate::service::health::figures::count_refresh;
use crate::service::vault::due::{self, Stored};
use crate::service::vault::keep_answer::keep_answer;
use crate::service::vault::refresh::grant_end::of_its_client;
use crate::service::vault::refresh::request::{Permit, RefreshRequest, Refreshed};
use crate::service::vault::unstored::UnstoredGrant;
use crate::{App, Error};

/// Refreshes a connection's token if its reason requires it.
///
/// It runs as a separate task: a caller that disconnects does not cancel it, and a panic in it does not reach the caller. It ends when
/// the platform's answer is stored or its time is over, because a frozen process cannot receive the answer.
///
/// # Errors
/// `Misconfigured` if the keyring or the platform's credentials are missing. This is found before anything is sent or written.
pub async fn refresh(app: &Arc<App>, id: &ConnectionId, request: RefreshRequest) -> Result<Refreshed, Error> {
    let execution = Execution {
        app: Arc::clone(app),
        id: id.clone(),
        request,
        began: app.clock.elapsed(),
        connection: None,
        send: None,
        fresh: None,
        unread: None,
        end: None,
    };
    match app.spawn(execution.drive()).await {
        Ok(refreshed) => refreshed,
        Err(panic) => Err(Error::Internal(format!("the refresh of {id} ended early: {panic}"))),
    }
}

/// The largest number of steps of one refresh. Waits and retries end by time long before this.
const STEPS_MOST: usize = 2_000;

/// The number of failures in a row after which no further answer is stored. A platform sends a token's successor in its first answers.
const ANSWERS_KEPT_MOST: u32 = 8;

struct Execution {
    app: Arc<App>,
    id: ConnectionId,
    request: RefreshRequest,
    began: Duration,
    connection: Option<Connection>,
    send: Option<ToSend>,
    /// The new grant, until the table has stored it.
    fresh: Option<Parked>,
    /// The answer, if a field of it could not be read, and the epoch that its grant replaces.
    unread: Option<(u64, UnreadAnswer)>,
    /// The end of the grant, until the table has stored it.
    end: Option<GrantEnd>,
}

struct ToSend {
    platform: Arc<dyn Platform>,
    refresh_token: Secret,
    region: Option<String>,
    redirect_uri: Option<String>,
    lease_id: LeaseId,
}

impl Execution {
    async fn drive(mut self) -> Result<Refreshed, Error> {
        let unused = self.app.unused_leases.of(&self.id);
        let mut machine = Refresh::new(self.request.reason, self.app.settings, self.now(), self.request.ends_at, unused);
        let ended = self.obey(&mut machine).await;
        self.app.unused_leases.set(&self.id, machine.unused());
        // After the grant is stored, so that a slow table does not delay that.
        if let Some((epoch, unread)) = self.unread.take() {
            self.keep(epoch, &unread).await;
        }
        Ok(self.finish(ended?))
    }

    async fn obey(&mut self, machine: &mut Refresh) -> Result<Outcome, Error> {
        let mut observed = Observation::Begin;
        for _ in 0..STEPS_MOST {
            observed = match machine.step(self.now(), observed) {
                Next::Look => self.read().await,
                Next::TakeLease { .. } if self.is_clock_skewed() => return Ok(Outcome::ClockSkewed),
                Next::TakeLease { .. } if !self.has_permit().await? => return Ok(Outcome::NoPermit),
                Next::TakeLease { epoch, seen, doubtful } => self.take_lease(epoch, seen, doubtful).await?,
                Next::LookAgain => self.look_again().await,
                Next::Send { listen } => self.send(listen).await?,
                Next::Commit => self.store().await,
                Next::Park => self.park().await,
                Next::RecordFailure(last_failure) => self.record_failure(last_failure).await,
                Next::EndGrant(cause) => self.end_grant(cause).await,
                Next::Wait(time) => {
                    self.app.clock.sleep(time).await;
                    Observation::Waited
                }
                Next::Finish(outcome) => return Ok(outcome),
            };
        }
        Err(Error::Internal(format!("the refresh of {} did not end", self.id)))
    }

    fn now(&self) -> Now {
        Now { wall: self.app.clock.now(), elapsed: self.app.clock.elapsed(), chance: self.app.entropy.fraction() }
    }

    /// Whether this machine's clock is wrong, by the answer to the first read. This is checked before anything is written or sent.
    fn is_clock_skewed(&self) -> bool {
        let Some(connection) = &self.connection else { return false };
        let (skew, most) = (self.app.skew.least(), self.app.settings.skew_most(connection.company.platform));
        if skew > most {
            tracing::error!(connection = %self.id, ?skew, ?most, "this machine's clock is too far from the table's to refresh a token");
        }
        skew > most
    }

    async fn read(&mut self) -> Observation {
        self.end = None;
        match self.app.connections.read_with_lease(&self.id).await {
            Ok(None) => {
                self.connection = None;
                Observation::View(None)
            }
            Ok(Some((connection, lease))) => {
                let view = View::of(&connection, lease);
                self.connection = Some(connection);
                Observation::View(Some(Box::new(view)))
            }
            Err(error) => self.store_failed("look", &error),
        }
    }

    async fn look_again(&mut self) -> Observation {
        match self.app.connections.read(&self.id).await {
            Ok(connection) => Observation::View(connection.as_ref().map(|connection| Box::new(View::of(connection, None)))),
            Err(error) => self.store_failed("look again", &error),
        }
    }

    /// Whether this refresh has its permit. It takes the permit before the lease, and holds it until the execution ends.
    async fn has_permit(&mut self) -> Result<bool, Error> {
        let (Permit::IfFree(permits), Some(connection)) = (&self.request.permit, &self.connection) else { return Ok(true) };
        if of_its_client(&self.app, &connection.company).await?.lost_answer_ends_grant() {
            match Arc::clone(permits).try_acquire_owned() {
                Ok(permit) => self.request.permit = Permit::Taken(permit),
                Err(_) => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Opens the refresh token and gets the platform, so that missing credentials are found before a lease is taken. Then takes the lease.
    async fn take_lease(&mut self, epoch: u64, seen: Option<LeaseId>, doubtful: bool) -> Result<Observation, Error> {
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
        let taken = self.app.grants.take_lease(&self.id, &lease, seen.as_ref()).await;
        self.send = Some(send);
        Ok(match taken {
            Ok(Taken::Ours) => Observation::LeaseTaken { id: lease.id, until: lease.until, limits },
            Ok(Taken::Held) => Observation::LeaseHeld,
            Err(error @ (StoreError::Busy(_) | StoreError::Unavailable(_))) => {
                self.store_failed("take lease", &error);
                Observation::LeaseUnknown { id: lease.id }
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
        let redirect_uri = self.app.redirect_uri(connection.company.platform).ok();
        Ok(ToSend { platform, refresh_token, region, redirect_uri, lease_id: self.app.new_lease_id() })
    }

    async fn send(&mut self, listen: Duration) -> Result<Observation, Error> {
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
                Observation::Granted
            }
            Err(failure) => {
                if let (TokenFailure::Unreadable { answer, .. }, Some(connection)) = (&failure, &self.connection) {
                    self.keep(connection.epoch, answer).await;
                }
                Observation::Failed(failure)
            }
        })
    }

    /// Stores an answer that could not be read, unless the platform has sent too many of them in a row.
    async fn keep(&self, epoch: u64, answer: &UnreadAnswer) {
        let Some(connection) = &self.connection else { return };
        if connection.last_failure.as_ref().is_none_or(|last_failure| last_failure.failures < ANSWERS_KEPT_MOST) {
            let of = AnswerOf::Connection(self.id.clone());
            keep_answer(&self.app, of, epoch, connection.company.platform, answer, self.request.ends_at).await;
        }
    }

    async fn commit_of(&self, grant: Grant, sent: &ToSend) -> Result<Commit, Error> {
        let connection = self.connection.as_ref().ok_or_else(|| Error::Internal("nothing was looked at".to_owned()))?;
        let in_doubt = grant.unread.is_some() || grant.refresh_token.is_none() && sent.platform.answers_with_refresh_token();
        let grant = seal_grant(&self.app, &sealing_owner(&self.id), grant, sent.platform.scopes(), connection.grant()).await?;
        let stored = Stored {
            grant: &grant,
            freshness: connection.freshness,
            reason: Some(self.request.reason),
            wanted_until: connection.wanted_until,
            warned_of: connection.warned_of,
        };
        let due = due::next(&stored, &self.app.settings, self.app.now(), self.app.entropy.fraction());
        Ok(Commit {
            epoch: connection.epoch,
            commit_id: CommitId::under(&sent.lease_id),
            grant,
            at: self.app.now(),
            due_at: due.at,
            wanted_until: due.wanted_until,
            in_doubt,
        })
    }

    fn finish(mut self, outcome: Outcome) -> Refreshed {
        // A fresh access token is valid wherever the grant is stored, so the caller gets it.
        if let (Outcome::Parked | Outcome::Unstored, Some(fresh), Some(connection)) =
            (outcome, self.fresh.take(), &mut self.connection)
        {
            apply(connection, &fresh.commit);
            if outcome == Outcome::Unstored {
                self.app.unstored.keep(UnstoredGrant::Refreshed(Box::new(fresh)));
            }
        }
        // The refresh did not start, so the same worker tries it again.
        if outcome == Outcome::NoPermit {
            return Refreshed { outcome, connection: self.connection };
        }
        let platform = self.connection.as_ref().map_or("none", |connection| connection.company.platform.as_str());
        count(&self.app, &self.id.partner, Operation::Refresh, outcome.as_str());
        if let Some(connection) = &self.connection {
            count_refresh(&self.app, connection, outcome.counted());
        }
        let milliseconds = u64::try_from(self.app.clock.elapsed().saturating_sub(self.began).as_millis()).unwrap_or(u64::MAX);
        tracing::info!(target: "counterfoil::refresh", connection = %self.id, platform, outcome = outcome.as_str(), milliseconds, "refresh");
        Refreshed { outcome, connection: self.connection }
    }
}

fn apply(connection: &mut Connection, commit: &Commit) {
    connection.epoch = commit.epoch + 1;
    connection.grant_state = GrantState::Active(commit.grant.clone());
    connection.last_failure = commit.last_failure();
    connection.commit_id.clone_from(&commit.commit_id);
    connection.updated_at = commit.at;
    connection.refreshed_at = Some(commit.at);
    connection.due_at = commit.due_at;
    connection.wanted_until = commit.wanted_until;
}
