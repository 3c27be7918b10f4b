//! Writes the result of a consent. It overrides a concurrent refresh and is retried until it is written.

use jiff::Timestamp;

use crate::App;
use crate::model::audit::Action;
use crate::model::connection::{Company, ConfirmedCompany, Connection, DeathCause, GrantState, LastFailure, Status};
use crate::model::event::Payload;
use crate::model::flow::Authority;
use crate::model::flow::Flow;
use crate::model::flow::failure::FlowFailure;
use crate::model::grant::StoredGrant;
use crate::model::name::CompanyKey;
use crate::model::revocation::{Revocation, RevocationId};
use crate::model::time::later;
use crate::port::platform::Platform;
use crate::port::store::StoreError;
use crate::port::store::Written;
use crate::port::store::consents::AwaitedExchange;
use crate::port::store::vault::Consent;
use crate::port::store::vault::ConsentWritten;
use crate::service::consent::authority::Authorized;
use crate::service::consent::end::measure;
use crate::service::consent::outcome::{Confirmed, Stop, unused_grant};
use crate::service::consent::unused_grant::company_of;
use crate::service::optimistic::Tries;
use crate::service::sync::stop::stop_runs;
use crate::service::vault::due::{self, Stored};
use crate::service::vault::refresh::sealed_grant::{reseal_grant, sealing_owner};

/// The result of writing a confirmed consent.
pub(crate) enum WriteResult {
    /// The connection is written.
    Connection(Box<Connection>),
    /// The connection is made when the partner exchanges our code.
    Waits,
    /// Another request finished the flow first. Its outcome is in the flow.
    FlowIsOver,
}

