//! A platform as data: its addresses, its scopes, its data centres.

use std::collections::BTreeMap;

use url::Url;

/// What is known of a platform before anything is configured.
#[derive(Debug)]
pub struct Facts {
    /// Where consent is given.
    pub authorize: &'static str,
    /// Where tokens are made.
    pub token: &'static str,
    /// Where grants are revoked; `None` where there is no such address.
    pub revoke: Option<&'static str>,
    /// The base that API paths are added to.
    pub api: &'static str,
    /// What a callback says of who made it, where it says so (RFC 9207); compared exactly.
    pub issuer: Option<&'static str>,
    /// Further addresses, each by the ending of its variable.
    pub more: &'static [(&'static str, &'static str)],
    /// The scopes that are asked for, separated by blanks; empty where the platform has none.
    pub scopes: &'static str,
    /// Whether consents are bound by PKCE (O-7).
    pub pkce: bool,
    /// The data centres, where the platform has several with an accounts server each.
    pub data_centers: &'static [KnownDataCenter],
    /// The parameter that names the company where the platform sends a browser that disconnected the app there.
    pub disconnect_hint: Option<&'static str>,
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
    /// Where grants are revoked, if anywhere.
    pub revoke: Option<Url>,
    /// The base that API paths are added to, without a slash at its end.
    pub api: String,
    /// What a callback says of who made it, where it says so (O-3).
    pub issuer: Option<String>,
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
