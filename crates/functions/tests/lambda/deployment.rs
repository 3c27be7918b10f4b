//! An installation on the loopback interface like that of `template.yaml` in AWS: the built functions, each with the environment of
//! the template, and Intuit's stand-in.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::App;
use counterfoil_core::model::api_key::{ApiKey, PresentedKey, Scope, compose};
use counterfoil_core::model::audit::Action;
use counterfoil_core::model::connection::{Connection, ConnectionId};
use counterfoil_core::model::lease::CommitId;
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::partner::Partner;
use counterfoil_core::port::store::partners::OperatorStore as _;
use counterfoil_core::port::store::vault::Commit;
use counterfoil_core::port::store::{Created, Written};
use counterfoil_functions::config::Config;
use counterfoil_functions::wiring::{World, assemble};
use counterfoil_stand_ins::quickbooks::Environment;
use counterfoil_store::Table;
use counterfoil_store::aws::local_config;
use counterfoil_testkit::dynamodb::DynamoDb;
use counterfoil_testkit::fixture::by_operator;
use counterfoil_testkit::lambda::Lambda;
use counterfoil_testkit::secrets_manager::SecretsManager;
use counterfoil_testkit::wire::Wire;
use serde_json::json;

use crate::browser::Intuit;
use crate::event::Sample;
use crate::function::Function;
use crate::template;

/// The API's own address, as in the sample events.
pub(crate) const BASE_URL: &str = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com";
/// The connection of the sample events.
pub(crate) const COMPANY_KEY: &str = "beach-blend";
/// The key that everything is sealed with.
pub(crate) const PARTNERS_PAGE: &str = "https://app.example.com/done";
pub(crate) const KEYRING_KEY: &str = "a-canary-of-a-key-of-forty-three-characters-or-more";

pub(crate) const TABLE: &str = "counterfoil-test-Table";
/// Nothing listens there. A grant is parked only if the table fails, and the schedule finds an import for which no worker was woken.
const NO_QUEUE: &str = "http://127.0.0.1:9/parking";
const HOUR: Duration = Duration::from_secs(3_600);

/// Variables of a process.
pub(crate) type Variables = BTreeMap<String, String>;

/// The table, the secrets and the platform, and a way to start functions with them.
pub(crate) struct Deployment {
    pub(crate) intuit: Intuit,
    pub(crate) secrets: SecretsManager,
    /// A process of the operator, to prepare things, without a proxy.
    pub(crate) operator: Arc<App>,
    dynamodb: DynamoDb,
    binaries: PathBuf,
}

impl Deployment {
    /// An installation without a connection, with the binaries in this folder.
    pub(crate) async fn start(binaries: PathBuf) -> Self {
        let intuit = Intuit::start(&format!("{BASE_URL}/oauth/callback")).await;
        let dynamodb = DynamoDb::start().await;
        let aws = local_config(dynamodb.endpoint());
        let table = Table::new(&aws, TABLE);
        table.create().await.expect("a table in an empty database");
        let secrets =
            SecretsManager::start([secret("keyring", &json!({ "primary": KEYRING_KEY })), secret("credentials", &credentials())])
                .await;
        let operator = assemble(&config(&intuit), &aws, World::real());
        let partner = Partner {
            id: PartnerId::default_partner(),
            name: "Default".to_owned(),
            redirect_uris: vec![PARTNERS_PAGE.to_owned()],
            created_at: operator.now(),
        };
        table
            .create_partner(&partner, &by_operator(&partner.id, Action::PartnerCreated))
            .await
            .expect("a partner in an empty table");
        Self { intuit, secrets, operator, dynamodb, binaries }
    }

    /// A key of the partner `default` with every scope, last used this long ago.
    pub(crate) async fn key(&self, unused_for: Duration) -> String {
        let partner = PartnerId::default_partner();
        let mut random = [0; 64];
        self.operator.entropy.fill(&mut random);
        let key = compose(&partner, false, &random);
        let presented = PresentedKey::parse(&key).expect("well formed");
        let made_at = self.operator.now() - unused_for;
        let stored = ApiKey {
            id: presented.id,
            partner,
            hash: presented.hash,
            name: "test".to_owned(),
            scopes: Scope::ALL.to_vec(),
            created_at: made_at,
            expires_at: None,
            revoked_at: None,
            last_used_at: made_at,
        };
        let table = Table::new(&local_config(self.dynamodb.endpoint()), TABLE);
        let audit = by_operator(&stored.partner, Action::KeyCreated);
        assert_eq!(table.create_key(&stored, &audit).await, Ok(Created::Stored));
        key.expose().to_owned()
    }