/// Writes the connection of a confirmed consent over the previous one. If that needs the partner's exchange of our code, the consent
/// waits for it.
pub(crate) async fn write_consent(
    app: &App,
    confirmed: &Confirmed<'_>,
    mut previous: Option<Connection>,
    authorized: &Authorized,
) -> Result<WriteResult, Stop> {
    let Confirmed { flow, company, .. } = confirmed;
    let id = flow.connection_to(&company.company_id);
    let grant = &reseal_grant(app, confirmed.grant, flow.id.as_str(), &sealing_owner(&id)).await?;
    let mut commit_ids = Vec::new();
    let mut switches = false;
    let mut tries = Tries::new(app, "a consent could not be written");
    loop {
        tries.next().await?;
        may_write(flow, previous.as_ref(), company, authorized.at).map_err(Stop::Failed)?;
        // An existing grant, which lives or may revive, is better than one without a refresh token.
        if is_short_lived(grant, confirmed.platform) && previous.as_ref().and_then(Connection::grant).is_some() {
            return Err(Stop::Failed(FlowFailure::NoRefreshToken));
        }
        if confirmed.exchange.is_none() && flow.awaits_exchange() && !renews(flow, previous.as_ref(), company) {
            return await_exchange(app, confirmed).await;
        }
        let tally = tally(app, confirmed, previous.as_ref()).await?;
        switches |= previous.as_ref().is_some_and(|previous| !is_same(flow, &previous.company, company));
        let consent = Consent { tally, key: authorized.key.clone(), ..compose(app, confirmed, grant, previous) };
        commit_ids.push(consent.connection.commit_id.clone());
        match app.grants.write_consent(&consent).await {
            Ok(ConsentWritten::Stored) => {
                measure(flow, "connected", None);
                if switches {
                    stop_runs(app, &id).await;
                }
                return Ok(WriteResult::Connection(Box::new(consent.connection)));
            }
            Ok(ConsentWritten::KeyIsOver) => return Err(Stop::Failed(FlowFailure::AuthorityRevoked)),
            Ok(ConsentWritten::LinkIsOver) => return Err(Stop::Failed(FlowFailure::LinkUsed)),
            // Stored by an earlier try whose answer was lost, or by another request.
            Ok(ConsentWritten::FlowIsOver) => {
                let own = app.connections.read(&id).await?.filter(|connection| commit_ids.contains(&connection.commit_id));
                if switches && own.is_some() {
                    stop_runs(app, &id).await;
                }
                return Ok(own.map_or(WriteResult::FlowIsOver, |connection| WriteResult::Connection(Box::new(connection))));
            }
            Ok(ConsentWritten::Overtaken) | Err(StoreError::Busy(_)) => {
                previous = app.connections.read(&id).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Whether the connection is active and belongs to this company, so that the consent changes no company.
fn renews(flow: &Flow, previous: Option<&Connection>, company: &ConfirmedCompany) -> bool {
    previous.is_some_and(|previous| previous.status() != Status::Disconnected && is_same(flow, &previous.company, company))
}

fn is_same(flow: &Flow, company: &Company, confirmed: &ConfirmedCompany) -> bool {
    (company.platform, company.environment, &company.company_id) == (flow.platform, flow.environment, &confirmed.company_id)
}

/// Makes the consent wait for the partner's exchange of our code, for a new connection, a switch or a revival. Only then has the partner
/// checked its own `state` in its customer's session. Otherwise an attacker could connect a lured customer's books to their own account.
async fn await_exchange(app: &App, confirmed: &Confirmed<'_>) -> Result<WriteResult, Stop> {
    let Confirmed { flow, company, .. } = confirmed;
    let revocation = unused_grant(confirmed, app.now(), later(app.now(), app.settings.flow_life));
    let waiting = AwaitedExchange { flow: flow.id.clone(), company: company.clone(), revocation };
    match app.flows.await_exchange(&waiting).await? {
        Written::Stored => Ok(WriteResult::Waits),
        Written::Overtaken => Ok(WriteResult::FlowIsOver),
    }
}

/// Whether a flow may write to an existing connection, and which name a new one may have (O-16, O-17, O-20). A right from before a
/// disconnect does not undo the disconnect (O-12).
fn may_write(
    flow: &Flow,
    previous: Option<&Connection>,
    confirmed: &ConfirmedCompany,
    authorized_at: Timestamp,
) -> Result<(), FlowFailure> {
    let may_have_name = flow.company_key.as_ref().is_none_or(|key| key.may_name(flow.platform, &confirmed.company_id));
    let Some(previous) = previous else {
        return match (flow.renews_epoch, may_have_name) {
            (Some(_), _) => Err(FlowFailure::Gone),
            (None, true) => Ok(()),
            (None, false) => Err(FlowFailure::ReservedKey),
        };
    };
    let same = is_same(flow, &previous.company, confirmed);
    let is_disconnected = previous.grant_state == GrantState::Disconnected;
    let is_own_name = previous.id.company_key == CompanyKey::of_company(flow.platform, &confirmed.company_id);
    match flow.authority {
        _ if !same && !may_have_name => Err(FlowFailure::ReservedKey),
        // A connection with the name of another company loses it once it is disconnected.
        _ if !same && is_disconnected && is_own_name => Ok(()),
        // The company names the connection, and this one has the name but another company.
        _ if !same && flow.company_key.is_none() => Err(FlowFailure::OtherCompany),
        _ if previous.disconnected_at.is_some_and(|at| at > authorized_at) => Err(FlowFailure::Disconnected),
        Authority::Anonymous if is_disconnected => Err(FlowFailure::Disconnected),
        Authority::Anonymous if !same => Err(FlowFailure::OtherCompany),
        Authority::Key(_) | Authority::Link(_) | Authority::Anonymous => Ok(()),
    }
}

/// The number of connections to the company, if a connection is created without a key. It must be below the bound.
async fn tally(app: &App, confirmed: &Confirmed<'_>, previous: Option<&Connection>) -> Result<Option<u64>, Stop> {
    let Confirmed { flow, company, platform, exchange, .. } = confirmed;
    if flow.authority != Authority::Anonymous || exchange.is_some() || previous.is_some() {
        return Ok(None);
    }
    let most = app.settings.open_connections_most;
    let tally = app.connections.tally(&company_of(flow, company, *platform), &flow.partner, most).await?;
    if tally.connections >= most { Err(Stop::Failed(FlowFailure::TooManyConnections)) } else { Ok(Some(tally.version)) }
}

fn compose(app: &App, confirmed: &Confirmed<'_>, grant: &StoredGrant, previous: Option<Connection>) -> Consent {
    let Confirmed { flow, company: confirmed, platform, exchange, .. } = confirmed;
    let now = app.now();
    let company = company_of(flow, confirmed, *platform);
    let freshness = previous.as_ref().map_or(app.freshness, |previous| previous.freshness);
    let wanted_until = previous.as_ref().and_then(|previous| previous.wanted_until);
    let stored = Stored { grant, freshness, reason: None, wanted_until, warned_of: None };
    let due = due::next(&stored, &app.settings, now, app.entropy.fraction());
    let (grant_state, last_failure) = if is_short_lived(grant, *platform) {
        dead_from_the_start(grant, now)
    } else {
        (GrantState::Active(grant.clone()), None)
    };
    let connection = Connection {
        id: flow.connection_to(&confirmed.company_id),
        company_name: name(flow, previous.as_ref(), &company, confirmed),
        company,
        epoch: previous.as_ref().map_or(0, |previous| previous.epoch) + 1,
        grant_state,
        last_failure,
        commit_id: app.new_commit_id(),
        created_at: previous.as_ref().map_or(now, |previous| previous.created_at),
        disconnected_at: previous.as_ref().and_then(|previous| previous.disconnected_at),
        updated_at: now,
        consented_at: now,
        refreshed_at: None,
        due_at: due.at,
        freshness,
        wanted_until: due.wanted_until,
        warned_of: None,
    };
    let again = previous
        .as_ref()
        .is_some_and(|previous| previous.status() != Status::Disconnected && previous.company == connection.company);
    let (action, mut payload) =
        if again { (Action::Reconnected, Payload::Reauthorized) } else { (Action::Connected, Payload::Connected) };
    let detail = [("platform", flow.platform.as_str().to_owned()), ("company_id", confirmed.company_id.clone())];
    let mut audit = app.audit(&connection.id, action, flow.authority.actor(), detail);
    if let GrantState::NeedsReauthorization { cause, .. } = &connection.grant_state {
        payload = Payload::ReauthorizationRequired { reason: *cause };
        audit.detail.insert("cause", cause.as_str().to_owned());
    }
    let event = app.event(&connection, payload);
    let replaced = previous.as_ref().and_then(|previous| replaced(previous, &connection.company, *platform, now));
    let link = match &flow.authority {
        Authority::Link(id) => Some(id.clone()),
        Authority::Anonymous | Authority::Key(_) => None,
    };
    let exchange = exchange.clone();
    Consent { previous, connection, replaced, flow: flow.id.clone(), link, key: None, exchange, tally: None, audit, event }
}

/// Whether access ends with the access token, because the platform gave no refresh token.
fn is_short_lived(grant: &StoredGrant, platform: &dyn Platform) -> bool {
    grant.refresh_token.is_none() && platform.needs_refresh_token()
}

/// The status of a connection whose first consent gave no refresh token.
fn dead_from_the_start(grant: &StoredGrant, now: Timestamp) -> (GrantState, Option<LastFailure>) {
    let cause = DeathCause::NoRefreshToken;
    let last_failure =
        LastFailure { failures: 1, retry_at: now, code: cause.into(), at: now, ended_lease: None, doubtful: false };
    (GrantState::NeedsReauthorization { grant: grant.clone(), cause }, Some(last_failure))
}

/// The revocation of the previous grant, on a platform where grants are independent. It would otherwise stay valid, and their number is
/// limited.
fn replaced(previous: &Connection, company: &Company, platform: &dyn Platform, now: Timestamp) -> Option<Revocation> {
    let Company { platform: name, environment, client_id, .. } = &previous.company;
    let same_client = (*name, *environment, client_id) == (company.platform, company.environment, &company.client_id);
    let grant = previous.grant().filter(|_| same_client && platform.grants_are_independent())?;
    let id = RevocationId { connection: previous.id.clone(), grant: previous.epoch.into() };
    Some(Revocation::new(id, previous.company.clone(), grant.clone(), now))
}

/// The connection's name: from the start, else its present one for the same company, else the platform's.
fn name(flow: &Flow, previous: Option<&Connection>, company: &Company, confirmed: &ConfirmedCompany) -> String {
    let given = flow.company_name.clone();
    let kept = previous
        .filter(|previous| previous.company.company_id == company.company_id)
        .map(|previous| previous.company_name.clone())
        // A purge has taken it away.
        .filter(|name| !name.is_empty());
    given
        .filter(|_| previous.is_none() || flow.authority != Authority::Anonymous)
        .or(kept)
        .unwrap_or_else(|| confirmed.name.clone())
}
