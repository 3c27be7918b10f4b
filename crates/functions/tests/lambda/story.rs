//! The life of a connection through the built functions, and the rights that they used and the lines that they logged.

mod api_keys;
mod books;
mod consents;
mod endings;
mod evidence;
mod grants;
mod partners_page;
mod purges;
mod webhooks;

use std::collections::BTreeMap;
use std::time::Duration;

use counterfoil_testkit::http_event::HttpEvent;
use serde_json::{Value, json};

use crate::browser::LARKSPUR;
use crate::deployment::{Deployment, KEYRING_KEY, connection_id, credentials};
use crate::event::Sample;
use crate::function::{Answer, Function};
use crate::template;

/// The stand-in's other company.
const HARBOR: &str = "9130357849067890";
const HOUR: Duration = Duration::from_secs(3_600);
/// After this time without use a key's next use is stored.
const LONG_UNUSED: Duration = Duration::from_secs(2 * 86_400);

/// Every function in one process each, and the secrets that passed through them.
struct Story {
    deployment: Deployment,
    functions: BTreeMap<String, Function>,
    key: String,
    secrets: Vec<String>,
}

impl Story {
    async fn begin() -> Self {
        let deployment = crate::deployment().await;
        let mut functions = BTreeMap::new();
        for name in template::functions() {
            functions.insert(name.clone(), deployment.function(&name).await);
        }
        let key = deployment.key(Duration::ZERO).await;
        let mut secrets = vec![KEYRING_KEY.to_owned(), key.clone()];
        let credentials = credentials();
        let client_secrets = credentials.as_object().expect("an object").iter().filter(|(name, _)| !name.ends_with("ID"));
        secrets.extend(client_secrets.map(|(_, value)| value.as_str().expect("a text").to_owned()));
        Self { deployment, functions, key, secrets }
    }

    /// From an empty installation to a connection, its tokens read, refreshed and lost, connected again, and at last refused.
    async fn told() -> Self {
        let mut story = Self::begin().await;
        story.is_up().await;
        story.connects_in_a_browser().await;
        story.reads_and_refreshes().await;
        story.is_seen().await;
        story.has_a_key_rotated().await;
        story.notifies_an_endpoint().await;
        story.is_kept_fresh().await;
        story.imports_the_books().await;
        story.moves_to_another_company().await;
        story.refuses_a_consent().await;
        story.is_disconnected_at_the_platform().await;
        story.is_brought_back_by_a_parked_grant().await;
        story.is_handed_to_the_partners_page().await;
        story.is_said_to_be_disconnected().await;
        story.is_disconnected().await;
        story.is_purged().await;
        story
    }

    async fn is_up(&self) {
        assert_eq!(self.ask("health", &Sample::of("health").to_json()).await.json(200), json!({ "status": "ok" }));
        let ready = self.ask("health", &HttpEvent::get("/ready").to_json()).await.json(200);
        assert_eq!(ready["status"], "ready", "{ready}");
    }

    async fn is_seen(&self) {
        let list = self.ask("connections", &self.sample("connections")).await.json(200);
        let read = HttpEvent::get("/api/connections/beach-blend").header("x-api-key", &self.key).to_json();
        let read = self.ask("connections", &read).await.json(200);
        assert_eq!(list, json!({ "connections": [read], "next_cursor": null }));
        assert_eq!((&read["realm_id"], &read["connected"]), (&json!(LARKSPUR), &json!(true)));
    }

    fn function(&self, name: &str) -> &Function {
        &self.functions[name]
    }

    async fn ask(&self, function: &str, event: &Value) -> Answer {
        self.function(function).answer(event).await
    }

    async fn token(&self, event: &Value) -> Answer {
        self.ask("token", event).await
    }

    /// The function's sample event, with the key.
    fn sample(&self, function: &str) -> Value {
        Sample::of(function).header("x-api-key", &self.key).to_json()
    }

    fn keep(&mut self, secret: &Value) {
        self.secrets.push(secret.as_str().expect("a text").to_owned());
    }

    /// Code and state of a callback, and the browser id of its cookie.
    fn keep_secrets_of(&mut self, query: &str, cookies: &[String]) {
        let parameters = url::form_urlencoded::parse(query.as_bytes());
        let secrets = parameters.filter(|(name, _)| name == "code" || name == "state").map(|(_, value)| value.into_owned());
        self.secrets.extend(secrets);
        self.secrets.extend(cookies.iter().filter_map(|pair| Some(pair.split_once('=')?.1.to_owned())));
    }

    /// The refresh token, which is in no answer.
    async fn keep_refresh_token(&mut self) {
        let connection = self.deployment.connection().await;
        let sealed = connection.grant().and_then(|grant| grant.refresh_token.clone()).expect("a refresh token");
        let owner = format!("connection {}", connection_id());
        let opened = self.deployment.operator.sealer.open(&owner, "refresh_token", &sealed).await;
        self.secrets.push(opened.expect("it opens for its owner").expose().to_owned());
    }
}

fn counts(of: &[(&str, usize)]) -> BTreeMap<String, usize> {
    of.iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_built_functions_connect_refresh_and_disconnect() {
    let story = Story::told().await;
    assert!(story.secrets.len() > 20, "the story has its canaries");
    for (name, function) in &story.functions {
        evidence::s1_it_may_do_exactly_what_it_does(name, function);
        evidence::s3_its_logs_are_json_with_the_request_id(name, function);
        evidence::its_metric_lines_can_be_read_by_cloudwatch(name, function);
        evidence::t1_it_logs_no_secret_and_stores_none_in_clear(name, function, &story.secrets);
    }
}
