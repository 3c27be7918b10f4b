//! Starts a flow and returns where to send the browser.

use std::sync::Arc;
use std::time::Duration;

use crate::model::api_key::{ApiKey, Scope};
use crate::model::audit::{Action, Actor};
use crate::model::connect_link::ConnectLink;
use crate::model::connection::{Connection, ConnectionId};
use crate::model::flow::{Authority, BrowserIds, Destination, Flow, FlowId, Stage};
use crate::model::name::{CompanyKey, PartnerId};
use crate::model::partner::Partner;
use crate::model::platform::{Environment, PlatformName};
use crate::model::time::later;
use crate::port::store::consents::Starts;
use crate::service::consent::in_browser::{NextStep, Started, id_for, in_browser};
use crate::service::partner::refusal::{Refused, note};
use crate::{App, Error, Misconfiguration};

/// The parameters of a start.
pub struct Start {
    /// The connection to create or renew; `None` if the company that the customer chooses names it.
    pub company_key: Option<CompanyKey>,
    /// The connection's name.
    pub company_name: Option<String>,
    /// The platform.
    pub platform: PlatformName,
    /// Where the browser goes at the end.
    pub return_to: ReturnTo,
    /// Whether the start asks for the platform's sandbox. A connection whose key or name says so uses it anyway.
    pub sandbox: bool,
    /// Who starts the consent.
    pub caller: Caller,
    /// The browser ids in the request's cookies. The first one is used again, so that two tabs of one browser work. `None` if a server
    /// starts the consent: it gets an address for its customer's browser.
    pub browser: Option<BrowserIds>,
}

/// Where the browser goes at the end: only to an address on the partner's list (O-10), or to our own page.
pub enum ReturnTo {
    /// To this address, else to our own page.
    Return(Option<String>),
    /// To this address with our code, else to the first on the list, else to our own page.
    HandOver {
        /// The address.
        redirect_uri: Option<String>,
        /// The partner's `state`, which is returned with the code.
        state: Option<String>,
    },
}

/// Who starts a consent.
pub enum Caller {
    /// A caller without a key, for the partner that the request names.
    Anonymous(PartnerId),
    /// A caller with a publishable key. It names the partner and gives no other right.
    Publishable(ApiKey),
    /// A caller with a secret key.
    Key(ApiKey),
    /// A browser that opened a connect link.
    Link(ConnectLink),
}

impl Caller {
    /// The rights of the flow.
    fn authority(&self) -> Authority {
        match self {
            Self::Anonymous(_) | Self::Publishable(_) => Authority::Anonymous,
            Self::Key(key) => Authority::Key(key.id.clone()),
            Self::Link(link) => Authority::Link(link.id.clone()),
        }
    }
}

/// Starts a flow.
///
/// # Errors
/// `Unauthenticated` if anonymous starts are off; `Unauthenticated` or `Forbidden` if the caller may not name a connection;
/// `Misconfigured` if this platform's credentials are missing.
pub async fn start_consent(app: &Arc<App>, start: Start) -> Result<Started, Error> {
    let partner = owner(app, &start)?;
    may_name(app, &start, &partner)?;
    let redirect_uri = app.redirect_uri(start.platform)?;
    let known = app.partners.partner(&partner).await?.ok_or_else(|| no_partner(&start.caller, &partner))?;
    let authority = start.caller.authority();
    let destination = destination(app, &known, start.return_to, authority.actor()).await?;
    let existing = existing(app, &partner, &authority, start.company_key.as_ref()).await?;
    if let (None, Some(company_key)) = (&existing, &start.company_key)
        && authority != Authority::Anonymous
    {
        may_be_new(company_key, start.platform)?;
    }
    let company_name = start.company_name;
    let names = (start.company_key.as_ref(), company_name.as_deref());
    let environment = environment(start.platform, start.sandbox, names, existing.as_ref())?;
    // Missing credentials are reported here, also if a browser opens the flow later.
    app.platforms.get(start.platform, environment).await?;
    let token = app.new_secret();
    let now = app.now();
    let flow = Flow {
        id: FlowId::of(&token),
        partner,
        company_key: start.company_key,
        company_name,
        platform: start.platform,
        environment,
        redirect_uri,
        destination,
        verifier: None,
        browser: None,
        authority,
        renews_epoch: existing.map(|connection| connection.epoch),
        created_at: now,
        expires_at: later(now, app.settings.flow_life),
        code: None,
        stage: Stage::Offered,
        reference: None,
    };
    let (flow, started) = match start.browser {
        None => (flow, Started { next_step: NextStep::Offer(token), browser: None }),
        Some(ids) => in_browser(app, flow, id_for(app, &ids), app.new_secret()).await?,
    };
    bound_starts(app, &flow).await?;
    app.flows.begin(&flow).await?;
    Ok(started)
}

fn owner(app: &App, start: &Start) -> Result<PartnerId, Error> {
    match &start.caller {
        Caller::Publishable(key) | Caller::Key(key) => Ok(key.partner.clone()),
        Caller::Link(link) => Ok(link.partner.clone()),
        Caller::Anonymous(partner) if app.open_start => Ok(partner.clone()),
        Caller::Anonymous(_) => Err(Error::Unauthenticated("Starting a consent here needs an API key.")),
    }
}

