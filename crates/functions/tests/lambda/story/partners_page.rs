//! The consents of the story that end at the partner's page, with a code to exchange.

use counterfoil_testkit::http_event::HttpEvent;
use serde_json::json;
use url::Url;

use super::Story;
use crate::browser::LARKSPUR;
use crate::deployment::PARTNERS_PAGE;
use crate::event::Sample;

impl Story {
    /// A server creates, lists and revokes a link, and the partner's page exchanges the code.
    pub(super) async fn is_handed_to_the_partners_page(&mut self) {
        let links = |ask: HttpEvent, key: &str| ask.header("x-api-key", key).to_json();
        let ask = HttpEvent::post("/v1/connect-links").json(&json!({ "platform": "quickbooks", "redirectUri": PARTNERS_PAGE }));
        let ask = ask.header("idempotency-key", "a-link-for-larkspur");
        let made = self.ask("connections", &links(ask.clone(), &self.key)).await.json(201)["data"].clone();
        let replayed = self.ask("connections", &links(ask, &self.key)).await;
        assert_eq!((&replayed.json(201)["data"], &replayed.headers["idempotency-replayed"]), (&made, &json!("true")));
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

    /// A partner's server starts a consent with its key, the page gets two codes, and exchanges the second.
    pub(super) async fn is_made_by_an_exchange(&mut self) {
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
}
