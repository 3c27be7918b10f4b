//! The laptop's own variables, beneath whatever a person has set. Where no credentials are set, the platforms' addresses and
//! credentials are those of the stand-in; where any are, the addresses stay the real ones.

use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::model::secret::Secret;
use counterfoil_platforms::credentials;
use counterfoil_sandbox::quickbooks::{self, Endpoints};

use crate::database::TABLE_NAME;
use crate::variables::Variables;

/// What names a deployment's parts: on the laptop nothing of a deployment is touched.
const OF_A_DEPLOYMENT: &[&str] = &["TABLE_NAME", "KEYRING_SECRET_ARN", "CREDENTIALS_SECRET_ARN", "PARKING_QUEUE_URL"];

/// Everything the configuration needs here.
pub(crate) fn complete(given: Variables, base_url: &str, sandbox_url: &str, keyring: &Secret) -> Variables {
    let given = given.without(OF_A_DEPLOYMENT);
    let stand_in = uses_stand_in(&given).then(|| stand_in(sandbox_url));
    let own = [("TABLE_NAME", TABLE_NAME), ("PUBLIC_BASE_URL", base_url), ("OPEN_START", "true"), ("KEYRING", keyring.expose())];
    given.over(own.map(|(name, value)| (name, value.to_owned()))).over(stand_in.into_iter().flatten())
}

/// Whether QuickBooks is played by the stand-in.
pub(crate) fn uses_stand_in(variables: &Variables) -> bool {
    ![Environment::Production, Environment::Sandbox].into_iter().any(|environment| has_credentials(variables, environment))
}

/// Whether a person has set credentials for QuickBooks.
pub(super) fn has_credentials(variables: &Variables, environment: Environment) -> bool {
    credentials::variables(PlatformName::Quickbooks, environment).iter().any(|name| variables.get(name).is_some())
}

fn stand_in(sandbox_url: &str) -> Vec<(String, String)> {
    let at = Endpoints::at(sandbox_url);
    let addresses = [
        ("QUICKBOOKS_AUTHORIZE_URL", at.authorize),
        ("QUICKBOOKS_TOKEN_URL", at.token),
        ("QUICKBOOKS_REVOKE_URL", at.revoke),
        ("QUICKBOOKS_API_URL", at.api),
        ("QUICKBOOKS_SANDBOX_API_URL", at.sandbox_api),
    ];
    let keys = [
        (Environment::Production, quickbooks::Environment::Production),
        (Environment::Sandbox, quickbooks::Environment::Sandbox),
    ];
    let credentials = keys.into_iter().flat_map(|(environment, stand_in)| {
        let names = credentials::variables(PlatformName::Quickbooks, environment);
        names.into_iter().zip([stand_in.client_id().to_owned(), stand_in.client_secret().to_owned()])
    });
    addresses.into_iter().map(|(name, address)| (name.to_owned(), address)).chain(credentials).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(given: &[(&str, &str)]) -> Variables {
        let given = Variables::default().over(given.iter().map(|(name, value)| (*name, (*value).to_owned())));
        complete(given, "http://localhost:3000", "http://localhost:4000", &Secret::new("{}"))
    }

    #[test]
    fn without_credentials_everything_is_the_stand_in() {
        let variables = completed(&[("QUICKBOOKS_CLIENT_ID", " ")]);
        assert_eq!(variables.get("QUICKBOOKS_API_URL"), Some("http://localhost:4000/quickbooks/api"));
        let id = quickbooks::Environment::Sandbox.client_id();
        assert_eq!(variables.get("QUICKBOOKS_SANDBOX_CLIENT_ID"), Some(id));
        assert_eq!(variables.get("OPEN_START"), Some("true"));
    }

    #[test]
    fn with_credentials_of_either_kind_nothing_is() {
        for name in ["QUICKBOOKS_CLIENT_ID", "QUICKBOOKS_SANDBOX_CLIENT_ID"] {
            let variables = completed(&[(name, "id")]);
            assert_eq!(variables.get("QUICKBOOKS_TOKEN_URL"), None, "{name}");
            assert_eq!(variables.get(name), Some("id"));
        }
    }

    #[test]
    fn a_person_s_own_value_wins_but_a_deployment_s_parts_stay_out() {
        let variables = completed(&[
            ("PUBLIC_BASE_URL", "https://tunnel.example.com"),
            ("OPEN_START", "false"),
            ("TABLE_NAME", "deployed"),
            ("KEYRING_SECRET_ARN", "arn:aws:secretsmanager:x"),
        ]);
        assert_eq!(variables.get("PUBLIC_BASE_URL"), Some("https://tunnel.example.com"));
        assert_eq!(variables.get("OPEN_START"), Some("false"));
        assert_eq!(variables.get("TABLE_NAME"), Some(TABLE_NAME));
        assert_eq!(variables.get("KEYRING_SECRET_ARN"), None);
    }
}
