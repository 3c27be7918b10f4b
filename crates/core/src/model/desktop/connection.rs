//! The connection of an end user through the QuickBooks Web Connector, a Windows program that polls Counterfoil. Counterfoil cannot
//! reach it by itself.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::desktop::end_user::EndUserName;
use crate::model::desktop::id::IntegrationConnectionId;
use crate::model::secret::{Fingerprint, Secret, hex};
use crate::model::time::{later, until};

/// The time after its last poll for which a Web Connector counts as active. It polls each minute, and QuickBooks may keep it for some
/// time.
pub const ACTIVE_FOR: Duration = Duration::from_secs(120);
/// The time after the last request of the partner for which a session is held open.
pub const HELD_FOR: Duration = Duration::from_secs(600);

/// The connection of an end user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesktopConnection {
    /// Its id.
    pub id: IntegrationConnectionId,
    /// The end user.
    pub end_user: EndUserName,
    /// When the end user began the auth flow.
    pub created_at: Timestamp,
    /// The hash of the Web Connector's password, which has 256 random bits.
    pub password: Fingerprint,
    /// When the password was set. Connections that were stored before this was noted have none until the next password.
    pub password_set_at: Option<Timestamp>,
    /// The `FileID` that the Web Connector writes into the company file. It changes only if the partner rotates the `.qwc` file.
    pub file_id: String,
    /// Whether a company file with this `FileID` was open once.
    pub has_seen_file: bool,
    /// The `.qwc` file. Its bytes never change without a rotation, because another file for the same company is refused (QBWC1039).
    pub qwc: String,
    /// The last time that the Web Connector signed in, brought an answer or the reason why there is none, or closed a session.
    pub last_polled_at: Option<Timestamp>,
    /// The time of the partner's last request that the Web Connector fetched.
    pub last_request_at: Option<Timestamp>,
    /// The last time that QuickBooks answered a request with a success.
    pub last_successful_request_at: Option<Timestamp>,
    /// The `FileID` with which it is stored as a connection for imports; `None` until QuickBooks has answered with a success.
    pub connected_file: Option<String>,
    /// Whether a run of an import waits for the next sign-in.
    pub is_awaited: bool,
    /// The session of the Web Connector that is open.
    pub session: Option<WebConnectorSession>,
}

impl DesktopConnection {
    /// Whether QuickBooks has answered with a success at least once.
    pub fn is_set_up(&self) -> bool {
        self.last_successful_request_at.is_some()
    }

    /// Whether the setup waits for an answer: there was none yet, or none since the password was set or the `.qwc` file was replaced.
    pub fn needs_answer(&self) -> bool {
        !self.is_set_up()
            || self.password_set_at > self.last_successful_request_at
            || self.connected_file.as_ref() != Some(&self.file_id)
    }

    /// Whether the Web Connector signed in lately, or holds a session open.
    pub fn is_active(&self, now: Timestamp) -> bool {
        let seen = self.last_active_at();
        seen.is_some_and(|at| until(at, now) <= ACTIVE_FOR)
    }

    /// The last time that the Web Connector was seen.
    pub fn last_active_at(&self) -> Option<Timestamp> {
        let seen_at = self.session.as_ref().map(|session| session.seen_at);
        self.last_polled_at.max(seen_at).max(self.last_successful_request_at)
    }

    /// Whether the session that is open has this ticket's hash.
    pub fn has_session(&self, ticket: &Fingerprint) -> bool {
        self.session.as_ref().is_some_and(|session| session.ticket.matches(ticket))
    }

    /// Whether a session is held open for further requests.
    pub fn is_held(&self, now: Timestamp) -> bool {
        self.last_request_at.is_some_and(|at| later(at, HELD_FOR) > now)
    }
}

/// A session of the Web Connector: from its sign-in until it closes the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebConnectorSession {
    /// The hash of its ticket.
    pub ticket: Fingerprint,
    /// The last time that its request for work was answered.
    pub seen_at: Timestamp,
    /// Why the session ends, for the Web Connector's window; `None` if it goes on.
    pub refusal: Option<String>,
}

/// A ticket of a session: `{user name}_{128 random bits in hex}`.
#[derive(Clone)]
pub struct Ticket {
    /// The end user to whom it is bound.
    pub end_user: EndUserName,
    /// The hash of the whole ticket.
    pub hash: Fingerprint,
}

impl Ticket {
    /// Composes a ticket from 16 random bytes.
    pub(crate) fn compose(end_user: &EndUserName, random: [u8; 16]) -> Secret {
        Secret::new(format!("{}_{}", end_user.user_name(), hex(&random)))
    }

    /// Parses a ticket; `None` if it is malformed.
    pub fn parse(ticket: &Secret) -> Option<Self> {
        let (user_name, random) = ticket.expose().rsplit_once('_')?;
        let is_random = random.len() == 32 && random.bytes().all(|b| b.is_ascii_hexdigit());
        let end_user = EndUserName::of_user_name(user_name).filter(|_| is_random)?;
        Some(Self { end_user, hash: ticket.fingerprint() })
    }
}
