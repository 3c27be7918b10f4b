//! Connect links: a partner's server creates and revokes them, and a customer's browser opens them (O-12).

use std::time::Duration;

use crate::model::api_key::ApiKey;
use crate::model::audit::{Action, Actor};
use crate::model::connect_link::{ConnectLink, LinkId, PresentedLink, token};
use crate::model::connection::ConnectionId;
use crate::model::name::CompanyKey;
use crate::model::platform::PlatformName;
use crate::model::secret::Secret;
use crate::model::time::later;
use crate::port::store::Written;
use crate::{App, Error};

/// The parameters of a new link.
pub struct NewLink {
    /// The platform that it connects.
    pub platform: PlatformName,
    /// The connection to create or renew. If `None`, the company names it.
    pub company_key: Option<CompanyKey>,
    /// The connection's name.
    pub company_name: Option<String>,
    /// The page that the browser returns to, with our code. It must be on the partner's list (O-10).
    pub redirect_uri: Option<String>,
    /// The partner's `state`, which is returned to that page.
    pub state: Option<String>,
    /// The number of consents it may be used for, 1 to [`USES_MOST`](crate::model::connect_link::USES_MOST).
    pub uses: u32,
    /// The time until it expires. It expires no later than the key that creates it.
    pub life: Duration,
}

/// A new link.
pub struct CreatedLink {
    /// The stored link.
    pub link: ConnectLink,
    /// The token in its address. It is not stored, so the address can only be shown now.
    pub token: Secret,
}

/// Creates a link.
///
/// # Errors
/// `Invalid` if the redirect URI is not on the partner's list.
pub async fn create_link(app: &App, key: &ApiKey, new: NewLink) -> Result<CreatedLink, Error> {
    let partner = app.partners.partner(&key.partner).await?;
    if new.redirect_uri.as_ref().is_some_and(|uri| !partner.is_some_and(|partner| partner.allows(uri))) {
        let message = "The redirect URI is not on the partner's list of redirect URIs. The comparison is exact.";
        return Err(Error::invalid("invalid_redirect_uri", message));
    }
    let token = token(&key.partner, &app.new_secret());
    let hash = token.fingerprint();
    let now = app.now();
    let expires_at = later(now, new.life);
    let link = ConnectLink {
        id: LinkId::of(&hash),
        partner: key.partner.clone(),
        hash,
        platform: new.platform,
        company_key: new.company_key,
        company_name: new.company_name,
        redirect_uri: new.redirect_uri,
        state: new.state,
        key: Some(key.id.clone()),
        uses: new.uses,
        used: 0,
        created_at: now,
        expires_at: key.expires_at.map_or(expires_at, |end| end.min(expires_at)),
        revoked_at: None,
    };
    let detail = [("link", link.id.to_string()), ("platform", link.platform.to_string())];
    let audit = app.audit(&key.partner, Action::LinkCreated, Actor::Key(key.id.clone()), detail);
    app.links.create_link(&link, &audit).await?;
    Ok(CreatedLink { link, token })
}

/// The link that a browser opened, if it is valid.
///
/// # Errors
/// `NotFound` if the link is unknown, used up, expired or revoked. All four get the same answer.
pub async fn open_link(app: &App, token: &Secret) -> Result<ConnectLink, Error> {
    const REFUSED: Error = Error::NotFound("This link is unknown, used up, expired or revoked. Ask the sender for another.");
    let presented = PresentedLink::parse(token).ok_or(REFUSED)?;
    let found = app.links.link(&presented.partner, &LinkId::of(&presented.hash)).await?;
    let link = found.filter(|link| link.hash.matches(&presented.hash)).ok_or(REFUSED)?;
    if state(app, &link).await? == LinkState::Active { Ok(link) } else { Err(REFUSED) }
}

/// The state of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// It can be used.
    Active,
    /// It is used up.
    Used,
    /// It or its key has expired.
    Expired,
    /// It or its key was revoked, or its connection was disconnected after it was created.
    Revoked,
}

impl LinkState {
    /// The word in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Used => "used",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// The state of a link. It depends on its key and its connection too.
///
/// # Errors
/// The table's errors.
pub async fn state(app: &App, link: &ConnectLink) -> Result<LinkState, Error> {
    let now = app.now();
    if link.revoked_at.is_some_and(|at| at <= now) {
        return Ok(LinkState::Revoked);
    }
    if link.is_used_up() {
        return Ok(LinkState::Used);
    }
    if !link.is_live(now) {
        return Ok(LinkState::Expired);
    }
    if let Some(id) = &link.key {
        match app.partners.key(&link.partner, id).await? {
            Some(key) if key.is_live(now) => {}
            Some(key) if key.revoked_at.is_none_or(|at| at > now) => return Ok(LinkState::Expired),
            _ => return Ok(LinkState::Revoked),
        }
    }
    Ok(if was_disconnected_since(app, link).await? { LinkState::Revoked } else { LinkState::Active })
}

async fn was_disconnected_since(app: &App, link: &ConnectLink) -> Result<bool, Error> {
    let Some(company_key) = link.company_key.clone() else { return Ok(false) };
    let connection = app.connections.read(&ConnectionId { partner: link.partner.clone(), company_key }).await?;
    Ok(connection.and_then(|connection| connection.disconnected_at).is_some_and(|at| at > link.created_at))
}

/// Revokes a link. A link that is revoked already stays as it is.
///
/// # Errors
/// `NotFound` if the partner has no such link.
pub async fn revoke_link(app: &App, key: &ApiKey, id: &LinkId) -> Result<ConnectLink, Error> {
    let link = app.links.link(&key.partner, id).await?.ok_or(Error::NO_LINK)?;
    if link.revoked_at.is_some() {
        return Ok(link);
    }
    let audit = app.audit(&key.partner, Action::LinkRevoked, Actor::Key(key.id.clone()), [("link", id.to_string())]);
    match app.links.revoke_link(&key.partner, id, &audit).await? {
        Written::Stored => Ok(ConnectLink { revoked_at: Some(audit.at), ..link }),
        Written::Overtaken => app.links.link(&key.partner, id).await?.ok_or(Error::NO_LINK),
    }
}
