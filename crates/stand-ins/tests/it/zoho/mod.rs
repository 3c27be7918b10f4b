//! The stand-in for Zoho Books, and a client for it.

mod books;
mod consent;
mod limits;
mod organizations;
mod token;

use counterfoil_stand_ins::zoho::{CLIENT_ID, CLIENT_SECRET, Endpoints};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;

use crate::world::{self, REDIRECT_URI, STATE, Tokens, answered, tokens};

pub(crate) type World = world::World<Endpoints>;

const ASK: [(&str, &str); 7] = [
    ("response_type", "code"),
    ("client_id", CLIENT_ID),
    ("redirect_uri", REDIRECT_URI),
    ("scope", "ZohoBooks.settings.READ,ZohoBooks.vendorpayments.READ"),
    ("state", STATE),
    ("access_type", "offline"),
    ("prompt", "consent"),
];

impl World {
    /// A consent by a form with the parameters `ask` and the user of this data centre. Returns the code.
    async fn code_for(&self, ask: &[(&str, &str)], location: &str) -> String {
        let form: Vec<_> = ask.iter().copied().chain([("decision", "connect"), ("account", location)]).collect();
        self.callback(&form).await.remove("code").expect("a code")
    }

    fn accounts_server(&self, location: &str) -> &str {
        let site = self.endpoints.data_centers.iter().find(|site| site.location == location);
        &site.expect("a data centre").accounts_server
    }

    /// A request to the token endpoint of this data centre with the right credentials.
    fn token_request(&self, location: &str, form: &[(&str, &str)]) -> RequestBuilder {
        let keys = [("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)];
        let form: Vec<_> = form.iter().copied().chain(keys).collect();
        self.client.post(format!("{}/oauth/v2/token", self.accounts_server(location))).form(&form)
    }

    async fn exchange(&self, location: &str, code: &str) -> Response {
        let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", REDIRECT_URI)];
        self.token_request(location, &form).send().await.expect("answers")
    }

    pub(crate) async fn connect(&self, location: &str) -> Tokens {
        self.connect_by(&ASK, location).await
    }

    async fn connect_by(&self, ask: &[(&str, &str)], location: &str) -> Tokens {
        tokens(self.exchange(location, &self.code_for(ask, location).await).await).await
    }

    /// A refresh in the data centre of the token.
    pub(crate) async fn refresh(&self, location: &str, refresh_token: &str) -> Response {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
        self.token_request(location, &form).send().await.expect("answers")
    }

    async fn revoke(&self, location: &str, token: &str) -> (u16, Value) {
        let url = format!("{}/oauth/v2/token/revoke", self.accounts_server(location));
        answered(self.client.post(url).query(&[("token", token)]).send().await.expect("answers")).await
    }

    fn organizations(&self, location: &str, authorization: &str) -> RequestBuilder {
        let site = self.endpoints.data_centers.iter().find(|site| site.location == location);
        let url = format!("{}/books/v3/organizations", site.expect("a data centre").api_domain);
        self.client.get(url).header("authorization", authorization)
    }

    /// The status of the organisations, which shows whether the token is valid.
    pub(crate) async fn probe(&self, location: &str, access_token: &str) -> StatusCode {
        let request = self.organizations(location, &format!("Zoho-oauthtoken {access_token}"));
        request.send().await.expect("answers").status()
    }
}
