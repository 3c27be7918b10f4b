//! What the OAuth part and the books both need of QuickBooks's API.

use counterfoil_core::model::platform::Environment;

use crate::parts::Parts;

/// The variable with the address for sandbox companies.
pub(super) const SANDBOX_API_URL: &str = "SANDBOX_API_URL";

/// The API's address, which differs by environment.
pub(super) fn api(parts: &Parts) -> &str {
    match parts.environment {
        Environment::Production => &parts.configured.api,
        Environment::Sandbox => parts.configured.more[SANDBOX_API_URL].as_str().trim_end_matches('/'),
    }
}

/// The header of an answer that names it to the platform's support.
pub(super) const TRACE: &str = "intuit_tid";
