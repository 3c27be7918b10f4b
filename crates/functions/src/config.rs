//! The configuration. It is read from the environment once, and nothing else reads a variable.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use counterfoil_core::model::connection::Freshness;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::settings::{AUDIT_RETENTION, Misfit, Settings};
use counterfoil_platforms::variables;
use counterfoil_platforms::{HttpSettings, PlatformSettings, facts_of};

use crate::config::reader::Reader;

mod platforms;
pub(crate) mod reader;

/// Every variable except those of the platforms ([`variables::all`]). Tests check `template.yaml` and `docs/configuration.md`
/// against this list.
pub const VARIABLES: &[&str] = &[
    "TABLE_NAME",
    "PUBLIC_BASE_URL",
    "OPEN_START",
    "SHOW_DOCS",
    "KEYRING_SECRET_ARN",
    "CREDENTIALS_SECRET_ARN",
    "KEYRING",
    "PARKING_QUEUE_URL",
    "PARKING_FOLDER",
    "IMPORT_QUEUE_URL",
    "COURIER_QUEUE_URL",
    "ALLOW_LOOPBACK_WEBHOOKS",
    "FRESHNESS",
    "AUDIT_RETENTION_DAYS",
    "RUST_LOG",
    "PLATFORM_TIMEOUT_MS",
    "COMMIT_BUDGET_MS",
    "LEASE_MS",
    "REST_MS",
    "WAIT_MS",
    "POLL_MS",
    "FORCED_INTERVAL_MS",
    "REFRESHES_AT_ONCE",
    "BACKOFF_FIRST_MS",
    "BACKOFF_LONGEST_MS",
];

/// The environment of the process, without variables that are not UTF-8.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn environment() -> BTreeMap<String, String> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
}

/// The configuration of a process.
#[derive(Debug, Clone)]
pub struct Config {
    /// The name of the table.
    pub table_name: String,
    /// The address at which browsers reach this installation, without a trailing slash.
    pub public_base_url: Option<String>,
    /// Whether a browser without a key may start a consent.
    pub open_start: bool,
    /// Whether `/docs` shows the OpenAPI document.
    pub show_docs: bool,
    /// Where the keyring is.
    pub keyring: SecretPlace,
    /// Where the platforms' credentials are.
    pub credentials: SecretPlace,
    /// Where grants are parked that the table cannot store.
    pub parking: ParkingPlace,
    /// The SQS queue that wakes the worker of imports, by its URL.
    pub import_queue: Option<String>,
    /// The SQS queue that wakes the courier, by its URL.
    pub courier_queue: Option<String>,
    /// Whether webhook endpoints may be on this machine: on a laptop only.
    pub allows_loopback_webhooks: bool,
    /// How fresh the tokens of new connections are kept.
    pub freshness: Freshness,
    /// The platforms' addresses.
    pub platforms: PlatformSettings,
    /// Times and bounds.
    pub settings: Settings,
}

/// Time for which audit rows are kept, by `AUDIT_RETENTION_DAYS`.
///
/// # Errors
/// A sentence, if it is not a number of days from 1 to 3650.
pub fn audit_retention(variables: &BTreeMap<String, String>) -> Result<Duration, String> {
    let mut reader = Reader { variables, problems: Vec::new() };
    let retention = reader.days("AUDIT_RETENTION_DAYS", AUDIT_RETENTION);
    reader.problems.pop().map_or(Ok(retention), Err)
}

/// Where grants are parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParkingPlace {
    /// An SQS queue, by its URL.
    Queue(String),
    /// A folder on this machine: on a laptop only.
    Folder(PathBuf),
    /// Nowhere: this function does not refresh.
    Nowhere,
}

/// Where a secret is.
#[derive(Clone)]
pub enum SecretPlace {
    /// In Secrets Manager, under this ARN.
    SecretsManager(String),
    /// In the environment: on a laptop only.
    Variables(BTreeMap<String, String>),
    /// Nowhere: this function may not read it.
    Nowhere,
}

impl std::fmt::Debug for SecretPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SecretsManager(arn) => write!(f, "SecretsManager({arn})"),
            Self::Variables(variables) => f.debug_list().entries(variables.keys()).finish(),
            Self::Nowhere => f.write_str("Nowhere"),
        }
    }
}

impl Config {
    /// Reads the configuration from variables.
    ///
    /// # Errors
    /// A sentence that names every variable that is missing or wrong.
    pub fn from_variables(variables: &BTreeMap<String, String>) -> Result<Self, String> {
        let mut reader = Reader { variables, problems: Vec::new() };
        let settings = reader.settings();
        let config = Self {
            table_name: reader
                .text("TABLE_NAME")
                .unwrap_or_else(|| reader.missing("TABLE_NAME", "the name of the DynamoDB table")),
            public_base_url: reader.base_url("PUBLIC_BASE_URL"),
            open_start: reader.flag("OPEN_START", false),
            show_docs: reader.flag("SHOW_DOCS", false),
            keyring: reader.secret("KEYRING_SECRET_ARN", &["KEYRING".to_owned()]),
            credentials: reader.secret("CREDENTIALS_SECRET_ARN", &credential_variables()),
            parking: reader.parking(),
            import_queue: reader.text("IMPORT_QUEUE_URL"),
            courier_queue: reader.text("COURIER_QUEUE_URL"),
            allows_loopback_webhooks: reader.allows_loopback_webhooks(),
            freshness: reader.freshness(),
            platforms: PlatformSettings {
                by_name: reader.platforms(),
                http: HttpSettings { timeout: settings.platform_timeout },
            },
            settings,
        };
        if let Err(misfit) = settings.check() {
            reader.problems.push(in_words(misfit).to_owned());
        }
        if reader.problems.is_empty() {
            Ok(config)
        } else {
            Err(format!("The configuration is not complete: {}.", reader.problems.join("; ")))
        }
    }
}

