//! The auth flow: a partner creates a session, and the page of its link sets up the Web Connector of the end user.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::api_key::{ApiKey, PresentedKey, Scope, is_publishable};
use crate::model::audit::{Action, Actor};
use crate::model::desktop::auth_session::{AuthSession, ClientSecret};
use crate::model::desktop::connection::DesktopConnection;
use crate::model::desktop::end_user::{EndUser, EndUserName};
use crate::model::desktop::id::{AuthSessionId, IntegrationConnectionId};
use crate::model::name::PartnerId;
use crate::model::secret::{Fingerprint, Secret, hex};
use crate::model::time::later;
use crate::port::qbxml::{Qbxml, QwcFields};
use crate::port::store::Written;
use crate::service::desktop::end_users::read_end_user;
use crate::service::desktop::{guid, owner_id};
use crate::{App, Error, Misconfiguration};

/// The purpose of the sealed client secret of a session.
const CLIENT_SECRET: &str = "client_secret";

/// A new session of the auth flow.
pub struct NewAuthSession {
    /// The end user to be connected.
    pub end_user: EndUserName,
    /// A publishable key of the partner.
    pub publishable_key: Secret,
    /// The time until its link expires.
    pub life: Duration,
    /// Where the browser goes at the end.
    pub redirect_url: Option<String>,
}

/// A session and its client secret.
pub struct WithSecret {
    /// The session.
    pub session: AuthSession,
    /// Its client secret, which is in the link.
    pub client_secret: Secret,
}

/// Creates a session.
///
/// # Errors
/// `Invalid` if the publishable key is not a valid one of this partner, `NotFound` if the partner has no such end user.
pub async fn create_auth_session(app: &App, key: &ApiKey, new: NewAuthSession) -> Result<WithSecret, Error> {
    check_publishable(app, &key.partner, &new.publishable_key).await?;
    read_end_user(app, &new.end_user).await?;
    let mut random = [0; 32];
    app.entropy.fill(&mut random);
    let client_secret = ClientSecret::compose(&key.partner, &hex(&random));
    let presented =
        ClientSecret::parse(&client_secret).ok_or_else(|| Error::Internal("a client secret is malformed".to_owned()))?;
    let now = app.now();
    let session = AuthSession {
        client_secret: app.sealer.seal(&sealing_owner(&key.partner, &presented.session), CLIENT_SECRET, &client_secret).await?,
        id: presented.session,
        end_user: new.end_user,
        created_at: now,
        expires_at: later(now, new.life),
        hash: presented.hash,
        publishable_key: new.publishable_key.expose().to_owned(),
        redirect_url: new.redirect_url,
        password_shown_at: None,
    };
    let detail = [("auth_session", session.id.to_string())];
    let audit = app.audit(&session.end_user.connection_id(), Action::AuthSessionCreated, Actor::Key(key.id.clone()), detail);
    app.end_users.create_auth_session(&session, &audit).await?;
    Ok(WithSecret { session, client_secret })
}

/// A secret key would be in the link, which the end user gets.
async fn check_publishable(app: &App, partner: &PartnerId, key: &Secret) -> Result<(), Error> {
    let refused =
        || Error::invalid("invalid_publishable_key", "The publishable key is not a valid publishable key of this partner.");
    let presented = PresentedKey::parse(key).filter(|presented| is_publishable(key) && presented.partner == *partner);
    let presented = presented.ok_or_else(refused)?;
    let found = app.partners.key(partner, &presented.id).await?;
    let is_good = |key: &ApiKey| key.hash.matches(&presented.hash) && key.is_live(app.now()) && key.may(Scope::ConsentStart);
    found.filter(is_good).map(drop).ok_or_else(refused)
}

/// One session, for the partner.
///
/// # Errors
/// `NotFound` if the partner has no such session.
pub async fn read_auth_session(app: &App, partner: &PartnerId, id: &AuthSessionId) -> Result<WithSecret, Error> {
    let session = app.end_users.auth_session(partner, id).await?.ok_or(Error::NO_AUTH_SESSION)?;
    let client_secret = app.sealer.open(&sealing_owner(partner, id), CLIENT_SECRET, &session.client_secret).await?;
    Ok(WithSecret { session, client_secret })
}

/// What a browser that opened the link of a session may see.
pub struct OpenedSession {
    /// The session.
    pub session: AuthSession,
    /// The end user.
    pub end_user: EndUser,
    /// Its connection, if the flow was begun.
    pub connection: Option<DesktopConnection>,
    /// The state of the link.
    pub link: LinkState,
}

/// The state of the link of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// It can be used.
    Open,
    /// Its time is over.
    Expired(Timestamp),
    /// It was used: QuickBooks is connected.
    Used,
}

