//! The checks of the doctor.

use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::partners::{OperatorStore as _, PartnerStore as _};
use counterfoil_core::service::health::ready::{ReadyCheck, check_ready};
use counterfoil_core::service::partner::keys::KEYS_LISTED_MOST;
use counterfoil_core::{App, Error, Misconfiguration};
use counterfoil_functions::config::{Config, SecretPlace};
use counterfoil_platforms::facts_of;
use counterfoil_platforms::variables::notification_key_of;
use counterfoil_store::Table;

use super::finding::{Finding, State};
use crate::failure::Failure;
use crate::variables::Variables;

/// The variables of a deployment, and where to copy their values from.
const OF_A_DEPLOYMENT: [(&str, &str); 4] = [
    ("TABLE_NAME", "set it to the stack's output TableName (or run `counterfoil dev` for an installation on this machine)"),
    ("PUBLIC_BASE_URL", "set it to the address that browsers reach: the stack's output ApiUrl, or your own domain"),
    ("KEYRING_SECRET_ARN", "set it to the stack's output KeyringSecretArn"),
    ("CREDENTIALS_SECRET_ARN", "set it to the stack's output CredentialsSecretArn"),
];

/// The missing variables, if the doctor does not know where to look.
pub(super) fn variables(given: &Variables) -> Vec<Finding> {
    let finding = |(name, what): (&str, &str)| match given.get(name) {
        Some(_) => Finding::ok(name, "set"),
        None => Finding::trouble(State::Missing, name, what),
    };
    OF_A_DEPLOYMENT.map(finding).into()
}

/// Checks the table. The message is the store's own.
pub(super) async fn table(table: &Table) -> Finding {
    match table.check().await {
        Ok(()) => Finding::ok("table", table.name()),
        Err(error @ StoreError::TableMissing { .. }) => Finding::trouble(State::Missing, "table", error.to_string()),
        Err(error) => Finding::trouble(State::Wrong, "table", error.to_string()),
    }
}

/// The checks of `/ready` that no check here covers in more detail.
pub(super) async fn readiness(app: &App, config: &Config) -> Vec<Finding> {
    let closer = ["table", "credentials"];
    let checks = check_ready(app).await.into_iter().filter(|check| !closer.contains(&check.name));
    checks.map(|check| finding(check, config)).collect()
}

fn finding(check: ReadyCheck, config: &Config) -> Finding {
    let is_set = match check.name {
        "keyring" => !matches!(config.keyring, SecretPlace::Nowhere),
        "public_base_url" => config.public_base_url.is_some(),
        _ => true,
    };
    match check.problem {
        None if check.name == "public_base_url" => Finding::ok(check.name, config.public_base_url.clone().unwrap_or_default()),
        None => Finding::ok(check.name, "can be used"),
        Some(problem) => Finding::trouble(if is_set { State::Wrong } else { State::Missing }, check.name, problem),
    }
}

/// Checks which credentials are set. One platform's production credentials are enough.
pub(super) async fn credentials(app: &App) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut any = false;
    for platform in PlatformName::with_oauth() {
        for environment in [Environment::Production, Environment::Sandbox] {
            if environment == Environment::Sandbox && !platform.has_sandbox() {
                continue;
            }
            let found = app.platforms.get(platform, environment).await.map(|_| ());
            any |= environment == Environment::Production && found.is_ok();
            findings.push((environment, credential(platform, environment, found)));
        }
    }
    let needed = |environment| environment == Environment::Production && !any;
    findings.into_iter().map(|(environment, finding)| if needed(environment) { finding } else { finding.optional() }).collect()
}

fn credential(platform: PlatformName, environment: Environment, found: Result<(), Error>) -> Finding {
    let subject = format!("credentials, {platform} {}", environment.as_str());
    match found {
        Ok(()) => Finding::ok(subject, "set"),
        Err(error @ Error::Misconfigured { what: Misconfiguration::CredentialsMissing, .. }) => {
            Finding::trouble(State::Missing, subject, error.to_string())
        }
        Err(error) => Finding::trouble(State::Wrong, subject, error.to_string()),
    }
}

/// Checks which keys of the platforms' notifications are set, where the credentials are.
pub(super) async fn notifications(app: &App) -> Vec<Finding> {
    let mut findings = Vec::new();
    for platform in PlatformName::with_oauth() {
        for environment in [Environment::Production, Environment::Sandbox] {
            let key = facts_of(platform).and_then(|facts| notification_key_of(platform, environment, facts));
            let Some(name) = key else { continue };
            let Ok(found) = app.platforms.get(platform, environment).await else { continue };
            let subject = format!("notifications, {platform} {}", environment.as_str());
            let address = format!("{}/webhooks/{platform}", app.public_base_url.as_deref().unwrap_or_default());
            findings.push(match found.notifications() {
                Some(_) => Finding::ok(subject, format!("received at {address}")),
                None => Finding::trouble(State::Missing, subject, format!("{address} is closed; {name} opens it")).optional(),
            });
        }
    }
    findings
}

/// Checks the partner of anonymous starts, and that some partner has a valid key.
pub(super) async fn partner_and_keys(app: &App, table: &Table) -> Result<[Finding; 2], Failure> {
    let id = PartnerId::default_partner();
    let partner = table.partner(&id).await?.map_or_else(
        || Finding::trouble(State::Missing, "partner default", "create it with: counterfoil partner create default"),
        |partner| Finding::ok("partner default", partner.name),
    );
    for id in table.partners().await? {
        if table.keys(&id, None, KEYS_LISTED_MOST).await?.iter().any(|key| key.is_live(app.now())) {
            return Ok([partner, Finding::ok("API key", format!("the partner {id} has a valid one"))]);
        }
    }
    let words = "create one with: counterfoil key create --partner default --name \"...\" --scope tokens:read";
    Ok([partner, Finding::trouble(State::Missing, "API key", words)])
}

/// Says who may start a consent.
pub(super) fn open_start(is_set: bool, open: bool) -> Finding {
    match (is_set, open) {
        (true, true) => Finding::ok("OPEN_START", "true: anyone with the link may start a consent for the partner default"),
        (true, false) => Finding::ok("OPEN_START", "false: only the holder of an API key may start a consent"),
        (false, _) => {
            let words = "set it to the deployment's value; without it only the holder of an API key may start a consent";
            Finding::trouble(State::Missing, "OPEN_START", words).optional()
        }
    }
}

/// The redirect URIs to register with each platform (O-1); none without a public base URL.
pub(super) fn redirect_uris(app: &App) -> Vec<Vec<String>> {
    let uri = |platform: PlatformName| Some(vec![format!("  {}", platform.title()), app.redirect_uri(platform).ok()?]);
    PlatformName::with_oauth().filter_map(uri).collect()
}
