//! The life of a connection through the built functions, and the rights that they used and the lines that they logged.

mod api_keys;
mod books;
mod consents;
mod desktop;
mod endings;
mod evidence;
mod grants;
mod partners_page;
mod purges;
mod webhooks;

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::time::Duration;

use counterfoil_testkit::http_event::HttpEvent;
use futures_util::FutureExt as _;
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

/// What a chapter failed with, by its name. The story is told once, for all tests, because each function is started once for it. A chapter
/// builds on those before it, and is told also after a failed one.
static TOLD: LazyLock<BTreeMap<&'static str, Result<(), String>>> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(told())
});

/// From an empty installation to a connection, its tokens read, refreshed and lost, connected again, and at last refused and purged. At the
/// end, what the functions used and logged.
async fn told() -> BTreeMap<&'static str, Result<(), String>> {
    let mut story = Story::begin().await;
    let mut told = story.chapters().await;
    let canaries = || assert!(story.secrets.len() > 20, "the story has its canaries");
    told.insert("canaries", ended(catch_unwind(AssertUnwindSafe(canaries))));
    for (name, of_one) in EVIDENCE {
        let of_all = || story.functions.iter().for_each(|(function, it)| of_one(function, it, &story.secrets));
        told.insert(name, ended(catch_unwind(AssertUnwindSafe(of_all))));
    }
    told
}

fn ended(chapter: Result<(), Box<dyn Any + Send>>) -> Result<(), String> {
    chapter.map_err(|panic| match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => panic.downcast::<&str>().map_or_else(|_| "it panicked".to_owned(), |message| (*message).to_owned()),
    })
}

fn show(name: &str) {
    if let Err(message) = &TOLD[name] {
        panic!("{message}");
    }
}

macro_rules! chapters {
    ($($chapter:ident)*) => {
        impl Story {
            async fn chapters(&mut self) -> BTreeMap<&'static str, Result<(), String>> {
                let mut told = BTreeMap::new();
                $(
                    let ended_so = ended(AssertUnwindSafe(self.$chapter()).catch_unwind().await);
                    told.insert(stringify!($chapter), ended_so);
                )*
                told
            }
        }

        $(
            #[test]
            fn $chapter() {
                show(stringify!($chapter));
            }
        )*
    };
}

chapters! {
    is_up
    connects_in_a_browser
    reads_and_refreshes
    is_seen
    has_a_key_rotated
    reads_a_company_file
    notifies_an_endpoint
    is_kept_fresh
    imports_the_books
    moves_to_another_company
    refuses_a_consent
    is_disconnected_at_the_platform
    is_brought_back_by_a_parked_grant
    is_handed_to_the_partners_page
    is_said_to_be_disconnected
    is_disconnected
    is_purged
}

/// A check of a function, with its name and the secrets that passed through it.
type Check = fn(&str, &Function, &[String]);

/// What holds for each function, by a word for its test.
const EVIDENCE: [(&str, Check); 4] = [
    ("s1", |name, function, _| evidence::it_may_do_exactly_what_it_does(name, function)),
    ("s3", |name, function, _| evidence::its_logs_are_json_with_the_request_id(name, function)),
    ("metrics", |name, function, _| evidence::its_metric_lines_can_be_read_by_cloudwatch(name, function)),
    ("t1", evidence::it_logs_no_secret_and_stores_none_in_clear),
];

#[test]
fn s1_the_built_functions_may_do_exactly_what_they_do() {
    show("s1");
}

#[test]
fn s3_the_logs_of_the_built_functions_are_json_with_the_request_id() {
    show("s3");
}

#[test]
fn the_metric_lines_of_the_built_functions_can_be_read_by_cloudwatch() {
    show("metrics");
}

#[test]
fn t1_the_built_functions_log_no_secret_and_store_none_in_clear() {
    show("canaries");
    show("t1");
}

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
