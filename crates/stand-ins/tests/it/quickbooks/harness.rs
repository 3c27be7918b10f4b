//! An OAuth client for the stand-in for Intuit.

use counterfoil_stand_ins::quickbooks::{Endpoints, Environment};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::json;

use crate::world;

pub(super) use crate::world::{DAY, REDIRECT_URI, STATE, Tokens, answered as refusal, location, registrations, tokens};

const SCOPE: &str = "com.intuit.quickbooks.accounting";
pub(super) const LARKSPUR: &str = "9130357849012345";
pub(super) const HARBOR: &str = "9130357849067890";

pub(super) type World = world::World<Endpoints>;

impl World {
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

    /// A request to the token endpoint with the right credentials.
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

    /// Consent and exchange, with the production client.
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

    /// The status of `CompanyInfo` at the production host, which shows whether an access token is valid.
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
}