fn in_words(misfit: Misfit) -> &'static str {
    match misfit {
        Misfit::LeaseTooShort => "LEASE_MS must be longer than PLATFORM_TIMEOUT_MS and COMMIT_BUDGET_MS together",
        Misfit::LeaseTooLong => "LEASE_MS must be less than 21000: a function needs 8 s of its 29 s for the table",
        Misfit::WaitTooLong => "WAIT_MS must be less than 25000: a function needs 4 s of its 29 s for the table",
        Misfit::FlowLifeTooLong => "a flow must not last more than ten minutes",
        Misfit::KeyMemoryTooLong => "an API key must not be cached for more than a minute",
    }
}

fn credential_variables() -> Vec<String> {
    let of_platform = |platform| facts_of(platform).map(|facts| variables::of_credentials(platform, facts));
    PlatformName::with_oauth().filter_map(of_platform).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, String> {
        Config::from_variables(&pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn an_error_names_every_wrong_variable() {
        let error =
            read(&[("OPEN_START", "maybe"), ("LEASE_MS", "soon"), ("PUBLIC_BASE_URL", "http://example.com")]).expect_err("wrong");
        for name in ["TABLE_NAME", "OPEN_START", "LEASE_MS", "PUBLIC_BASE_URL"] {
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn the_real_addresses_are_the_defaults_and_a_blank_variable_counts_as_unset() {
        let config = read(&[("TABLE_NAME", "t"), ("PUBLIC_BASE_URL", ""), ("QUICKBOOKS_CLIENT_ID", " ")]).expect("complete");
        let quickbooks = &config.platforms.by_name[&PlatformName::Quickbooks];
        assert_eq!(quickbooks.api, facts_of(PlatformName::Quickbooks).expect("it has OAuth").api);
        assert_eq!(config.public_base_url, None);
        assert!(!config.open_start);
        assert!(matches!(config.credentials, SecretPlace::Nowhere));
    }

    #[test]
    fn o13_only_a_laptop_adds_data_centres_and_only_at_https_or_loopback_addresses() {
        let of_zoho = |config: Config| config.platforms.by_name[&PlatformName::Zoho].data_centers.clone();
        let own = of_zoho(read(&[("TABLE_NAME", "t")]).expect("complete"));
        assert_eq!(own.len(), 11);
        let added = ("ZOHO_DATA_CENTERS", "eu=http://localhost:1/eu|http://localhost:1/api, x=https://a.test|https://b.test/");
        let more = of_zoho(read(&[("TABLE_NAME", "t"), added]).expect("complete"));
        assert_eq!(
            (more.len(), more[0].accounts.as_str(), more[1].api.as_str()),
            (12, "http://localhost:1/eu", "https://b.test")
        );
        let deployed = read(&[("TABLE_NAME", "t"), added, ("CREDENTIALS_SECRET_ARN", "arn")]).expect_err("deployed");
        assert!(deployed.contains("ZOHO_DATA_CENTERS is for the laptop only"), "{deployed}");
        for bad in [
            "eu",
            "eu=https://a.test",
            "eu=http://a.test|https://b.test",
            "EU=https://a.test|https://b.test",
            "eu=https://a.test|https://b.test,",
        ] {
            let error = read(&[("TABLE_NAME", "t"), ("ZOHO_DATA_CENTERS", bad)]).expect_err(bad);
            assert!(error.contains("ZOHO_DATA_CENTERS must be"), "{error}");
        }
    }

    #[test]
    fn a6_only_a_laptop_allows_webhook_endpoints_on_this_machine() {
        let allowed = ("ALLOW_LOOPBACK_WEBHOOKS", "true");
        assert!(!read(&[("TABLE_NAME", "t")]).expect("complete").allows_loopback_webhooks);
        assert!(read(&[("TABLE_NAME", "t"), allowed]).expect("complete").allows_loopback_webhooks);
        for of_a_deployment in ["KEYRING_SECRET_ARN", "CREDENTIALS_SECRET_ARN", "COURIER_QUEUE_URL"] {
            let error = read(&[("TABLE_NAME", "t"), allowed, (of_a_deployment, "arn")]).expect_err("deployed");
            assert!(error.contains("ALLOW_LOOPBACK_WEBHOOKS is for the laptop only"), "{error}");
        }
    }

    #[test]
    fn r3_settings_whose_times_do_not_fit_are_refused() {
        let error = read(&[("TABLE_NAME", "t"), ("LEASE_MS", "13000")]).expect_err("too short");
        assert!(error.contains("LEASE_MS must be longer"), "{error}");
    }

    #[test]
    fn t1_a_secret_variable_is_not_shown_by_debug() {
        let config = read(&[("TABLE_NAME", "t"), ("QUICKBOOKS_CLIENT_SECRET", "canary")]).expect("complete");
        assert!(!format!("{config:?}").contains("canary"));
    }
}
