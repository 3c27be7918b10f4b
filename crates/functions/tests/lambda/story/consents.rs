//! The consents of the story: the first, a switch of the company by a server, and one that is refused.

use counterfoil_testkit::http_event::HttpEvent;
use url::Url;

use super::{HARBOR, LONG_UNUSED, Story};
use crate::browser::LARKSPUR;
use crate::event::Sample;

impl Story {
    pub(super) async fn connects_in_a_browser(&mut self) {
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

    /// A server starts the consent, with a key whose use each function stores.
    pub(super) async fn moves_to_another_company(&mut self) {
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

    pub(super) async fn refuses_a_consent(&mut self) {
        let started = self.ask("start", &Sample::of("start").to_json()).await;
        let query = self.deployment.intuit.consent(started.location(302), None).await;
        self.keep_secrets_of(&query, &started.cookies);
        let callback = Sample::of("callback").query(&query).cookies(&started.cookies).header("accept", "application/json");
        let refused = self.ask("callback", &callback.to_json()).await.json(400);
        assert_eq!(refused["code"], "access_denied", "{refused}");
    }
}
