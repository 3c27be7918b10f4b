//! The stand-in for `FreshBooks`, and a client for it.

mod books;
mod consent;
mod me;
mod token;

use counterfoil_stand_ins::freshbooks::{CLIENT_ID, CLIENT_SECRET, Endpoints};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::world::{self, REDIRECT_URI, STATE, Tokens, answered, tokens};

pub(crate) type World = world::World<Endpoints>;

const ASK: [(&str, &str); 5] = [
    ("response_type", "code"),
    ("client_id", CLIENT_ID),
    ("redirect_uri", REDIRECT_URI),
    ("state", STATE),
    ("scope", "user:profile:read user:bills:read"),
];

impl World {
    async fn code_for(&self, ask: &[(&str, &str)]) -> String {
        let form: Vec<_> = ask.iter().copied().chain([("decision", "connect")]).collect();
        self.callback(&form).await.remove("code").expect("a code")
    }

    /// A request to the token endpoint with the right credentials and `fields`, in JSON.
    fn token_request(&self, fields: &[(&str, &str)]) -> RequestBuilder {
        let mut body = json!({ "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET });
        for (name, value) in fields {
            body[*name] = json!(value);
        }
        self.client.post(&self.endpoints.token).json(&body)
    }

    async fn exchange(&self, code: &str) -> Response {
        let fields = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT_URI)];
        self.token_request(&fields).send().await.expect("answers")
    }

    pub(crate) async fn connect(&self) -> Tokens {
        tokens(self.exchange(&self.code_for(&ASK).await).await).await
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> Response {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("redirect_uri", REDIRECT_URI)];
        self.token_request(&fields).send().await.expect("answers")
    }

    async fn refreshed(&self, refresh_token: &str) -> Tokens {
        tokens(self.refresh(refresh_token).await).await
    }

    async fn revoke(&self, token: &str) -> (u16, Value) {
        let body = json!({ "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "token": token });
        answered(self.client.post(&self.endpoints.revoke).json(&body).send().await.expect("answers")).await
    }

    fn me(&self, access_token: &str) -> RequestBuilder {
        self.client.get(format!("{}/auth/api/v1/users/me", self.endpoints.api)).bearer_auth(access_token)
    }

    /// The status of `users/me`, which shows whether the token is valid.
    async fn probe(&self, access_token: &str) -> StatusCode {
        self.me(access_token).send().await.expect("answers").status()
    }
}
