//! A served sandbox and a client of it that speaks OAuth the way Intuit wants it.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use counterfoil_sandbox::quickbooks::{Endpoints, Environment, RedirectUris};
use counterfoil_sandbox::{Registrations, Sandbox};
use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) const REDIRECT_URI: &str = "http://localhost:3000/oauth/callback";
pub(crate) const SCOPE: &str = "com.intuit.quickbooks.accounting";
pub(crate) const STATE: &str = "larkspur:9f2c";
pub(crate) const LARKSPUR: &str = "9130357849012345";
pub(crate) const HARBOR: &str = "9130357849067890";
pub(crate) const DAY: i64 = 86_400;

/// Ends with the test.
pub(crate) struct World {
    pub(crate) endpoints: Endpoints,
    pub(crate) client: Client,
    server: JoinHandle<()>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What the token endpoint gave.
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) body: Value,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::serve(Sandbox::new(registrations())).await
    }

    /// One that keeps its state in that file. Dropped, it ends as a killed one does: nothing is written at its end.
    pub(crate) async fn kept_in(file: &Path) -> Self {
        Self::serve(Sandbox::kept_in(file, registrations()).expect("a good file or none")).await
    }

    async fn serve(sandbox: Sandbox) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        Self {
            endpoints: Endpoints::at(&format!("http://{address}/")),
            client: http_client(),
            server: tokio::spawn(async move { sandbox.serve(listener).await.expect("serves") }),
        }
    }

    /// The five parameters of an authorize URL.
    pub(crate) fn ask(environment: Environment) -> Vec<(&'static str, String)> {
        vec![
            ("response_type", "code".to_owned()),
            ("client_id", environment.client_id().to_owned()),
            ("redirect_uri", REDIRECT_URI.to_owned()),
            ("scope", SCOPE.to_owned()),
            ("state", STATE.to_owned()),
        ]
    }

    /// Posts the consent page's form.
    pub(crate) async fn decide(&self, environment: Environment, decision: &str, realm: &str) -> Response {
        let mut form = Self::ask(environment);
        form.push(("decision", decision.to_owned()));
        form.push(("realm", realm.to_owned()));
        self.client.post(&self.endpoints.authorize).form(&form).send().await.expect("answers")
    }

    pub(crate) async fn code(&self, environment: Environment, realm: &str) -> String {
        let answer = self.decide(environment, "connect", realm).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        location(&answer).1.remove("code").expect("a code")
    }

    /// A request to the token endpoint with the right keys.
    pub(crate) fn token_request(&self, environment: Environment, form: &[(&str, &str)]) -> RequestBuilder {
        self.client.post(&self.endpoints.token).basic_auth(environment.client_id(), Some(environment.client_secret())).form(form)
    }

    pub(crate) async fn exchange(&self, environment: Environment, code: &str) -> Response {
        let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT_URI)];
        self.token_request(environment, &form).send().await.expect("answers")
    }

    pub(crate) fn refresh_request(&self, refresh_token: &str) -> RequestBuilder {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        self.token_request(Environment::Production, &form)
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Response {
        self.refresh_request(refresh_token).send().await.expect("answers")
    }

    /// A refresh that must succeed.
    pub(crate) async fn refreshed(&self, refresh_token: &str) -> Tokens {
        tokens(self.refresh(refresh_token).await).await
    }

    /// Consent and exchange, with the production keys.
    pub(crate) async fn connect(&self, realm: &str) -> Tokens {
        self.connect_as(Environment::Production, realm).await
    }

    pub(crate) async fn connect_as(&self, environment: Environment, realm: &str) -> Tokens {
        let code = self.code(environment, realm).await;
        tokens(self.exchange(environment, &code).await).await
    }

    pub(crate) fn company_info(&self, base: &str, realm: &str, access_token: &str) -> RequestBuilder {
        self.client
            .get(format!("{base}/v3/company/{realm}/companyinfo/{realm}"))
            .bearer_auth(access_token)
            .header("accept", "application/json")
    }

    /// The status of `CompanyInfo` at the production host, which tells whether an access token is good.
    pub(crate) async fn probe(&self, realm: &str, access_token: &str) -> StatusCode {
        let request = self.company_info(&self.endpoints.api, realm, access_token);
        request.send().await.expect("answers").status()
    }

    pub(crate) fn revoke_request(&self, token: &str) -> RequestBuilder {
        let environment = Environment::Production;
        self.client
            .post(&self.endpoints.revoke)
            .basic_auth(environment.client_id(), Some(environment.client_secret()))
            .json(&json!({ "token": token }))
    }

    pub(crate) async fn revoke(&self, token: &str) -> StatusCode {
        self.revoke_request(token).send().await.expect("answers").status()
    }

    fn control_url(&self, route: &str) -> String {
        format!("{}/{route}", self.endpoints.control)
    }

    pub(crate) async fn control_get(&self, route: &str) -> Value {
        let answer = self.client.get(self.control_url(route)).send().await.expect("answers");
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.expect("JSON")
    }

    pub(crate) async fn try_control(&self, route: &str, body: Value) -> (StatusCode, Value) {
        let request = self.client.post(self.control_url(route)).json(&body);
        let answer = request.send().await.expect("answers");
        (answer.status(), answer.json().await.expect("JSON"))
    }

    /// A control request that must succeed.
    pub(crate) async fn control(&self, route: &str, body: Value) -> Value {
        let (status, answer) = self.try_control(route, body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    pub(crate) async fn clear_faults(&self) {
        let request = self.client.delete(self.control_url("faults"));
        assert_eq!(request.send().await.expect("answers").status(), StatusCode::OK);
    }

    pub(crate) async fn pass(&self, seconds: i64) {
        self.control("clock", json!({ "advance_seconds": seconds })).await;
    }

    /// Waits, for at most ten seconds, until the stand-in's state is as wanted.
    pub(crate) async fn until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let watch = async {
            loop {
                let state = self.control_get("state").await;
                if wanted(&state) {
                    return state;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), watch).await.expect("the state comes about")
    }
}

pub(crate) fn registrations() -> Registrations {
    let mut redirect_uris = RedirectUris::default();
    for environment in Environment::ALL {
        redirect_uris.register(environment, REDIRECT_URI).expect("a well-formed redirect URI");
    }
    Registrations { quickbooks: redirect_uris, ..Registrations::default() }
}

#[expect(clippy::disallowed_methods, reason = "these tests are a client of their own; nothing of ours is deployed with it")]
fn http_client() -> Client {
    // A second installation in this process is refused, which is as good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Client::builder().no_proxy().redirect(Policy::none()).timeout(Duration::from_secs(20)).build().expect("a client")
}

pub(crate) async fn tokens(answer: Response) -> Tokens {
    let status = answer.status();
    let body: Value = answer.json().await.expect("JSON");
    assert_eq!(status, StatusCode::OK, "{body}");
    let text = |name: &str| body[name].as_str().expect("a string").to_owned();
    Tokens { access: text("access_token"), refresh: text("refresh_token"), body }
}

/// The refusal's status, and its body.
pub(crate) async fn refusal(answer: Response) -> (u16, Value) {
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

/// Where a redirect goes: without its query, and the query.
pub(crate) fn location(answer: &Response) -> (String, HashMap<String, String>) {
    let target = answer.headers()[LOCATION].to_str().expect("text");
    let mut target = Url::parse(target).expect("a whole address");
    let query = target.query_pairs().into_owned().collect();
    target.set_query(None);
    (target.to_string(), query)
}
