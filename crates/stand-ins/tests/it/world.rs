//! Served stand-ins and a client of one of them. The requests of a platform are beside its tests.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use counterfoil_stand_ins::{Registrations, StandIns, freshbooks, quickbooks, xero, zoho};
use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(crate) const REDIRECT_URI: &str = "http://localhost:3000/oauth/callback";
pub(crate) const STATE: &str = "larkspur:9f2c";
pub(crate) const DAY: i64 = 86_400;

/// The addresses of one platform's stand-in.
pub(crate) trait Endpoints {
    fn at(base_url: &str) -> Self;
    fn control(&self) -> &str;
    fn authorize(&self) -> &str;
}

macro_rules! endpoints {
    ($($platform:ident)*) => {$(
        impl Endpoints for $platform::Endpoints {
            fn at(base_url: &str) -> Self {
                Self::at(base_url)
            }

            fn control(&self) -> &str {
                &self.control
            }

            fn authorize(&self) -> &str {
                &self.authorize
            }
        }
    )*};
}

endpoints!(quickbooks xero zoho freshbooks);

/// The stand-ins, which end with the test.
pub(crate) struct World<E> {
    pub(crate) endpoints: E,
    pub(crate) client: Client,
    server: JoinHandle<()>,
}

impl<E> Drop for World<E> {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl<E: Endpoints> World<E> {
    pub(crate) async fn start() -> Self {
        Self::serve(StandIns::new(registrations())).await
    }

    /// Stand-ins with their state in this file. Dropping them has the same effect as a kill: nothing is written at the end.
    pub(crate) async fn kept_in(file: &Path) -> Self {
        Self::serve(StandIns::kept_in(file, registrations()).expect("a good file or none")).await
    }

    async fn serve(stand_ins: StandIns) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        Self {
            endpoints: E::at(&format!("http://{address}/")),
            client: http_client(),
            server: tokio::spawn(async move { stand_ins.serve(listener).await.expect("serves") }),
        }
    }

    /// The consent page of an authorize URL with this query.
    pub(crate) async fn page(&self, query: &[(&str, &str)]) -> Response {
        self.client.get(self.endpoints.authorize()).query(query).send().await.expect("answers")
    }

    /// Checks that the page refuses the query with this reason.
    pub(crate) async fn assert_page_refuses(&self, query: &[(&str, &str)], reason: &str) {
        let answer = self.page(query).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{query:?}");
        assert!(!answer.headers().contains_key(LOCATION));
        let html = answer.text().await.expect("text");
        assert!(html.contains(&format!(r#"id="error">{reason}<"#)), "{reason}: {html}");
    }

    /// Posts the consent page's form. Returns the parameters of the callback.
    pub(crate) async fn callback(&self, form: &[(&str, &str)]) -> HashMap<String, String> {
        let answer = self.client.post(self.endpoints.authorize()).form(form).send().await.expect("answers");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{form:?}");
        let (target, query) = location(&answer);
        assert_eq!(target, REDIRECT_URI);
        assert_eq!(query["state"], STATE);
        query
    }

    fn control_url(&self, route: &str) -> String {
        format!("{}/{route}", self.endpoints.control())
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

/// The redirect URI is registered everywhere.
pub(crate) fn registrations() -> Registrations {
    Registrations::everywhere(REDIRECT_URI).expect("a well-formed redirect URI")
}

#[expect(clippy::disallowed_methods, reason = "these tests are a client of their own; nothing of ours is deployed with it")]
fn http_client() -> Client {
    // Another test in this process may have installed the provider already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Client::builder().no_proxy().redirect(Policy::none()).timeout(Duration::from_secs(20)).build().expect("a client")
}

/// The answer of the token endpoint.
pub(crate) struct Tokens {
    pub(crate) access: String,
    /// Empty if there is none.
    pub(crate) refresh: String,
    pub(crate) body: Value,
}

pub(crate) async fn tokens(answer: Response) -> Tokens {
    let (status, body) = answered(answer).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let access = body["access_token"].as_str().unwrap_or_else(|| panic!("no access token in {body}")).to_owned();
    Tokens { access, refresh: body["refresh_token"].as_str().unwrap_or_default().to_owned(), body }
}

/// The status, and the body.
pub(crate) async fn answered(answer: Response) -> (u16, Value) {
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

/// The query with another value of one parameter.
pub(crate) fn with<'a>(query: &[(&'a str, &'a str)], name: &str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    query.iter().map(|(known, old)| (*known, if *known == name { value } else { old })).collect()
}

/// The address of a redirect without its query, and the query.
pub(crate) fn location(answer: &Response) -> (String, HashMap<String, String>) {
    let target = answer.headers()[LOCATION].to_str().expect("text");
    let mut target = Url::parse(target).expect("a whole address");
    let query = target.query_pairs().into_owned().collect();
    target.set_query(None);
    (target.to_string(), query)
}
