//! A platform as data: its addresses, its scopes, its data centres, and the names of the variables that set them.

use std::collections::BTreeMap;
use std::sync::Arc;

use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::port::platform::Platform;
use url::Url;

use crate::credentials;
use crate::vendor::Parts;

/// What is known of a platform before anything is configured.
#[derive(Debug)]
pub struct Facts {
    /// Where consent is given.
    pub authorize: &'static str,
    /// Where tokens are made.
    pub token: &'static str,
    /// Where grants are revoked.
    pub revoke: &'static str,
    /// The base that API paths are added to.
    pub api: &'static str,
    /// What a callback says of who made it, where it says so (RFC 9207); compared exactly.
    pub issuer: &'static str,
    /// Further addresses, each by the ending of its variable.
    pub more: &'static [(&'static str, &'static str)],
    /// The scopes that are asked for, separated by blanks.
    pub scopes: &'static str,
    /// Whether consents are bound by PKCE (O-7).
    pub pkce: bool,
    /// The data centres, where the platform has several with an accounts server each.
    pub data_centers: &'static [KnownDataCenter],
    /// The parameter that names the company where the platform sends a browser that disconnected the app there.
    pub disconnect_hint: Option<&'static str>,
    pub(crate) make: fn(Parts) -> Arc<dyn Platform>,
}

/// A data centre of the platform's own.
#[derive(Debug)]
pub struct KnownDataCenter {
    /// What the callback calls it.
    pub location: &'static str,
    /// Its accounts server, without a slash at its end.
    pub accounts: &'static str,
    /// Its API domain, without a slash at its end.
    pub api: &'static str,
}

/// What is configured for a platform.
#[derive(Debug, Clone)]
pub struct Configured {
    /// Where consent is given.
    pub authorize: Url,
    /// Where tokens are made.
    pub token: Url,
    /// Where grants are revoked.
    pub revoke: Url,
    /// The base that API paths are added to, without a slash at its end.
    pub api: String,
    /// What a callback says of who made it, where it says so (O-3).
    pub issuer: String,
    /// Every one of [`Facts::more`], by its ending.
    pub more: BTreeMap<&'static str, Url>,
    /// The scopes to ask for (O-15).
    pub scopes: Vec<String>,
    /// Whether consents are bound by PKCE.
    pub pkce: bool,
    /// The data centres that a callback may name (O-13).
    pub data_centers: Vec<DataCenter>,
}

/// A data centre that a callback may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataCenter {
    /// What the callback calls it.
    pub location: String,
    /// Its accounts server, without a slash at its end.
    pub accounts: String,
    /// Its API domain, without a slash at its end.
    pub api: String,
}

impl From<&KnownDataCenter> for DataCenter {
    fn from(known: &KnownDataCenter) -> Self {
        Self { location: known.location.to_owned(), accounts: known.accounts.to_owned(), api: known.api.to_owned() }
    }
}

/// The endings of the four addresses that every platform has.
pub const ADDRESSES: [&str; 4] = ["AUTHORIZE_URL", "TOKEN_URL", "REVOKE_URL", "API_URL"];
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

/// Every variable that a platform has: its credentials, its scopes, its addresses.
pub fn variables(platform: PlatformName) -> Vec<String> {
    let facts = crate::facts_of(platform);
    let endings =
        ADDRESSES.into_iter().chain(facts.more.iter().map(|(ending, _)| *ending)).chain([ISSUER, SCOPES, PKCE, REST_MS]);
    let of_data_centers = (!facts.data_centers.is_empty()).then_some(DATA_CENTERS);
    let others = endings.chain(of_data_centers).map(|ending| variable(platform, ending));
    credential_variables(platform).into_iter().chain(others).collect()
}

/// The variables with a platform's credentials, in every environment and data centre.
pub fn credential_variables(platform: PlatformName) -> Vec<String> {
    let sandbox = platform.has_sandbox().then_some(Environment::Sandbox);
    let keys = [Environment::Production].into_iter().chain(sandbox);
    let keys = keys.flat_map(|environment| credentials::variables(platform, environment));
    let of_data_centers = crate::facts_of(platform).data_centers.iter().map(|known| secret_of(platform, known.location));
    keys.chain(of_data_centers).collect()
}

/// The variable with the secret of one data centre, where that has its own.
pub(crate) fn secret_of(platform: PlatformName, location: &str) -> String {
    variable(platform, &format!("CLIENT_SECRET_{}", location.to_ascii_uppercase()))
}
