//! A sample consent at each stand-in and its result, for tests of all platforms.

/// A successful consent, and the grant that it gives.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// The choice on the consent page.
    pub chosen: &'static [(&'static str, &'static str)],
    /// The companies that the grant reaches, with their names.
    pub companies: &'static [(&'static str, &'static str)],
    /// Whether the callback names the company.
    pub names_company: bool,
    /// The data centre that the callback names.
    pub region: Option<&'static str>,
    /// The end of the API's base address.
    pub api: &'static str,
    /// The life of an access token, in seconds.
    pub access_token_seconds: i64,
    /// What happens to a refresh token that is used.
    pub rotation: Rotation,
    /// Whether the consent uses PKCE.
    pub pkce: bool,
    /// Whether the app can revoke the grant.
    pub can_revoke: bool,
    /// The body of the control route `revoke` with which the customer disconnects.
    pub disconnect: &'static str,
}

/// What happens to a refresh token that is used, within the same minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The answer repeats it.
    Repeated,
    /// The answer has none, and the old one stays valid.
    Silent,
    /// The answer has a new one, and the old one still works.
    Graceful,
    /// The answer has a new one, and the old one is invalid.
    OneUse,
}
