//! A connection's whole life, told by the built functions alone; and what they used and logged on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use counterfoil_core::model::connection::{Company, Connection, Standing};
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::grant::StoredGrant;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::probe::Hint;
use counterfoil_core::model::revocation::{Revocation, RevocationId};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::sync::{SyncKind, Trigger};
use counterfoil_core::port::parking::Parked;
use counterfoil_core::port::store::vault::Commit;
use counterfoil_core::service::sync::begin::{Asked, begin};
use counterfoil_store::parking;
use counterfoil_testkit::http_event::HttpEvent;
use serde_json::{Value, json};
use url::Url;

use crate::browser::LARKSPUR;
use crate::deployment::{Deployment, KEYRING_KEY, PARTNERS_PAGE, connection_id, credentials};
use crate::event::Sample;
use crate::function::{Answer, Function};
use crate::rights::{self, Right};
use crate::template;

/// The stand-in's other company.
const HARBOR: &str = "9130357849067890";
const HOUR: Duration = Duration::from_secs(3_600);
/// A key not used for so long has its next use noted.
const LONG_UNUSED: Duration = Duration::from_secs(2 * 86_400);

/// Every function in one process each, and the secrets that went through them.
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
        let client_secrets = credentials.as_object().expect("an object").iter().filter(|(name, _)| name.ends_with("SECRET"));
        secrets.extend(client_secrets.map(|(_, value)| value.as_str().expect("a text").to_owned()));
        Self { deployment, functions, key, secrets }
    }

    /// From nothing to a connection, its tokens read, refreshed and lost, once more connected and at last refused.
    async fn told() -> Self {
        let mut story = Self::begin().await;
        story.is_up().await;
        story.connects_in_a_browser().await;
        story.reads_and_refreshes().await;
        story.is_seen().await;
        story.is_kept_fresh().await;
        story.imports_the_books().await;
        story.moves_to_another_company().await;
        story.refuses_a_consent().await;
        story.is_disconnected_at_the_platform().await;
        story.is_brought_back_by_a_parked_grant().await;
        story.is_handed_to_the_partners_page().await;
        story.is_said_to_be_disconnected().await;
        story.is_disconnected().await;
        story
    }

    async fn is_up(&self) {
        assert_eq!(self.ask("health", &Sample::of("health").to_json()).await.json(200), json!({ "status": "ok" }));
        let ready = self.ask("health", &HttpEvent::get("/ready").to_json()).await.json(200);
        assert_eq!(ready["status"], "ready", "{ready}");
    }

    async fn connects_in_a_browser(&mut self) {
        let started = self.ask("start", &Sample::of("start").to_json()).await;
        let query = self.deployment.intuit.consent(started.location(302), Some(LARKSPUR)).await;
        self.keep_secrets_of(&query, &started.cookies);
        let callback = Sample::of("callback").query(&query).cookies(&started.cookies);
        let redirected = self.ask("callback", &callback.to_json()).await;
        let result = redirected.location(303);
        assert!(result.starts_with("/oauth/result/") && !result.contains("code="), "{result}");

        let page = HttpEvent::get(result).header("accept", "text/html").header("cookie", &started.cookies.join("; "));
        let shown = self.ask("callback", &page.to_json()).await;
        assert_eq!(shown.status, 200, "{shown:?}");
        assert!(shown.body.contains("<h1>Connected</h1>") && shown.body.contains("Beach Blend"), "{}", shown.body);
    }

    async fn reads_and_refreshes(&mut self) {
        self.function("token").wire.reset();
        let read = self.token(&self.sample("token")).await.json(200);
        assert_eq!(self.function("token").wire.counts(), counts(&[("BatchGetItem", 1)]), "T-1: a key not yet known");
        self.function("token").wire.reset();
        let again = self.token(&self.sample("token")).await.json(200);
        assert_eq!(self.function("token").wire.counts(), counts(&[("GetItem", 1)]), "a key remembered");
        assert_eq!(read, again);

        let refresh = HttpEvent::post("/api/token/beach-blend/refresh").header("x-api-key", &self.key);
        let refreshed = self.token(&refresh.to_json()).await.json(200);
        assert_ne!(refreshed["access_token"], read["access_token"]);
        assert_eq!(self.deployment.intuit.requests("token.refresh_token").await, 1);
        self.keep(&read["access_token"]);
        self.keep(&refreshed["access_token"]);
        self.keep_refresh_token().await;
    }

    async fn is_seen(&self) {
        let list = self.ask("connections", &self.sample("connections")).await.json(200);
        let read = HttpEvent::get("/api/connections/beach-blend").header("x-api-key", &self.key).to_json();
        let read = self.ask("connections", &read).await.json(200);
        assert_eq!(list, json!({ "connections": [read], "next_cursor": null }));
        assert_eq!((&read["realm_id"], &read["connected"]), (&json!(LARKSPUR), &json!(true)));
    }

    async fn is_kept_fresh(&mut self) {
        self.deployment.expire().await;
        let ran = self.function("refresher").lambda.invoke(&Sample::of("refresher").to_json()).await;
        assert_eq!(ran.expect("the run ends"), Value::Null);
        assert_eq!(self.deployment.intuit.requests("token.refresh_token").await, 2);
        let kept = self.token(&self.sample("token")).await.json(200);
        self.keep(&kept["access_token"]);

        self.deployment.expire().await;
        let refreshed = self.token(&self.sample("token")).await.json(200);
        assert_ne!(refreshed["access_token"], kept["access_token"]);
        assert_eq!(self.deployment.intuit.requests("token.refresh_token").await, 3);
        self.keep(&refreshed["access_token"]);
        self.keep_refresh_token().await;
    }

    /// A server begins it, with a key that each function has to note the use of.
    /// By a request, then by the worker that a message wakes; and read back by a key that was long unused.
    async fn imports_the_books(&mut self) {
        let event = HttpEvent::post("/v1/oauth/quickbooks/sync").header("x-api-key", &self.key);
        let imported = self.ask("sync", &event.to_json()).await.json(200)["data"].clone();
        assert_eq!(imported["status"], "completed", "{imported}");
        let connection = self.deployment.connection().await;
        let asked =
            Asked { kind: SyncKind::ImportInvoices, full: false, is_dry: false, trigger: Trigger::Schedule, parent: None };
        let run = begin(&self.deployment.operator, &connection, &asked).await.expect("the table answers");
        for event in [Sample::of("sync-worker").to_json(), json!({})] {
            let ran = self.function("sync-worker").lambda.invoke(&event).await;
            assert_eq!(ran.expect("the run ends"), Value::Null);
        }

        let key = self.deployment.key(LONG_UNUSED).await;
        self.secrets.push(key.clone());
        let read = async |path: &str| {
            let event = HttpEvent::get(path).header("x-api-key", &key).to_json();
            self.ask("records", &event).await.json(200)["data"].clone()
        };
        let told = read(&format!("/v1/syncs/{}", run.id.as_str())).await;
        assert_eq!((&told["status"], &told["reconciliation"]["matches"]), (&json!("completed"), &json!(true)), "{told}");
        let checks = read("/v1/checks?companyKey=beach-blend&updatedSince=2020-01-01T00:00:00Z&limit=1").await;
        let one = read(&format!("/v1/checks/{}", checks[0]["id"].as_str().expect("an id"))).await;
        assert_eq!(one, checks[0]);
        assert!(read("/v1/invoices").await.as_array().is_some_and(|invoices| !invoices.is_empty()));
    }

    async fn moves_to_another_company(&mut self) {
        self.key = self.deployment.key(LONG_UNUSED).await;
        self.secrets.push(self.key.clone());
        let started = self.ask("start", &self.sample("start")).await;
        assert_eq!(started.cookies, Vec::<String>::new(), "a server's browser is elsewhere");
        let offered = Url::parse(started.location(302)).expect("an address");
        self.secrets.push(offered.path().rsplit('/').next().expect("a token").to_owned());
        assert_eq!(self.ask("start", &HttpEvent::get(offered.path()).to_json()).await.status, 200, "a page");
        let opened = self.ask("start", &HttpEvent::post(offered.path()).to_json()).await;
        let query = self.deployment.intuit.consent(opened.location(303), Some(HARBOR)).await;
        self.keep_secrets_of(&query, &opened.cookies);
        let callback = Sample::of("callback").query(&query).cookies(&opened.cookies).header("accept", "application/json");
        let connected = self.ask("callback", &callback.to_json()).await.json(200);
        assert_eq!(connected["realm_id"], HARBOR);

        for function in ["token", "connections"] {
            self.key = self.deployment.key(LONG_UNUSED).await;
            self.secrets.push(self.key.clone());
            self.ask(function, &self.sample(function)).await.json(200);
        }
    }

    async fn refuses_a_consent(&mut self) {
        let started = self.ask("start", &Sample::of("start").to_json()).await;
        let query = self.deployment.intuit.consent(started.location(302), None).await;
        self.keep_secrets_of(&query, &started.cookies);
        let callback = Sample::of("callback").query(&query).cookies(&started.cookies).header("accept", "application/json");
        let refused = self.ask("callback", &callback.to_json()).await.json(400);
        assert_eq!(refused["code"], "access_denied", "{refused}");
    }

    async fn is_disconnected_at_the_platform(&mut self) {
        self.keep_refresh_token().await;
        self.deployment.intuit.control("revoke", json!({ "realm": HARBOR })).await;
        self.deployment.expire().await;
        assert_eq!(self.token(&self.sample("token")).await.json(502)["code"], "grant_refused");
        assert_eq!(self.token(&self.sample("token")).await.json(409)["code"], "reauthorization_required");
    }

    /// The grant that was refused had been replaced already, by one that the table did not take in time.
    async fn is_brought_back_by_a_parked_grant(&self) {
        let connection = self.deployment.connection().await;
        let Standing::NeedsReauthorization { grant, .. } = connection.standing else { panic!("it was refused") };
        let now = self.deployment.operator.now();
        let grant = StoredGrant { issued_at: now, access_token_expires_at: now + HOUR, ..grant };
        let commit_id = self.deployment.operator.new_id("commit_");
        let due_at = Some(now + HOUR);
        let commit = Commit { epoch: connection.epoch, commit_id, grant, at: now, due_at, wanted_until: None, in_doubt: false };
        self.park(commit).await;
        self.token(&self.sample("token")).await.json(200);
    }

    /// At Intuit, by a link that anyone can open. A run of the refresher follows the same hint of two minutes ago.
    async fn is_said_to_be_disconnected(&self) {
        self.deployment.expire().await;
        let link = HttpEvent::get(&format!("/oauth/disconnect?realmId={HARBOR}")).to_json();
        assert_eq!(self.token(&link).await.status, 200);
        let hint = Hint { platform: PlatformName::Quickbooks, company_id: HARBOR.to_owned() };
        let operator = &self.deployment.operator;
        operator.probes.note_hint(&hint, operator.now() - Duration::from_secs(120)).await.expect("the table answers");
        let ran = self.function("refresher").lambda.invoke(&json!({ "shards": [] })).await;
        assert_eq!(ran.expect("the run ends"), Value::Null);
    }

    /// By its partner, twice. What a refresh brings afterwards is revoked too.
    async fn is_disconnected(&mut self) {
        let connection = self.deployment.connection().await;
        let grant = connection.grant().expect("it has one").clone();
        self.key = self.deployment.key(LONG_UNUSED).await;
        self.secrets.push(self.key.clone());
        for _ in 0..2 {
            let gone = self.ask("disconnect", &self.sample("disconnect")).await.json(200);
            assert_eq!((&gone["status"], &gone["platform_told"]), (&json!("disconnected"), &json!(true)));
        }
        self.has_a_revocation_that_would_end_another_grant(&connection, &grant).await;
        let commit_id = self.deployment.operator.new_id("commit_");
        let (at, due_at) = (self.deployment.operator.now(), None);
        let commit = Commit { epoch: connection.epoch, commit_id, grant, at, due_at, wanted_until: None, in_doubt: false };
        self.park(commit).await;
        self.leaves_a_flow_that_is_due().await;
        let ran = self.function("revoker").lambda.invoke(&Sample::of("revoker").to_json()).await;
        assert_eq!(ran.expect("the run ends"), Value::Null);
        assert_eq!(self.deployment.intuit.requests("revoke").await, 2);
    }

    /// Of the company that the partner's page connected: it is not sent.
    async fn has_a_revocation_that_would_end_another_grant(&self, connection: &Connection, grant: &StoredGrant) {
        let company = Company { company_id: LARKSPUR.to_owned(), ..connection.company.clone() };
        let id = RevocationId { connection: connection_id(), grant: (connection.epoch + 100).into() };
        let revocation = Revocation::new(id, company, grant.clone(), self.deployment.operator.now());
        self.deployment.operator.revocations.put_revocation(&revocation).await.expect("the table answers");
    }

    /// A consent that nobody goes on with. It has no grant, so that the revoker takes it off the due index.
    async fn leaves_a_flow_that_is_due(&mut self) {
        let started = self.ask("start", &Sample::of("start").to_json()).await;
        let page = Url::parse(started.location(302)).expect("an address");
        let state = page.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
        self.keep_secrets_of(page.query().unwrap_or_default(), &started.cookies);
        let operator = &self.deployment.operator;
        let flow = operator.flows.flow(&FlowId::of(&Secret::new(state))).await.expect("the table answers").expect("a flow");
        operator.flows.reschedule_flow(&flow, Some(operator.now() - HOUR)).await.expect("the table answers");
    }

    async fn park(&self, commit: Commit) {
        let message = parking::write(&Parked { connection: connection_id(), commit }).expect("it can be written");
        let batch = Sample::of("parked").message(&message).to_json();
        let ran = self.function("parked").lambda.invoke(&batch).await;
        assert_eq!(ran.expect("the run ends"), json!({ "batchItemFailures": [] }));
    }

    /// By a link that a server makes, lists and revokes; the page exchanges the code.
    async fn is_handed_to_the_partners_page(&mut self) {
        let links = |ask: HttpEvent, key: &str| ask.header("x-api-key", key).to_json();
        let ask = HttpEvent::post("/v1/connect-links").json(&json!({ "platform": "quickbooks", "redirectUri": PARTNERS_PAGE }));
        let made = self.ask("connections", &links(ask, &self.key)).await.json(201)["data"].clone();
        let listed = self.ask("connections", &links(HttpEvent::get("/v1/connect-links"), &self.key)).await.json(200);
        assert_eq!(listed["data"][0]["id"], made["id"]);
        let url = Url::parse(made["url"].as_str().expect("an address")).expect("an address");
        self.secrets.push(url.path().rsplit('.').next().expect("a random part").to_owned());

        self.is_made_by_an_exchange().await;
        assert_eq!(self.ask("start", &HttpEvent::get(url.path()).to_json()).await.status, 200, "a page");
        let started = self.ask("start", &HttpEvent::post(url.path()).to_json()).await;
        let query = self.deployment.intuit.consent(started.location(303), Some(LARKSPUR)).await;
        self.keep_secrets_of(&query, &started.cookies);
        let callback = self.ask("callback", &Sample::of("callback").query(&query).cookies(&started.cookies).to_json()).await;
        let handed = Url::parse(callback.location(303)).expect("an address");
        assert!(handed.as_str().starts_with(PARTNERS_PAGE), "{handed}");
        let code = handed.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
        let body = json!({ "code": code, "platform": "quickbooks", "partnerId": "default" });
        let exchange = HttpEvent::post("/v1/oauth/token").json(&body).header("x-api-key", &self.key);
        let data = self.token(&exchange.to_json()).await.json(200)["data"].clone();
        assert_eq!(data["companyId"], LARKSPUR);
        self.secrets.push(code);
        self.keep(&data["refreshToken"]);
        self.keep(&data["accessToken"]);

        let revoke = HttpEvent::new("DELETE", &format!("/v1/connect-links/{}", made["id"].as_str().expect("an id")));
        self.ask("connections", &links(revoke, &self.key)).await.json(200);
        let refused = HttpEvent::get(url.path()).header("accept", "application/json");
        self.ask("start", &refused.to_json()).await.json(404);
    }

    /// A server of the partner's begins it with its key, its page comes back with two codes, and exchanges the second.
    async fn is_made_by_an_exchange(&mut self) {
        let page: String = url::form_urlencoded::byte_serialize(PARTNERS_PAGE.as_bytes()).collect();
        let begin = format!("/v1/oauth/authorize?platform=quickbooks&partnerId=default&redirectUri={page}");
        let answered = self.ask("start", &HttpEvent::get(&begin).header("x-api-key", &self.key).to_json()).await;
        let offered = Url::parse(answered.location(302)).expect("an address");
        self.secrets.push(offered.path().rsplit('/').next().expect("a token").to_owned());
        let started = self.ask("start", &HttpEvent::get(offered.path()).to_json()).await;
        let query = self.deployment.intuit.consent(started.location(302), Some(LARKSPUR)).await;
        self.keep_secrets_of(&query, &started.cookies);
        let mut code = String::new();
        for _ in 0..2 {
            let callback = self.ask("callback", &Sample::of("callback").query(&query).cookies(&started.cookies).to_json()).await;
            let handed = Url::parse(callback.location(303)).expect("an address");
            code = handed.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
            self.secrets.push(code.clone());
        }
        let body = json!({ "code": code, "platform": "quickbooks", "partnerId": "default" });
        let exchange = HttpEvent::post("/v1/oauth/token").json(&body).header("x-api-key", &self.key);
        let data = self.token(&exchange.to_json()).await.json(200)["data"].clone();
        assert_eq!(data["companyId"], LARKSPUR);
        self.keep(&data["refreshToken"]);
        self.keep(&data["accessToken"]);
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

    /// The refresh token, which no answer shows.
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

#[tokio::test]
async fn the_built_functions_connect_refresh_and_disconnect() {
    let story = Story::told().await;
    assert!(story.secrets.len() > 20, "the story has its canaries");
    for (name, function) in &story.functions {
        s1_it_may_do_exactly_what_it_does(name, function);
        s3_its_logs_are_json_with_the_request_id(name, function);
        its_metric_lines_can_be_read_by_cloudwatch(name, function);
        t1_it_logs_no_secret_and_stores_none_in_clear(name, function, &story.secrets);
    }
}

fn s1_it_may_do_exactly_what_it_does(name: &str, function: &Function) {
    let allowed = rights::allowed(name).into_iter().filter(|(action, _): &Right| action.starts_with("dynamodb:"));
    assert_eq!(rights::used(function), allowed.collect(), "{name}: used, and allowed by template.yaml");
}

/// API Gateway's id for a request, which its caller gets too; Lambda's own for a run of a worker.
fn s3_its_logs_are_json_with_the_request_id(name: &str, function: &Function) {
    for line in function.lambda.logs().lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}: {error}: {line}"));
        if line["_aws"].is_object() {
            continue; // A measurement: of all requests, and of none.
        }
        let id = if ["parked", "refresher", "revoker", "sync-worker"].contains(&name) {
            &line["span"]["requestId"]
        } else {
            &line["span"]["id"]
        };
        assert!(id.is_string(), "{name}: no request id in {line}");
    }
}

