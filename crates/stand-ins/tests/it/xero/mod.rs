//! The stand-in for Xero, and a client for it.

mod books;
mod connections;
mod consent;
mod refresh;
mod token;

use counterfoil_stand_ins::xero::{CLIENT_ID, CLIENT_SECRET, Endpoints};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;

use crate::world::{self, REDIRECT_URI, STATE, Tokens, tokens};

pub(crate) type World = world::World<Endpoints>;

pub(crate) const MAPLE: &str = "70784a63-d24b-46a9-a4db-0e70a274b056";
pub(crate) const PEMBERTON: &str = "3f1e0a5c-8f0d-4c57-9c1b-5b0e6a2d7c41";

pub(crate) const ASK: [(&str, &str); 5] = [
    ("response_type", "code"),
    ("client_id", CLIENT_ID),
    ("redirect_uri", REDIRECT_URI),
    ("scope", "openid offline_access accounting.settings.read"),
    ("state", STATE),
];

impl World {
    /// A consent by a form with the parameters `ask` and the organisations. Returns the code.
    pub(crate) async fn code_for(&self, ask: &[(&str, &str)], tenants: &[&str]) -> String {
        let chosen = tenants.iter().map(|tenant| ("tenant_id", *tenant));
        let form: Vec<_> = ask.iter().copied().chain([("decision", "connect")]).chain(chosen).collect();
        self.callback(&form).await.remove("code").expect("a code")
    }

    fn token_request(&self, form: &[(&str, &str)]) -> RequestBuilder {
        self.client.post(&self.endpoints.token).basic_auth(CLIENT_ID, Some(CLIENT_SECRET)).form(form)
    }

    async fn exchange(&self, code: &str) -> Response {
        let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT_URI)];
        self.token_request(&form).send().await.expect("answers")
    }

    pub(crate) async fn connect(&self, tenants: &[&str]) -> Tokens {
        tokens(self.exchange(&self.code_for(&ASK, tenants).await).await).await
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Response {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        self.token_request(&form).send().await.expect("answers")
    }

    async fn refreshed(&self, refresh_token: &str) -> Tokens {
        tokens(self.refresh(refresh_token).await).await
    }

    async fn revoke(&self, token: &str) -> StatusCode {
        let request = self.client.post(&self.endpoints.revoke).basic_auth(CLIENT_ID, Some(CLIENT_SECRET));
        let answer = request.form(&[("token", token)]).send().await.expect("answers");
        let status = answer.status();
        assert_eq!(answer.text().await.expect("text"), "");
        status
    }

    /// The connections that the token lists.
    pub(crate) async fn connections(&self, access_token: &str, query: &[(&str, &str)]) -> Vec<Value> {
        let request = self.client.get(&self.endpoints.connections).bearer_auth(access_token).query(query);
        let answer = request.send().await.expect("answers");
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.expect("a list")
    }

    pub(crate) async fn remove_connection(&self, access_token: &str, id: &str) -> StatusCode {
        let url = format!("{}/{id}", self.endpoints.connections);
        self.client.delete(url).bearer_auth(access_token).send().await.expect("answers").status()
    }

    fn organisation(&self, access_token: &str, tenant: &str) -> RequestBuilder {
        let url = format!("{}/Organisation", self.endpoints.api);
        self.client.get(url).bearer_auth(access_token).header("xero-tenant-id", tenant).header("accept", "application/json")
    }

    /// The status of `Organisation`, which shows whether the token reaches the tenant.
    async fn probe(&self, access_token: &str, tenant: &str) -> StatusCode {
        self.organisation(access_token, tenant).send().await.expect("answers").status()
    }
}
