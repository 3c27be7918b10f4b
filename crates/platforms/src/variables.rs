//! The names of the variables that configure a platform: `{PLATFORM}_` and an ending.

use counterfoil_core::model::platform::{Environment, PlatformName};

use crate::facts::Facts;

/// The ending of the variable with the consent page's address.
pub const AUTHORIZE_URL: &str = "AUTHORIZE_URL";
/// The ending of the variable with the token endpoint's address.
pub const TOKEN_URL: &str = "TOKEN_URL";
/// The ending of the variable with the revocation endpoint's address, on a platform that has one.
pub const REVOKE_URL: &str = "REVOKE_URL";
/// The ending of the variable with the API's base.
pub const API_URL: &str = "API_URL";
/// The ending of the variable that adds data centres.
pub const DATA_CENTERS: &str = "DATA_CENTERS";
/// The ending of the variable with the issuer.
pub const ISSUER: &str = "ISSUER";
/// The ending of the variable with the scopes.
pub const SCOPES: &str = "SCOPES";
/// The ending of the variable that says whether to use PKCE.
pub const PKCE: &str = "PKCE";
/// The ending of the variable that says how long a refresh token rests, in milliseconds.
pub const REST_MS: &str = "REST_MS";

/// The variable of a platform with that ending.
pub fn variable(platform: PlatformName, ending: &str) -> String {
    format!("{}_{ending}", platform.as_str().to_ascii_uppercase())
}

/// The names of all variables of a platform: its credentials, scopes and addresses.
pub fn all(platform: PlatformName, facts: &Facts) -> Vec<String> {
    let addresses = [AUTHORIZE_URL, TOKEN_URL, API_URL].into_iter().chain(facts.revoke.map(|_| REVOKE_URL));
    let more = facts.more.iter().map(|(ending, _)| *ending);
    let endings = addresses.chain(more).chain([ISSUER, SCOPES, PKCE, REST_MS]);
    let of_data_centers = (!facts.data_centers.is_empty()).then_some(DATA_CENTERS);
    let others = endings.chain(of_data_centers).map(|ending| variable(platform, ending));
    of_credentials(platform, facts).into_iter().chain(others).collect()
}

/// The names of the variables with a platform's credentials, for every environment and data centre, and with the keys of its
/// notifications.
pub fn of_credentials(platform: PlatformName, facts: &Facts) -> Vec<String> {
    let sandbox = platform.has_sandbox().then_some(Environment::Sandbox);
    let environments = [Environment::Production].into_iter().chain(sandbox);
    let keys = environments.clone().flat_map(|environment| of_client(platform, environment));
    let of_data_centers = facts.data_centers.iter().map(|known| secret_of(platform, known.location));
    let of_notifications = environments.filter_map(|environment| notification_key_of(platform, environment, facts));
    keys.chain(of_data_centers).chain(of_notifications).collect()
}

/// The names of the variables with client id and client secret.
pub fn of_client(platform: PlatformName, environment: Environment) -> [String; 2] {
    ["CLIENT_ID", "CLIENT_SECRET"].map(|ending| of_environment(platform, environment, ending))
}

/// The name of the variable with the key that signs the platform's notifications; `None` if Counterfoil receives none from it.
pub fn notification_key_of(platform: PlatformName, environment: Environment, facts: &Facts) -> Option<String> {
    facts.notification_key.map(|ending| of_environment(platform, environment, ending))
}

fn of_environment(platform: PlatformName, environment: Environment, ending: &str) -> String {
    match environment {
        Environment::Production => variable(platform, ending),
        Environment::Sandbox => variable(platform, &format!("SANDBOX_{ending}")),
    }
}

/// The name of the variable with the secret of one data centre, if that has its own.
pub(crate) fn secret_of(platform: PlatformName, location: &str) -> String {
    variable(platform, &format!("CLIENT_SECRET_{}", location.to_ascii_uppercase()))
}