/// The destination of the browser: an address on the partner's list (O-10). Any other address is refused, with an audit row.
async fn destination(app: &App, partner: &Partner, return_to: ReturnTo, actor: Actor) -> Result<Destination, Error> {
    let (given, name, code) = match &return_to {
        ReturnTo::Return(url) => (url.as_ref(), "return URL", "invalid_return_url"),
        ReturnTo::HandOver { redirect_uri, .. } => (redirect_uri.as_ref(), "redirect URI", "invalid_redirect_uri"),
    };
    if let Some(given) = given.filter(|uri| !partner.allows(uri)) {
        let refused = Refused { action: Action::RedirectRefused, reason: code, detail: [] };
        note(app, &partner.id, actor, (&partner.id).into(), refused).await?;
        let message = format!(
            "The {name} ({} characters) is not on the partner's list of redirect URIs. The comparison is exact.",
            given.chars().count()
        );
        return Err(Error::invalid(code, message));
    }
    Ok(match return_to {
        ReturnTo::Return(url) => url.map_or(Destination::ResultPage, Destination::ReturnUrl),
        ReturnTo::HandOver { redirect_uri, state } => {
            redirect_uri.or_else(|| partner.redirect_uris.first().cloned()).map_or(Destination::ResultPage, |redirect_uri| {
                let state = state.unwrap_or_else(|| app.new_secret().expose().to_owned());
                Destination::Handover { redirect_uri, state }
            })
        }
    })
}

fn no_partner(caller: &Caller, id: &PartnerId) -> Error {
    if matches!(caller, Caller::Anonymous(_)) && *id != PartnerId::default_partner() {
        return Error::invalid("unknown_partner", "There is no such partner.");
    }
    Error::Misconfigured {
        what: Misconfiguration::PartnerMissing,
        message: format!("There is no partner {id}. The operator must create it."),
    }
}

/// Bounds the starts a minute, because each writes a flow: those without a key for each partner, and those of each connect link. Starts
/// with a key are not counted. A start that fails before this is not counted either.
async fn bound_starts(app: &App, flow: &Flow) -> Result<(), Error> {
    let partner = flow.partner.clone();
    let (starts, most) = match &flow.authority {
        Authority::Key(_) => return Ok(()),
        Authority::Anonymous => (Starts::OfPartner(partner), app.settings.open_starts_most),
        Authority::Link(id) => (Starts::OfLink(partner, id.clone()), app.settings.link_starts_most),
    };
    if app.flows.count_start(&starts, app.now(), most).await? {
        return Ok(());
    }
    Err(Error::TooMany {
        code: "too_many_consents",
        message: "Too many consents were started in this minute. Try again in the next one.".to_owned(),
        retry_after: Duration::from_secs(60),
    })
}

/// Checks that the caller may name a connection (O-20). A key with `connections:write` and a connect link may. Where starts are open,
/// anybody may for the partner `default`, unless the flow hands over a code: a partner's page must not receive the code of a
/// connection that its customer's browser has named.
fn may_name(app: &App, start: &Start, partner: &PartnerId) -> Result<(), Error> {
    const NEEDS: &str = "Naming a connection needs an API key with the scope connections:write, or a connect link.";
    let is_open = app.open_start && *partner == PartnerId::default_partner() && matches!(start.return_to, ReturnTo::Return(_));
    match &start.caller {
        _ if start.company_key.is_none() || is_open => Ok(()),
        Caller::Link(_) => Ok(()),
        Caller::Key(key) if key.may(Scope::ConnectionsWrite) => Ok(()),
        Caller::Publishable(_) | Caller::Key(_) => {
            Err(Error::Forbidden { code: "insufficient_scope", message: NEEDS.to_owned() })
        }
        Caller::Anonymous(_) => Err(Error::Unauthenticated(NEEDS)),
    }
}

/// The named connection, for a caller with a key. An anonymous start does not read it, so that its answer and its duration are the same
/// whichever connections exist. What such a flow may do is decided when it is written.
async fn existing(
    app: &App,
    partner: &PartnerId,
    authority: &Authority,
    company_key: Option<&CompanyKey>,
) -> Result<Option<Connection>, Error> {
    match company_key {
        Some(company_key) if *authority != Authority::Anonymous => {
            let id = ConnectionId { partner: partner.clone(), company_key: company_key.clone() };
            Ok(app.connections.read(&id).await?)
        }
        _ => Ok(None),
    }
}

/// Refuses a company key that begins with another platform's name: no new connection can have it. A key with this platform's name is
/// checked when the company is confirmed.
fn may_be_new(company_key: &CompanyKey, platform: PlatformName) -> Result<(), Error> {
    match company_key.reserved_for() {
        Some(other) if other != platform => {
            let message = format!("A company key that begins with `{other}-` is the name of a company at {}.", other.title());
            Err(Error::invalid("reserved_company_key", message))
        }
        _ => Ok(()),
    }
}

/// The environment of the flow: that of the renewed connection, unless the start names one. An anonymous start uses its parameters only.
fn environment(
    platform: PlatformName,
    sandbox: bool,
    (company_key, company_name): (Option<&CompanyKey>, Option<&str>),
    existing: Option<&Connection>,
) -> Result<Environment, Error> {
    match existing.filter(|connection| connection.company.platform == platform) {
        _ if sandbox && platform.has_sandbox() => Ok(Environment::Sandbox),
        _ if sandbox => Err(Error::invalid(
            "invalid_parameter",
            format!("{} has no sandbox. Leave out the parameter environment.", platform.title()),
        )),
        Some(connection) if company_name.is_none() => Ok(connection.company.environment),
        _ => Ok(Environment::of(platform, company_key.map_or("", CompanyKey::as_str), company_name)),
    }
}