/// The session of a link that a browser opened.
///
/// # Errors
/// `NotFound` if there is no such session, or if the publishable key is not the one in its link. Both get the same answer.
pub async fn open_auth_session(app: &App, secret: &Secret, publishable_key: &str) -> Result<OpenedSession, Error> {
    const REFUSED: Error = Error::NotFound("This link is unknown or incomplete. Ask the sender for a new one.");
    let presented = ClientSecret::parse(secret).ok_or(REFUSED)?;
    let found = app.end_users.auth_session(&presented.partner, &presented.session).await?;
    let is_theirs = |session: &AuthSession| {
        session.hash.matches(&presented.hash)
            && Fingerprint::of(publishable_key).matches(&Fingerprint::of(&session.publishable_key))
    };
    let session = found.filter(is_theirs).ok_or(REFUSED)?;
    let (end_user, connection) = app.end_users.end_user(&session.end_user).await?.ok_or(REFUSED)?;
    let link = if session.is_used(connection.as_ref()) {
        LinkState::Used
    } else if session.expires_at <= app.now() {
        LinkState::Expired(session.expires_at)
    } else {
        LinkState::Open
    };
    Ok(OpenedSession { session, end_user, connection, link })
}

/// A connection with its new password.
pub struct NewPassword {
    /// The connection.
    pub connection: DesktopConnection,
    /// The password. It is not stored, so it can only be shown now.
    pub password: Secret,
}

/// Creates the connection of an end user if there is none, and gives it a new password. An earlier password stops working.
///
/// # Errors
/// `Conflict` if the link cannot be used; the table's errors.
pub async fn show_password(app: &App, opened: &OpenedSession, qbxml: &dyn Qbxml) -> Result<NewPassword, Error> {
    must_be_open(opened)?;
    let name = &opened.end_user.name;
    let password = app.new_secret();
    let detail = [("auth_session", opened.session.id.to_string())];
    let audit = app.audit(&name.connection_id(), Action::WebConnectorPasswordSet, Actor::Anonymous, detail);
    app.end_users.password_shown(&name.partner, &opened.session.id, app.now()).await?;
    if let Some(connection) = opened.connection.clone() {
        return match app.end_users.replace_password(name, &password.fingerprint(), &audit).await? {
            Written::Stored => Ok(NewPassword { connection, password }),
            Written::Overtaken => Err(Error::NO_AUTH_SESSION),
        };
    }
    let connection = new_connection(app, opened, &password, qbxml).await?;
    match app.end_users.create_connection(&connection, &audit).await? {
        Written::Stored => Ok(NewPassword { connection, password }),
        Written::Overtaken => {
            Err(Error::conflict("setup_in_progress", "Another window has begun the setup. Load this page again."))
        }
    }
}

fn must_be_open(opened: &OpenedSession) -> Result<(), Error> {
    if opened.link == LinkState::Open {
        return Ok(());
    }
    Err(Error::conflict("link_ended", "This link has expired or was used. Ask the sender for a new one."))
}

async fn new_connection(
    app: &App,
    opened: &OpenedSession,
    password: &Secret,
    qbxml: &dyn Qbxml,
) -> Result<DesktopConnection, Error> {
    let name = &opened.end_user.name;
    let file_id = guid(&app.new_secret().fingerprint());
    let qwc = qwc(app, &opened.end_user, &file_id, qbxml).await?;
    Ok(DesktopConnection {
        id: IntegrationConnectionId::of_digits(&app.new_id("")),
        end_user: name.clone(),
        created_at: app.now(),
        password: password.fingerprint(),
        password_set_at: Some(app.now()),
        file_id,
        has_seen_file: false,
        qwc,
        last_polled_at: None,
        last_request_at: None,
        last_successful_request_at: None,
        connected_file: None,
        is_awaited: false,
        session: None,
    })
}

async fn qwc(app: &App, end_user: &EndUser, file_id: &str, qbxml: &dyn Qbxml) -> Result<String, Error> {
    let base_url = app.base_url()?;
    let partner = app.partners.partner(&end_user.name.partner).await?.ok_or(Error::NO_PARTNER)?;
    let owner_id = owner_id(&end_user.name.partner);
    let user_name = end_user.name.user_name();
    let fields = QwcFields {
        base_url,
        partner: &partner.name,
        company: &end_user.company_name,
        user_name: &user_name,
        owner_id: &owner_id,
        file_id,
    };
    qbxml.qwc(&fields).ok_or_else(|| Error::Misconfigured {
        what: Misconfiguration::ConfigurationIncomplete,
        message: "The Web Connector accepts only a public base URL with https and the name of a host.".to_owned(),
    })
}

/// Replaces the `.qwc` file of a connection by one with another `FileID`, for a company file that was copied or cannot be added again.
///
/// # Errors
/// `Conflict` if the link cannot be used, or if there is no connection yet.
pub async fn rotate_qwc(app: &App, opened: &OpenedSession, qbxml: &dyn Qbxml) -> Result<(), Error> {
    must_be_open(opened)?;
    let name = &opened.end_user.name;
    let file_id = guid(&app.new_secret().fingerprint());
    let qwc = qwc(app, &opened.end_user, &file_id, qbxml).await?;
    let detail = [("auth_session", opened.session.id.to_string())];
    let audit = app.audit(&name.connection_id(), Action::QwcRotated, Actor::Anonymous, detail);
    match app.end_users.replace_qwc(name, &file_id, &qwc, &audit).await? {
        Written::Stored => Ok(()),
        Written::Overtaken => Err(Error::conflict("setup_not_begun", "The setup was not begun yet. Load this page again.")),
    }
}

/// The owner of the sealed client secret of a session.
pub fn sealing_owner(partner: &PartnerId, id: &AuthSessionId) -> String {
    format!("auth session {partner}/{id}")
}
