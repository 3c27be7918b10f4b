//! The stand-ins for the platforms: where they are and what their keys are, as variables of the configuration; and which of
//! our redirect URIs they know.

use counterfoil_core::App;
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::service::start_consent::redirect_uri;
use counterfoil_platforms::credentials;
use counterfoil_platforms::facts::{ADDRESSES, DATA_CENTERS, variable};
use counterfoil_sandbox::{InvalidRedirectUri, RedirectUris, Registrations, freshbooks, quickbooks, xero, zoho};

use crate::failure::Failure;

/// What has a platform played by its stand-in.
pub(super) fn variables(platform: PlatformName, sandbox_url: &str) -> Vec<(String, String)> {
    let Place { addresses, more, keys } = place(platform, sandbox_url);
    let addresses = ADDRESSES.into_iter().zip(addresses).chain(more);
    let addresses = addresses.map(|(ending, address)| (variable(platform, ending), address));
    let keys = keys
        .into_iter()
        .flat_map(|(environment, pair)| credentials::variables(platform, environment).into_iter().zip(pair.map(str::to_owned)));
    addresses.chain(keys).collect()
}

/// Our redirect URIs, registered with each.
pub(super) fn registrations(app: &App) -> Result<Registrations, Failure> {
    let mut registrations = Registrations::default();
    for platform in PlatformName::ALL {
        let ours = redirect_uri(app, platform)?;
        register(&mut registrations, platform, &ours).map_err(|error| Failure::new(error.to_string()))?;
    }
    Ok(registrations)
}

fn register(at: &mut Registrations, platform: PlatformName, uri: &str) -> Result<(), InvalidRedirectUri> {
    let others: &mut RedirectUris = match platform {
        PlatformName::Quickbooks => {
            return quickbooks::Environment::ALL.into_iter().try_for_each(|keys| at.quickbooks.register(keys, uri));
        }
        PlatformName::Xero => &mut at.xero,
        PlatformName::Zoho => &mut at.zoho,
        PlatformName::Freshbooks => &mut at.freshbooks,
    };
    others.register(uri)
}

/// A stand-in, in the words of the configuration.
struct Place {
    /// In the order of [`ADDRESSES`].
    addresses: [String; 4],
    /// Further variables, by their endings.
    more: Vec<(&'static str, String)>,
    keys: Vec<(Environment, [&'static str; 2])>,
}

fn place(platform: PlatformName, base: &str) -> Place {
    match platform {
        PlatformName::Quickbooks => {
            let at = quickbooks::Endpoints::at(base);
            let [production, sandbox] = quickbooks::Environment::ALL;
            let pair = |keys: quickbooks::Environment| [keys.client_id(), keys.client_secret()];
            Place {
                addresses: [at.authorize, at.token, at.revoke, at.api],
                more: vec![("SANDBOX_API_URL", at.sandbox_api)],
                keys: vec![(Environment::Production, pair(production)), (Environment::Sandbox, pair(sandbox))],
            }
        }
        PlatformName::Xero => {
            let at = xero::Endpoints::at(base);
            Place {
                addresses: [at.authorize, at.token, at.revoke, at.api],
                more: vec![("CONNECTIONS_URL", at.connections)],
                keys: vec![(Environment::Production, [xero::CLIENT_ID, xero::CLIENT_SECRET])],
            }
        }
        PlatformName::Zoho => {
            let at = zoho::Endpoints::at(base);
            let entry = |it: &zoho::DataCenterAddress| format!("{}={}|{}", it.location, it.accounts_server, it.api_domain);
            let data_centers: Vec<_> = at.data_centers.iter().map(entry).collect();
            Place {
                addresses: [at.authorize, at.token, at.revoke, at.api],
                more: vec![(DATA_CENTERS, data_centers.join(","))],
                keys: vec![(Environment::Production, [zoho::CLIENT_ID, zoho::CLIENT_SECRET])],
            }
        }
        PlatformName::Freshbooks => {
            let at = freshbooks::Endpoints::at(base);
            Place {
                addresses: [at.authorize, at.token, at.revoke, at.api],
                more: Vec::new(),
                keys: vec![(Environment::Production, [freshbooks::CLIENT_ID, freshbooks::CLIENT_SECRET])],
            }
        }
    }
}
