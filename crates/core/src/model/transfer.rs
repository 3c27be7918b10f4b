//! Connections that come from another system.

use jiff::Timestamp;

use crate::model::connection::ConnectionId;
use crate::model::platform::{Environment, PlatformName};
use crate::model::secret::Secret;

/// A connection as another system had it.
#[derive(Clone)]
pub struct Transfer {
    /// The connection that it becomes.
    pub connection: ConnectionId,
    /// A name for people; `None` takes the platform's name of the company.
    pub company_name: Option<String>,
    /// The platform.
    pub platform: PlatformName,
    /// The platform's environment.
    pub environment: Environment,
    /// The platform's id of the company: a claim, which the platform must confirm.
    pub company_id: String,
    /// The platform's refresh token.
    pub refresh_token: Secret,
    /// When the refresh token expires if it is not used; `None` if that is not known.
    pub refresh_token_expires_at: Option<Timestamp>,
    /// The granted scopes; `None` if they are not known.
    pub scopes: Option<Vec<String>>,
    /// The data centre of the grant, on a platform that has several.
    pub region: Option<String>,
}
