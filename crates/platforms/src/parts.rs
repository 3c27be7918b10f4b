//! The configuration and clients that a platform's code uses.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::model::platform::Environment;
use reqwest::Client;

use crate::credentials::Credentials;
use crate::facts::Configured;
use crate::http::LazyClient;

/// The configuration and clients of a platform.
#[derive(Clone)]
pub(crate) struct Parts {
    /// For token requests and other requests without a page.
    pub(crate) client: Client,
    /// For pages of records. It keeps its connections.
    pub(crate) pages: Arc<LazyClient>,
    /// Time-out of a request for companies and of a revocation.
    pub(crate) timeout: Duration,
    pub(crate) credentials: Credentials,
    pub(crate) environment: Environment,
    pub(crate) configured: Configured,
}
