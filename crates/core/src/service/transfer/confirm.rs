//! Refreshes the grant of a connection from another system, and requests its company from the platform (O-18).

use std::time::Duration;

use crate::model::audit::Action;
use crate::model::connection::{Company, ConfirmedCompany, Connection, DeathCause, GrantState};
use crate::model::event::Payload;
use crate::model::time::until;
use crate::model::transfer::Transfer;
use crate::port::platform::{CompaniesRequest, ConfirmFailure};
use crate::port::store::Written;
use crate::port::store::transfers::TransferEnd;
use crate::service::consent::confirm::ask;
use crate::service::transfer::failure::TransferFailure;
use crate::service::transfer::run::{Transferred, Transfers};
use crate::service::vault::due::{self, Stored};
use crate::service::vault::refresh::sealed_grant::{ACCESS_TOKEN, sealing_owner};
use crate::service::vault::refresh::step::{Outcome, Reason};
use crate::service::vault::refresh::{Permit, RefreshRequest, of_its_client, refresh};

/// The time of one refresh. It waits for the platform's answer until the time of the commit and the parking.
const REFRESH_TIME: Duration = Duration::from_secs(60);
/// The longest wait for another refresh of the same token: longer than its lease and the rest after it.
const WAITS_FOR: Duration = Duration::from_secs(120);
/// The shortest pause before the next try.
const LOOKS_EVERY: Duration = Duration::from_secs(1);

impl Transfers {
    /// Continues with a stored connection until it is active.
    pub(super) async fn confirm(&self, transfer: &Transfer) -> Result<Transferred, TransferFailure> {
        self.refresh(transfer).await?;
        let Some(connection) = self.app.connections.read(&transfer.connection).await?.filter(is_not_confirmed) else {
            return self.ended_by_another(transfer).await;
        };
        let company = self.company(&connection, transfer).await?;
        let ended = self.end_of(connection, transfer, company);
        match self.store.end_transfer(&ended).await? {
            Written::Stored => Ok(Transferred::Connected),
            Written::Overtaken => self.ended_by_another(transfer).await,
        }
    }

    /// The result after another process changed the connection: another run confirmed it, or there was a consent or a disconnect.
    async fn ended_by_another(&self, transfer: &Transfer) -> Result<Transferred, TransferFailure> {
        let connection = self.app.connections.read(&transfer.connection).await?;
        match connection.as_ref().map(|connection| &connection.grant_state) {
            Some(GrantState::Active(_)) => Ok(Transferred::Before),
            _ => Err(TransferFailure::NotRefreshed("The connection changed meanwhile.")),
        }
    }

    /// Refreshes the grant through the vault. If an earlier process was killed during a request with this refresh token, the token rests
    /// first.
    async fn refresh(&self, transfer: &Transfer) -> Result<(), TransferFailure> {
        let clock = &self.app.clock;
        let gives_up_at = clock.elapsed() + WAITS_FOR;
        loop {
            let request =
                RefreshRequest { reason: Reason::Probe, ends_at: clock.elapsed() + REFRESH_TIME, permit: Permit::NotNeeded };
            let (retry_at, why) = match refresh(&self.app, &transfer.connection, request).await?.outcome {
                Outcome::Refreshed | Outcome::AlreadyFresh => return Ok(()),
                Outcome::Ended(_) => return Err(TransferFailure::Refused),
                Outcome::Held { retry_at } => (retry_at, "Another process is refreshing this token."),
                Outcome::Resting { retry_at } | Outcome::BackingOff { retry_at } => {
                    (retry_at, "An earlier refresh was interrupted.")
                }
                outcome => return Err(TransferFailure::NotRefreshed(in_words(outcome))),
            };
            let pause = until(self.app.now(), retry_at).max(LOOKS_EVERY);
            if clock.elapsed() + pause > gives_up_at {
                return Err(TransferFailure::NotRefreshed(why));
            }
            clock.sleep(pause).await;
        }
    }

    async fn company(&self, connection: &Connection, transfer: &Transfer) -> Result<ConfirmedCompany, TransferFailure> {
        let platform = of_its_client(&self.app, &connection.company).await?;
        let grant = connection.grant().ok_or(TransferFailure::NotConfirmed)?;
        let access_token = self.app.sealer.open(&sealing_owner(&connection.id), ACCESS_TOKEN, &grant.access_token).await?;
        let claim = Some(transfer.company_id.as_str());
        let request = CompaniesRequest { access_token: &access_token, region: grant.region.as_deref(), claim };
        match ask(&self.app, platform.as_ref(), request).await {
            Ok(found) => {
                let company = found.companies.into_iter().find(|company| company.company_id == transfer.company_id);
                let missing = if found.is_complete { TransferFailure::OtherCompany } else { TransferFailure::NotConfirmed };
                company.ok_or(missing)
            }
            Err(ConfirmFailure::Denied | ConfirmFailure::Forbidden) => Err(TransferFailure::OtherCompany),
            Err(ConfirmFailure::Unavailable | ConfirmFailure::Unauthorized) => Err(TransferFailure::NotConfirmed),
        }
    }

    fn end_of(&self, connection: Connection, transfer: &Transfer, confirmed: ConfirmedCompany) -> TransferEnd {
        let (app, now, claimed) = (&self.app, self.app.now(), connection.company.clone());
        let ConfirmedCompany { company_id, name, api_base_url } = confirmed;
        let mut connection = Connection {
            company_name: transfer.company_name.clone().unwrap_or(name),
            company: Company { company_id, api_base_url, ..claimed.clone() },
            last_failure: None,
            updated_at: now,
            ..connection
        };
        if let GrantState::NeedsReauthorization { grant, .. } = connection.grant_state {
            let Connection { freshness, wanted_until, warned_of, .. } = connection;
            let stored = Stored { grant: &grant, freshness, reason: None, wanted_until, warned_of };
            connection.due_at = due::next(&stored, &app.settings, now, app.entropy.fraction()).at;
            connection.grant_state = GrantState::Active(grant);
        }
        let Company { platform, company_id, .. } = &connection.company;
        let detail = [
            ("platform", platform.as_str().to_owned()),
            ("company_id", company_id.clone()),
            ("from", "another system".to_owned()),
        ];
        let audit = app.audit(&connection.id, Action::Connected, self.actor.clone(), detail);
        let event = app.event(&connection, Payload::Connected);
        TransferEnd { claimed, connection, audit, event }
    }
}

fn is_not_confirmed(connection: &Connection) -> bool {
    matches!(connection.grant_state, GrantState::NeedsReauthorization { cause: DeathCause::NotConfirmed, .. })
}

/// The reason why there is no new token.
fn in_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::PlatformThrottled { .. } => "The platform limits the number of requests.",
        Outcome::ClientRefused { .. } => "The platform refuses this installation's client id or secret.",
        Outcome::PlatformDown { .. } => "The platform failed or did not answer.",
        Outcome::ClockSkewed => "The clock of this machine is wrong.",
        Outcome::Parked => "The table did not store the new token, which is parked.",
        Outcome::Unstored => "Neither the table nor the parking queue stored the new token. Only this process has it.",
        Outcome::StoreFailed | Outcome::LeaseTimeout => "The table did not answer in time.",
        _ => "The connection changed meanwhile.",
    }
}
