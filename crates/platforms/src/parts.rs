//! What every platform's code works with.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::model::platform::Environment;
use reqwest::Client;

use crate::credentials::Credentials;
use crate::facts::Configured;
use crate::http::LazyClient;

/// What a platform is made of.
#[derive(Clone)]
pub(crate) struct Parts {
    /// For token requests and questions.
    pub(crate) client: Client,
    /// For pages of records: it keeps its connections.
    pub(crate) pages: Arc<LazyClient>,
    /// How long a question or a revocation may take.
    pub(crate) timeout: Duration,
    pub(crate) credentials: Credentials,
    pub(crate) environment: Environment,
    pub(crate) configured: Configured,
}
