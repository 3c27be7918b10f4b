//! A system that customers have consented to until now, through the same OAuth clients.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::App;
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::platform::{Authorize, CallbackParameters, Exchange};
use counterfoil_functions::config::Config;
use counterfoil_functions::wiring::{World, assemble};
use counterfoil_platforms::variables::variable;
use counterfoil_store::aws::local_config;
use reqwest::header::LOCATION;
use reqwest::{Client, StatusCode, Url};
use serde_json::{Value, json};

use crate::harness::Dev;

const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0";

pub(crate) struct OldSystem {
    app: Arc<App>,
    browser: Client,
}

impl OldSystem {
    /// At the same stand-ins; it has no table.
    pub(crate) fn beside(dev: &Dev) -> Self {
        let own = [("TABLE_NAME", "none"), ("PUBLIC_BASE_URL", dev.told("base_url"))];
        let mut variables: BTreeMap<String, String> =
            own.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        for platform in PlatformName::with_oauth() {
            let settings = counterfoil_stand_ins::variables(platform.as_str(), dev.told("stand_ins_url"));
            variables.extend(settings.into_iter().map(|(ending, value)| (variable(platform, ending), value)));
        }
        let config = Config::from_variables(&variables).expect("a configuration");
        let app = assemble(&config, &local_config("http://127.0.0.1:1"), World::real());
        Self { app, browser: dev.client.clone() }
    }

    /// A customer consents, and the system exports the connection.
    pub(crate) async fn line(&self, platform: &str) -> Value {
        let (_, sample) = counterfoil_stand_ins::samples().find(|(name, _)| *name == platform).expect("a stand-in");
        let name: PlatformName = platform.parse().expect("a platform");
        let client = self.app.platforms.get(name, Environment::Production).await.unwrap_or_else(|error| panic!("{error}"));
        let redirect_uri = self.app.redirect_uri(name).unwrap_or_else(|error| panic!("{error}"));
        let (state, verifier) = (Secret::new("state"), Secret::new(VERIFIER));
        let verifier = client.uses_pkce().then_some(&verifier);
        let challenge = verifier.map(Secret::s256);
        let authorize = Authorize { redirect_uri: &redirect_uri, state: &state, challenge: challenge.as_deref() };
        let callback = self.consent(&client.authorize_url(authorize), sample.chosen).await;
        let said = CallbackParameters { parameters: &callback, renews: None };
        let region = client.read_callback(said).expect("the stand-in's own").region;
        let exchange = Exchange {
            code: &Secret::new(callback["code"].clone()),
            redirect_uri: &redirect_uri,
            verifier,
            region: region.as_deref(),
            sent_at: self.app.now(),
            listen: Duration::from_secs(30),
        };
        let grant = client.exchange(exchange).await.unwrap_or_else(|failed| panic!("{platform}: {:?}", failed.failure));
        json!({
            "company_key": format!("acme-{platform}"),
            "company_name": "Acme Ltd",
            "platform": platform,
            "company_id": sample.companies[0].0,
            "refresh_token": grant.refresh_token.expect("a refresh token").expose(),
            "refresh_token_expires_at": grant.refresh_token_expires_at.map(jiff::Timestamp::as_second),
            "scopes": grant.scopes,
            "location": region,
        })
    }

    /// Presses the button of the consent page; the parameters of the callback.
    async fn consent(&self, page: &str, chosen: &[(&str, &str)]) -> BTreeMap<String, String> {
        let mut page = Url::parse(page).expect("an address");
        let mut form: Vec<(String, String)> = page.query_pairs().into_owned().collect();
        let more = chosen.iter().copied().chain([("decision", "connect")]);
        form.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        page.set_query(None);
        let answer = self.browser.post(page).form(&form).send().await.expect("answers");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{form:?}");
        let callback = Url::parse(answer.headers()[LOCATION].to_str().expect("text")).expect("an address");
        callback.query_pairs().into_owned().collect()
    }
}
