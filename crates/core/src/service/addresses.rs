//! Redirect URIs of Counterfoil.

use crate::model::platform::PlatformName;
use crate::{App, Error};

use crate::service::health::ready::no_base_url;

/// The redirect URI that is registered at a platform: one exact string (O-1).
///
/// # Errors
/// `Misconfigured` if the public base URL is not set.
pub fn redirect_uri(app: &App, platform: PlatformName) -> Result<String, Error> {
    let base = app.public_base_url.as_ref().ok_or_else(no_base_url)?;
    Ok(format!("{base}{}", callback_path(platform)))
}

/// The path of a platform's callback. QuickBooks has `/oauth/callback`; each other platform has a path of its own (O-2).
pub fn callback_path(platform: PlatformName) -> String {
    match platform {
        PlatformName::Quickbooks => "/oauth/callback".to_owned(),
        other => format!("/oauth/callback/{other}"),
    }
}
