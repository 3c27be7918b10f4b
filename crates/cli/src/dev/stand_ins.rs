//! The stand-ins for the platforms: the variables that make the product use them, and the redirect URIs that are registered with them.

use counterfoil_core::App;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_platforms::variables::variable;
use counterfoil_stand_ins::Registrations;

use crate::failure::Failure;

/// The variables that make a platform use its stand-in.
pub(super) fn variables(platform: PlatformName, stand_ins_url: &str) -> Vec<(String, String)> {
    let settings = counterfoil_stand_ins::variables(platform.as_str(), stand_ins_url);
    settings.into_iter().map(|(ending, value)| (variable(platform, ending), value)).collect()
}

/// Our redirect URIs, to register with each stand-in.
pub(super) fn registrations(app: &App) -> Result<Registrations, Failure> {
    let mut registrations = Registrations::default();
    for platform in PlatformName::with_oauth() {
        let ours = app.redirect_uri(platform)?;
        registrations.register(platform.as_str(), &ours).map_err(|error| Failure::new(error.to_string()))?;
    }
    Ok(registrations)
}
