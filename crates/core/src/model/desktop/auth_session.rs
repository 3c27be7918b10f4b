//! Sessions of the auth flow: a page that leads an end user through the setup of the Web Connector.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::desktop::connection::DesktopConnection;
use crate::model::desktop::end_user::EndUserName;
use crate::model::desktop::id::AuthSessionId;
use crate::model::name::PartnerId;
use crate::model::secret::{Fingerprint, Sealed, Secret};

/// The default life of a session.
pub const LIFE: Duration = Duration::from_secs(30 * 60);
/// The shortest life of a session.
pub const LIFE_LEAST: Duration = Duration::from_secs(15 * 60);
/// The longest life of a session: seven days.
pub const LIFE_MOST: Duration = Duration::from_secs(7 * 86_400);

/// The prefix of every client secret.
const SECRET_PREFIX: &str = "auth_sess_client_secret_";

/// A stored session.
#[derive(Clone)]
pub struct AuthSession {
    /// Its id.
    pub id: AuthSessionId,
    /// The end user to be connected.
    pub end_user: EndUserName,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its link expires.
    pub expires_at: Timestamp,
    /// The hash of its client secret.
    pub hash: Fingerprint,
    /// Its client secret, which the API returns again.
    pub client_secret: Sealed,
    /// The publishable key of the partner, which is in the link.
    pub publishable_key: String,
    /// Where the browser goes at the end.
    pub redirect_url: Option<String>,
    /// When the page last showed a password.
    pub password_shown_at: Option<Timestamp>,
}

impl AuthSession {
    /// Whether the Web Connector has signed in with the password that the page showed: an earlier one is refused.
    pub fn has_signed_in(&self, connection: Option<&DesktopConnection>) -> bool {
        let polled_at = connection.and_then(|connection| connection.last_polled_at);
        self.password_shown_at.is_some_and(|shown_at| polled_at.is_some_and(|at| at >= shown_at))
    }

    /// Whether QuickBooks has answered with a success since the page showed the password: the link has been used.
    pub fn is_used(&self, connection: Option<&DesktopConnection>) -> bool {
        let answered_at = connection.and_then(|connection| connection.last_successful_request_at);
        self.password_shown_at.is_some_and(|shown_at| answered_at.is_some_and(|at| at >= shown_at))
    }
}

/// A client secret: `auth_sess_client_secret_{partner}_{random}`.
pub struct ClientSecret {
    /// The partner in its text.
    pub partner: PartnerId,
    /// The id of its session.
    pub session: AuthSessionId,
    /// The hash of the whole secret.
    pub hash: Fingerprint,
}

impl ClientSecret {
    /// Composes a client secret from a random text without underscores.
    pub(crate) fn compose(partner: &PartnerId, random: &str) -> Secret {
        Secret::new(format!("{SECRET_PREFIX}{partner}_{random}"))
    }

    /// Parses a client secret; `None` if it is malformed.
    pub fn parse(secret: &Secret) -> Option<Self> {
        let (partner, _) = secret.expose().strip_prefix(SECRET_PREFIX)?.rsplit_once('_')?;
        let hash = secret.fingerprint();
        let session = AuthSessionId::of_digits(hash.as_str().get(..32)?);
        Some(Self { partner: PartnerId::parse(partner).ok()?, session, hash })
    }
}
