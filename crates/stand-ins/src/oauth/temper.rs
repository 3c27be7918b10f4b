//! How platforms treat refresh tokens. Each has one temper; a client that is to live with the others as well is tried
//! against each by a preset of the settings.

use serde::Deserialize;

use super::settings::Settings;

/// A preset: what it sets is in [`Settings`], and what it leaves alone stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Temper {
    /// The refresh token never changes [Zoho, OAuth docs].
    Stable,
    /// It changes on the first use a day after it was minted; reuse and races end the grant [Intuit, FAQ]. This is how the
    /// `QuickBooks` stand-in begins.
    Daily,
    /// It changes at every use; for 30 minutes the old one gets the same answer again [Xero, OAuth 2.0 FAQ].
    Grace,
    /// It changes at every use; the old one is dead at once, which harms nothing else [`FreshBooks`, docs].
    Strict,
    /// It changes at every use; an old one that comes again ends the grant (RFC 9700, section 4.14.2).
    Family,
}

impl Temper {
    /// Puts the preset over the settings.
    pub(crate) fn apply_to(self, settings: &mut Settings) {
        let (rotate_after_seconds, grace_seconds, revoke_on_reuse, revoke_on_race) = match self {
            Self::Stable => (None, 0, false, false),
            Self::Daily => (Some(86_400), 0, true, true),
            Self::Grace => (Some(0), 1_800, false, false),
            Self::Strict => (Some(0), 0, false, false),
            Self::Family => (Some(0), 0, true, false),
        };
        settings.rotate_after_seconds = rotate_after_seconds;
        settings.grace_seconds = grace_seconds;
        settings.revoke_on_reuse = revoke_on_reuse;
        settings.revoke_on_race = revoke_on_race;
    }
}
