//! The laptop's defaults for variables that a person has not set. A platform without credentials gets the addresses and credentials of
//! its stand-in; a platform with credentials keeps its real addresses.

use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::model::secret::Secret;
use counterfoil_platforms::variables::of_client;
use url::Url;

use super::stand_ins;
use crate::database::TABLE_NAME;
use crate::variables::Variables;

/// The variables that name a deployment's resources. The laptop ignores them, so that it changes no deployment.
const OF_A_DEPLOYMENT: &[&str] =
    &["TABLE_NAME", "KEYRING_SECRET_ARN", "CREDENTIALS_SECRET_ARN", "PARKING_QUEUE_URL", "IMPORT_QUEUE_URL", "COURIER_QUEUE_URL"];

/// All variables of the configuration.
pub(crate) fn complete(given: Variables, base_url: &str, stand_ins_url: &str, keyring: &Secret) -> Variables {
    let given = given.without(OF_A_DEPLOYMENT);
    let played = PlatformName::with_oauth().filter(|platform| uses_stand_in(&given, *platform));
    let stand_ins: Vec<_> = played.flat_map(|platform| stand_ins::variables(platform, stand_ins_url)).collect();
    let base_url = given.get("PUBLIC_BASE_URL").unwrap_or(base_url).to_owned();
    // If others can reach the address, a person must decide whether anybody may start a consent.
    let open_start = if is_loopback(&base_url) { "true" } else { "" };
    let own = [
        ("TABLE_NAME", TABLE_NAME),
        ("PUBLIC_BASE_URL", base_url.as_str()),
        ("OPEN_START", open_start),
        ("SHOW_DOCS", "true"),
        ("KEYRING", keyring.expose()),
    ];
    given.over(own.map(|(name, value)| (name, value.to_owned()))).over(stand_ins)
}

fn is_loopback(base_url: &str) -> bool {
    Url::parse(base_url).is_ok_and(|url| matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")))
}

/// Whether a platform uses its stand-in.
pub(crate) fn uses_stand_in(variables: &Variables, platform: PlatformName) -> bool {
    ![Environment::Production, Environment::Sandbox]
        .into_iter()
        .any(|environment| has_credentials(variables, platform, environment))
}

/// Whether a person has set credentials for a platform.
pub(super) fn has_credentials(variables: &Variables, platform: PlatformName, environment: Environment) -> bool {
    of_client(platform, environment).iter().any(|name| variables.get(name).is_some())
}

#[cfg(test)]
mod tests {
    use counterfoil_stand_ins::quickbooks;

    use super::*;

    fn completed(given: &[(&str, &str)]) -> Variables {
        let given = Variables::default().over(given.iter().map(|(name, value)| (*name, (*value).to_owned())));
        complete(given, "http://localhost:3000", "http://localhost:4000", &Secret::new("{}"))
    }

    #[test]
    fn without_credentials_every_platform_uses_the_stand_in() {
        let variables = completed(&[("QUICKBOOKS_CLIENT_ID", " ")]);
        assert_eq!(variables.get("QUICKBOOKS_API_URL"), Some("http://localhost:4000/quickbooks/api"));
        let id = quickbooks::Environment::Sandbox.client_id();
        assert_eq!(variables.get("QUICKBOOKS_SANDBOX_CLIENT_ID"), Some(id));
        assert_eq!(variables.get("OPEN_START"), Some("true"));
    }

    #[test]
    fn anybody_may_start_a_consent_only_on_a_loopback_address() {
        for (base_url, open) in [
            ("http://127.0.0.1:3000", Some("true")),
            ("http://[::1]:3000", Some("true")),
            ("https://tunnel.example.com", None),
            ("https://localhost.example.com", None),
        ] {
            assert_eq!(completed(&[("PUBLIC_BASE_URL", base_url)]).get("OPEN_START"), open, "{base_url}");
        }
        let chosen = completed(&[("PUBLIC_BASE_URL", "https://tunnel.example.com"), ("OPEN_START", "true")]);
        assert_eq!(chosen.get("OPEN_START"), Some("true"));
    }

    #[test]
    fn one_platform_can_be_real_while_the_others_use_stand_ins() {
        let variables = completed(&[("XERO_CLIENT_ID", "id")]);
        assert_eq!(variables.get("XERO_TOKEN_URL"), None);
        assert_eq!(variables.get("FRESHBOOKS_API_URL"), Some("http://localhost:4000/freshbooks/api"));
        let data_centers = variables.get("ZOHO_DATA_CENTERS").expect("those of the stand-in");
        assert!(data_centers.contains("eu=http://localhost:4000/zoho/eu|http://localhost:4000/zoho/eu/api"), "{data_centers}");
        assert!(variables.get("QUICKBOOKS_TOKEN_URL").is_some());
    }

    #[test]
    fn a_platform_with_credentials_does_not_use_the_stand_in() {
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
