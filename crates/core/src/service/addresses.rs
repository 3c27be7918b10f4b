//! The addresses of ours that platforms redirect to.

use crate::model::platform::PlatformName;
use crate::{App, Error};

use crate::service::health::ready::no_base_url;

/// Our redirect URI for a platform: one exact string (O-1).
///
/// # Errors
/// `Misconfigured` where the public base URL is not set.
pub fn redirect_uri(app: &App, platform: PlatformName) -> Result<String, Error> {
    let base = app.public_base_url.as_ref().ok_or_else(no_base_url)?;
    Ok(format!("{base}{}", callback_path(platform)))
}

/// Where a platform comes back to. `/oauth/callback` is QuickBooks' own; each of the others has a path to itself (O-2).
pub fn callback_path(platform: PlatformName) -> String {
    match platform {
        PlatformName::Quickbooks => "/oauth/callback".to_owned(),
        other => format!("/oauth/callback/{other}"),
    }
}
