//! Connections of another system.

use jiff::Timestamp;

use crate::model::connection::ConnectionId;
use crate::model::platform::{Environment, PlatformName};
use crate::model::secret::Secret;

/// A connection of another system.
#[derive(Clone)]
pub struct Transfer {
    /// The connection that it becomes.
    pub connection: ConnectionId,
    /// The name that people see; `None` means the company's name at the platform.
    pub company_name: Option<String>,
    /// The platform.
    pub platform: PlatformName,
    /// The platform's environment.
    pub environment: Environment,
    /// The platform's id of the company. The platform must confirm it.
    pub company_id: String,
    /// The platform's refresh token.
    pub refresh_token: Secret,
    /// When an unused refresh token expires; `None` if this is unknown.
    pub refresh_token_expires_at: Option<Timestamp>,
    /// The granted scopes; `None` if they are unknown.
    pub scopes: Option<Vec<String>>,
    /// The data centre of the grant, on a platform that has several.
    pub region: Option<String>,
}
