//! One consent at each stand-in, and what comes of it: what a test of all platforms needs to know of each.

/// A consent that works, and the grant that it makes.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// What is chosen on the consent page.
    pub chosen: &'static [(&'static str, &'static str)],
    /// The companies that the grant then reaches, with their names.
    pub companies: &'static [(&'static str, &'static str)],
    /// Whether the callback names the company.
    pub names_company: bool,
    /// The data centre that the callback names.
    pub region: Option<&'static str>,
    /// What the API's base ends with.
    pub api: &'static str,
    /// How long an access token lives, in seconds.
    pub access_token_seconds: i64,
    /// What becomes of a refresh token that is used.
    pub rotation: Rotation,
    /// Whether the consent is bound by PKCE.
    pub pkce: bool,
    /// Whether the app can revoke the grant.
    pub can_revoke: bool,
    /// What the control route `revoke` is told for the customer to take the grant away.
    pub disconnect: &'static str,
}

/// What becomes of a refresh token that is used, within the minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The answer repeats it.
    Repeated,
    /// The answer has none, and it stays good.
    Silent,
    /// The answer has a new one, and the old one still works.
    Graceful,
    /// The answer has a new one, and the old one is dead.
    OneUse,
}
