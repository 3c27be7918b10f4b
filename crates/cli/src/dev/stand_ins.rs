//! The stand-ins for the platforms: where they are and what their keys are, as variables of the configuration; and which of
//! our redirect URIs they know.

use counterfoil_core::App;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::service::addresses::redirect_uri;
use counterfoil_platforms::variables::variable;
use counterfoil_stand_ins::Registrations;

use crate::failure::Failure;

/// What has a platform played by its stand-in.
pub(super) fn variables(platform: PlatformName, stand_ins_url: &str) -> Vec<(String, String)> {
    let settings = counterfoil_stand_ins::variables(platform.as_str(), stand_ins_url);
    settings.into_iter().map(|(ending, value)| (variable(platform, ending), value)).collect()
}

/// Our redirect URIs, registered with each.
pub(super) fn registrations(app: &App) -> Result<Registrations, Failure> {
    let mut registrations = Registrations::default();
    for platform in PlatformName::ALL {
        let ours = redirect_uri(app, platform)?;
        registrations.register(platform.as_str(), &ours).map_err(|error| Failure::new(error.to_string()))?;
    }
    Ok(registrations)
}