/// A line of CloudWatch's embedded metric format, as standard output has it: what its directive names is in the line, each
/// metric as a number and each dimension as a text.
fn its_metric_lines_can_be_read_by_cloudwatch(name: &str, function: &Function) {
    let lines = function.lambda.logs().lines().filter_map(|line| serde_json::from_str(line).ok()).collect::<Vec<Value>>();
    let mut printed = BTreeSet::new();
    for line in lines.iter().filter(|line| line["_aws"].is_object()) {
        assert!(line["_aws"]["Timestamp"].is_u64(), "{name}: {line}");
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Namespace"], "Counterfoil", "{name}: {line}");
        for metric in directive["Metrics"].as_array().expect("a list") {
            let metric = metric["Name"].as_str().expect("a text");
            assert!(line[metric].is_u64(), "{name}: {metric} in {line}");
            printed.insert(metric.to_owned());
        }
        for dimension in directive["Dimensions"].as_array().expect("a list").iter().filter_map(Value::as_array).flatten() {
            assert!(line[dimension.as_str().expect("a text")].is_string(), "{name}: {dimension} in {line}");
        }
    }
    let expected: &[&str] = match name {
        "token" => &["Refreshes", "milliseconds"],
        "refresher" => &["Due", "Left", "OldestOverdueSeconds", "Refreshes", "UnreadShards", "milliseconds"],
        "callback" => &["Consents"],
        _ => &[],
    };
    for metric in expected {
        assert!(printed.contains(*metric), "{name} printed no {metric}: {printed:?}");
    }
}

fn t1_it_logs_no_secret_and_stores_none_in_clear(name: &str, function: &Function, secrets: &[String]) {
    let logs = function.lambda.logs();
    let requests = function.wire.requests();
    for secret in secrets {
        assert!(!logs.contains(secret), "{name} logged {secret}:\n{logs}");
        let told = requests.iter().find(|request| request.body.contains(secret));
        assert!(told.is_none(), "{name} told the table {secret}: {told:?}");
    }
}
