//! Intuit's stand-in, served on the loopback interface, and the customer who consents there.

use counterfoil_stand_ins::quickbooks::Endpoints;
use counterfoil_stand_ins::{Registrations, StandIns};
use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// One of the stand-in's companies.
pub(crate) const LARKSPUR: &str = "9130357849012345";

/// The stand-in and its client. Dropping it stops the stand-in.
pub(crate) struct Intuit {
    pub(crate) endpoints: Endpoints,
    client: Client,
    server: JoinHandle<()>,
}

impl Drop for Intuit {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Intuit {
    /// Starts it with one redirect URI, registered for both OAuth clients.
    pub(crate) async fn start(redirect_uri: &str) -> Self {
        let mut registrations = Registrations::default();
        registrations.register("quickbooks", redirect_uri).expect("a well-formed redirect URI");
        let stand_ins = StandIns::new(registrations);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        Self {
            endpoints: Endpoints::at(&format!("http://{address}")),
            client: client(),
            server: tokio::spawn(async move { stand_ins.serve(listener).await.expect("serves") }),
        }
    }

    /// Posts the form of the consent page at `authorize_url`, for a company or, with `None`, to refuse. Returns the query of the
    /// callback.
    pub(crate) async fn consent(&self, authorize_url: &str, realm: Option<&str>) -> String {
        let page = self.client.get(authorize_url).send().await.expect("a page");
        assert_eq!(page.status(), 200, "{}", page.text().await.unwrap_or_default());
        let url = Url::parse(authorize_url).expect("a whole address");
        let mut form: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        form.push(("decision".to_owned(), if realm.is_some() { "connect" } else { "cancel" }.to_owned()));
        form.extend(realm.map(|realm| ("realm".to_owned(), realm.to_owned())));
        let answer = self.client.post(&self.endpoints.authorize).form(&form).send().await.expect("an answer");
        assert_eq!(answer.status(), 303);
        let target = answer.headers()[LOCATION].to_str().expect("an address");
        target.split_once('?').expect("a query").1.to_owned()
    }

    /// The number of requests to an endpoint: `token.refresh`, ...
    pub(crate) async fn requests(&self, endpoint: &str) -> u64 {
        let state = self.state().await;
        state["requests"][endpoint].as_u64().unwrap_or_else(|| panic!("no {endpoint} in {}", state["requests"]))
    }

    /// The stand-in's state.
    pub(crate) async fn state(&self) -> Value {
        let answer = self.client.get(format!("{}/state", self.endpoints.control)).send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }

    /// Sends a control request.
    pub(crate) async fn control(&self, route: &str, body: Value) {
        let request = self.client.post(format!("{}/{route}", self.endpoints.control)).json(&body);
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap_or_default());
    }
}

#[expect(clippy::disallowed_methods, reason = "a browser of the tests' own; nothing of ours is deployed with it")]
fn client() -> Client {
    // Another test in this process may have installed the provider already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client")
}
