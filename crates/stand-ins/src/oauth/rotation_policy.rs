//! Presets for the treatment of refresh tokens, one for each kind of platform. With them a test runs a client against every kind.

use serde::Deserialize;

use super::settings::Settings;

/// A preset. It sets some fields of [`Settings`] and leaves the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RotationPolicy {
    /// The refresh token never changes [Zoho, OAuth docs].
    Stable,
    /// It changes at the first use that is a day after it was made; reuse and concurrent use end the grant [Intuit, FAQ]. The `QuickBooks`
    /// stand-in starts with this preset.
    Daily,
    /// It changes at every use; for 30 minutes the old one gets the same answer [Xero, OAuth 2.0 FAQ].
    Grace,
    /// It changes at every use; the old one is invalid immediately, and presenting it harms nothing else [`FreshBooks`, docs].
    Strict,
    /// It changes at every use; presenting an old one ends the grant (RFC 9700, section 4.14.2).
    Family,
}

impl RotationPolicy {
    /// Applies the preset to the settings.
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
