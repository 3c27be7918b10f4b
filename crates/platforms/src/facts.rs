//! A platform as data: its addresses, its scopes, its data centres.

use std::collections::BTreeMap;

use url::Url;

/// The facts of a platform that need no configuration.
#[derive(Debug)]
pub struct Facts {
    /// The address of the consent page.
    pub authorize: &'static str,
    /// The address of the token endpoint.
    pub token: &'static str,
    /// The address of the revocation endpoint; `None` if there is none.
    pub revoke: Option<&'static str>,
    /// The base address of the API.
    pub api: &'static str,
    /// The issuer in callbacks, if they have one (RFC 9207). The comparison is exact.
    pub issuer: Option<&'static str>,
    /// Further addresses, each with the ending of its variable.
    pub more: &'static [(&'static str, &'static str)],
    /// The scopes to request, separated by blanks; empty if the platform has none.
    pub scopes: &'static str,
    /// Whether consents use PKCE (O-7).
    pub pkce: bool,
    /// The data centres, if the platform has several with an accounts server each.
    pub data_centers: &'static [KnownDataCenter],
    /// The parameter that names the company when the platform redirects a browser that disconnected the app there.
    pub disconnect_hint: Option<&'static str>,
    /// The ending of the variable with the key that signs its notifications; `None` if Counterfoil receives none from it.
    pub notification_key: Option<&'static str>,
}

/// A data centre of the platform.
#[derive(Debug)]
pub struct KnownDataCenter {
    /// Its name in a callback.
    pub location: &'static str,
    /// Its accounts server, without a slash at its end.
    pub accounts: &'static str,
    /// Its API domain, without a slash at its end.
    pub api: &'static str,
}

/// The configuration of a platform.
#[derive(Debug, Clone)]
pub struct Configured {
    /// The address of the consent page.
    pub authorize: Url,
    /// The address of the token endpoint.
    pub token: Url,
    /// The address of the revocation endpoint, if there is one.
    pub revoke: Option<Url>,
    /// The base address of the API, without a slash at its end.
    pub api: String,
    /// The issuer in callbacks, if they have one (O-3).
    pub issuer: Option<String>,
    /// The addresses of [`Facts::more`], by the endings of their variables.
    pub more: BTreeMap<&'static str, Url>,
    /// The scopes to request (O-15).
    pub scopes: Vec<String>,
    /// Whether consents use PKCE.
    pub pkce: bool,
    /// The data centres that a callback may name (O-13).
    pub data_centers: Vec<DataCenter>,
}

/// A data centre that a callback may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataCenter {
    /// Its name in a callback.
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