    /// The environment of a function: the template's, with the stand-ins' addresses.
    pub(crate) fn environment(&self, function: &str) -> Variables {
        let value = |in_template: String| match in_template.as_str() {
            "Table" => TABLE.to_owned(),
            "Keyring" | "Credentials" => secret_arn(&in_template.to_lowercase()),
            "PublicBaseUrl" => BASE_URL.to_owned(),
            "OpenStart" | "ShowDocs" => "true".to_owned(),
            "Freshness" => "always".to_owned(),
            "AuditRetentionDays" => "400".to_owned(),
            "RefreshesAtOnce" => "64".to_owned(),
            "ParkingQueue" | "ImportQueue" | "CourierQueue" => NO_QUEUE.to_owned(),
            "info" => in_template,
            // An unresolved reference would make a function that refuses its configuration, and starts fast because of that.
            unknown => panic!("{unknown} in template.yaml stands for nothing here"),
        };
        let mut variables: Variables =
            template::environment(function).into_iter().map(|(name, in_template)| (name, value(in_template))).collect();
        variables.extend(platform_addresses(&self.intuit));
        variables.insert("AWS_ENDPOINT_URL_SECRETS_MANAGER".to_owned(), self.secrets.endpoint().to_owned());
        variables.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), self.dynamodb.endpoint().to_owned());
        variables.insert("AWS_ENDPOINT_URL_SQS".to_owned(), NO_QUEUE.to_owned());
        variables
    }

    /// The configuration of a process with every route inside this one.
    pub(crate) fn config(&self) -> Config {
        config(&self.intuit)
    }

    /// The table's own address, without a proxy.
    pub(crate) fn table_endpoint(&self) -> &str {
        self.dynamodb.endpoint()
    }

    /// A process of a function.
    pub(crate) async fn function(&self, name: &str) -> Function {
        self.function_in(name, self.environment(name)).await
    }

    /// A process of a function in another environment.
    pub(crate) async fn function_in(&self, name: &str, mut variables: Variables) -> Function {
        let wire = Wire::before(self.dynamodb.endpoint()).await;
        variables.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), wire.endpoint().to_owned());
        let lambda = Lambda::start(&self.binaries.join(name), variables).await;
        // Starts that overlap take each other's processor, until a request for a secret runs into its time-out.
        lambda.started().await;
        Function { lambda, wire }
    }

    /// Connects the company of the sample events, with the functions `start` and `callback`.
    pub(crate) async fn connect(&self, realm: &str) {
        let (start, callback) = (self.function("start").await, self.function("callback").await);
        let started = start.answer(&Sample::of("start").to_json()).await;
        let query = self.intuit.consent(started.location(302), Some(realm)).await;
        let event = Sample::of("callback").query(&query).cookies(&started.cookies).header("accept", "application/json");
        callback.answer(&event.to_json()).await.json(200);
    }

    /// The connection of the sample events.
    pub(crate) async fn connection(&self) -> Connection {
        let found = self.operator.connections.read(&connection_id()).await;
        found.expect("the table answers").expect("there is a connection")
    }

    /// Makes its access token expired for an hour, and its refresh due.
    pub(crate) async fn expire(&self) {
        let found = self.operator.connections.read_with_lease(&connection_id()).await.expect("the table answers");
        let (connection, lease) = found.expect("there is a connection");
        let mut grant = connection.grant().expect("it is connected").clone();
        let now = self.operator.now();
        (grant.issued_at, grant.access_token_expires_at) = (now - 2 * HOUR, now - HOUR);
        let commit = Commit {
            epoch: connection.epoch,
            // As if its last attempt had succeeded hours ago.
            commit_id: lease.map_or(connection.commit_id, |lease| CommitId::under(&lease.id)),
            grant,
            at: now - 2 * HOUR,
            due_at: Some(now - HOUR),
            wanted_until: None,
            in_doubt: false,
        };
        assert_eq!(self.operator.grants.commit(&connection_id(), &commit).await, Ok(Written::Stored));
    }
}

fn config(intuit: &Intuit) -> Config {
    let mut variables = Variables::from([
        ("TABLE_NAME".to_owned(), TABLE.to_owned()),
        ("PUBLIC_BASE_URL".to_owned(), BASE_URL.to_owned()),
        ("OPEN_START".to_owned(), "true".to_owned()),
        ("KEYRING".to_owned(), json!({ "primary": KEYRING_KEY }).to_string()),
    ]);
    let credentials = credentials();
    let credentials = credentials.as_object().expect("an object").iter();
    variables.extend(credentials.map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned())));
    variables.extend(platform_addresses(intuit));
    Config::from_variables(&variables).expect("a complete configuration")
}

pub(crate) fn connection_id() -> ConnectionId {
    let company_key = CompanyKey::parse(COMPANY_KEY).expect("well formed");
    ConnectionId { partner: PartnerId::default_partner(), company_key }
}

/// The stand-in's ARN of a secret.
pub(crate) fn secret_arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:us-east-1:000000000000:secret:{name}-AbCdEf")
}

fn secret(name: &str, value: &serde_json::Value) -> (String, String) {
    (name.to_owned(), value.to_string())
}

/// The client ids and secrets of the stand-in, and the key of its notifications, as an operator enters them.
pub(crate) fn credentials() -> serde_json::Value {
    let [production, sandbox] = Environment::ALL;
    json!({
        "QUICKBOOKS_CLIENT_ID": production.client_id(),
        "QUICKBOOKS_CLIENT_SECRET": production.client_secret(),
        "QUICKBOOKS_SANDBOX_CLIENT_ID": sandbox.client_id(),
        "QUICKBOOKS_SANDBOX_CLIENT_SECRET": sandbox.client_secret(),
        "QUICKBOOKS_WEBHOOK_VERIFIER": production.webhook_verifier(),
    })
}

fn platform_addresses(intuit: &Intuit) -> Variables {
    let endpoints = &intuit.endpoints;
    [
        ("QUICKBOOKS_AUTHORIZE_URL", &endpoints.authorize),
        ("QUICKBOOKS_TOKEN_URL", &endpoints.token),
        ("QUICKBOOKS_REVOKE_URL", &endpoints.revoke),
        ("QUICKBOOKS_API_URL", &endpoints.api),
        ("QUICKBOOKS_SANDBOX_API_URL", &endpoints.sandbox_api),
    ]
    .map(|(name, url)| (name.to_owned(), url.clone()))
    .into()
}
