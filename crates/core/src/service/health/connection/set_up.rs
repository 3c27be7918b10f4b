//! Whether the installation can obtain grants of the connection's platform.

use crate::Error;
use crate::model::failure_code::FailureCode;

use super::Seen;
use super::check::{Advice, Named, ReadinessCheck};

/// The credentials are there, they are those of the grant's client, and the platform did not refuse them.
pub(super) fn oauth_configuration(seen: &Seen<'_>) -> ReadinessCheck {
    let check = Named("oauth_configuration");
    let company = &seen.connection.company;
    if !company.platform.has_oauth() {
        return check.not_used(format!("{} has no OAuth.", company.platform.title()));
    }
    match &seen.client {
        Err(error @ Error::Misconfigured { .. }) => return check.fail(error.to_string(), Advice::EnterCredentials),
        Err(_) => return check.warn("The credentials could not be read at the moment.", Advice::AskAgain),
        Ok(_) => {}
    }
    if let Some(code @ FailureCode::ClientRefused) = seen.connection.last_failure.as_ref().map(|failure| failure.code) {
        return check.fail(code.in_words(), Advice::EnterCredentials);
    }
    let (platform, environment) = (company.platform.title(), company.environment.as_str());
    check.pass(format!("The credentials of {platform} ({environment}) are set."))
}

/// The redirect URI can be built. Only a consent shows whether it is registered at the platform.
pub(super) fn callback_redirect(seen: &Seen<'_>) -> ReadinessCheck {
    let check = Named("callback_redirect");
    let platform = seen.connection.company.platform;
    if !platform.has_oauth() {
        return check.not_used(format!("{} has no OAuth.", platform.title()));
    }
    match &seen.redirect_uri {
        Ok(uri) => {
            let platform = platform.title();
            check.pass(format!("The redirect URI is {uri}. It must be registered at {platform} exactly like this."))
        }
        Err(error) => check.fail(error.to_string(), Advice::SetRedirectUri),
    }
}
