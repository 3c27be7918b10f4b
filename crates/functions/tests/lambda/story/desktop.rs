//! QuickBooks Desktop in the story: an end user sets a Web Connector up, and a partner reads a company file through it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::sync::{SyncFailure, SyncStatus};
use counterfoil_core::port::store::Written;
use counterfoil_store::waking;
use counterfoil_testkit::http_event::HttpEvent;
use serde_json::{Value, json};

use super::{LONG_UNUSED, Story};
use crate::deployment::BASE_URL;
use crate::event::Sample;
use crate::function::Answer;

const USERS: &str = "/v1/end-users";
/// The time of an invocation, which is enough for a request to a company file that nobody fetches.
const FOR_A_PAGE: Duration = Duration::from_secs(14);
/// What QuickBooks says of the company file with the first request of a session.
const HOST: &str = "<QBXML><QBXMLMsgsRs><CompanyQueryRs statusCode=\"0\" statusSeverity=\"Info\"><CompanyRet>\
    <CompanyName>Larkspur Bikes</CompanyName></CompanyRet></CompanyQueryRs></QBXMLMsgsRs></QBXML>";
const ANSWER: &str = "<QBXML><QBXMLMsgsRs><HostQueryRs requestID=\"1\" statusCode=\"0\" statusSeverity=\"Info\"><HostRet>\
    <ProductName>QuickBooks</ProductName></HostRet></HostQueryRs></QBXMLMsgsRs></QBXML>";

impl Story {
    /// An end user whose Web Connector carries a health check. One that nobody fetches is withdrawn. Then the end user is deleted.
    pub(super) async fn reads_a_company_file(&mut self) {
        let key = self.deployment.key(LONG_UNUSED).await;
        self.secrets.push(key.clone());
        let new = json!({ "companyName": "Larkspur Bikes", "sourceId": "1", "email": "books@larkspur.example" });
        let user = self.desktop(HttpEvent::post(USERS).json(&new), &key).await.json(200)["id"].clone();
        let page = self.link(&key, &user).await;
        let shown = self.ask("web-connector", &HttpEvent::post(&page).header("origin", BASE_URL).to_json()).await;
        let password = between(&shown.body, "<code id=\"password\">", "</code>").to_owned();
        self.secrets.push(password.clone());
        let qwc = self.qwc(&page).await;
        let user_name = between(&qwc, "<UserName>", "</UserName>");
        assert!(self.updates(user_name, &password).await, "the request that confirms the setup");
        let id = user.as_str().expect("an id");
        let check = || HttpEvent::get("/v1/quickbooks-desktop/health-check").header("conductor-end-user-id", id);
        let (checked, ()) = tokio::join!(self.desktop(check(), &key), self.carries_one(user_name, &password));
        assert_eq!(checked.json(200)["status"], "ok");
        self.desktop(check().header("conductor-timeout-seconds", "1"), &key).await.json(504);
        self.waits_for_the_web_connector(id).await;
        let listed = self.desktop(HttpEvent::get(USERS), &key).await.json(200);
        assert_eq!(listed["data"][0]["id"], user, "{listed}");
        self.desktop(HttpEvent::new("DELETE", &format!("{USERS}/{id}")), &key).await.json(200);
        assert!(!self.updates(user_name, &password).await, "it is refused");
    }

    /// An import whose requests nobody fetches: neither that of the function which begins it, nor that of the worker.
    async fn waits_for_the_web_connector(&self, end_user: &str) {
        let event = HttpEvent::post("/v1/oauth/quickbooks_desktop/sync").header("x-api-key", &self.key).to_json();
        let answer = self.function("sync").lambda.invoke_within(&event, FOR_A_PAGE).await.expect("an answer");
        assert_eq!(answer["statusCode"], 202, "{answer}");
        let id = ConnectionId {
            partner: PartnerId::default_partner(),
            company_key: CompanyKey::parse(end_user).expect("an id is a company key"),
        };
        let app = &self.deployment.operator;
        assert_eq!(app.syncs.make_due(&id, app.now()).await.expect("the table answers"), Written::Stored);
        let mut event = Sample::of("sync-worker").to_json();
        event["Records"][0]["body"] = json!(waking::write(&id).expect("a message"));
        let ran = self.function("sync-worker").lambda.invoke_within(&event, FOR_A_PAGE).await;
        assert_eq!(ran.expect("the run rests"), Value::Null);
        let (_, run) = app.syncs.state(&id).await.expect("the table answers").active.expect("it is not over");
        let run = app.syncs.sync(&id.partner, &run).await.expect("the table answers").expect("a run");
        assert_eq!((run.status, run.failure), (SyncStatus::Waiting, Some(SyncFailure::NotActive)));
    }

    async fn desktop(&self, event: HttpEvent, key: &str) -> Answer {
        self.ask("desktop", &event.header("authorization", &format!("Bearer {key}")).to_json()).await
    }

    /// The path of the page of a new link.
    async fn link(&mut self, key: &str, user: &Value) -> String {
        let publishable = HttpEvent::post("/v1/api-keys").json(&json!({ "name": "page", "scopes": ["consent:start"] }));
        let publishable = publishable.header("x-api-key", &self.key).header("idempotency-key", "a-key-for-a-page");
        let publishable = self.ask("connections", &publishable.to_json()).await.json(201)["data"]["key"].clone();
        let new = json!({ "publishableKey": publishable, "endUserId": user });
        let session = self.desktop(HttpEvent::post("/v1/auth-sessions").json(&new), key).await.json(200);
        let again = HttpEvent::get(&format!("/v1/auth-sessions/{}", session["id"].as_str().expect("an id")));
        assert_eq!(self.desktop(again, key).await.json(200), session);
        self.keep(&session["clientSecret"]);
        session["authFlowUrl"].as_str().and_then(|url| url.strip_prefix(BASE_URL)).expect("our own address").to_owned()
    }

    /// The `.qwc` file. Its type is not one of texts, so it comes as base64, which the gateway decodes.
    async fn qwc(&self, page: &str) -> String {
        let event = HttpEvent::get(&page.replacen('?', "/connector.qwc?", 1)).to_json();
        let answer = self.function("web-connector").lambda.invoke(&event).await.expect("an answer");
        assert_eq!(answer["isBase64Encoded"], true, "{answer}");
        let bytes = STANDARD.decode(answer["body"].as_str().expect("a body")).expect("base64");
        String::from_utf8(bytes).expect("a text")
    }

    /// Updates until there was a request.
    async fn carries_one(&self, user_name: &str, password: &str) {
        while !self.updates(user_name, password).await {
            tokio::task::yield_now().await;
        }
    }

    /// One update of the Web Connector. Returns whether it had a request, and answers that.
    async fn updates(&self, user_name: &str, password: &str) -> bool {
        let signed_in = self.call("authenticate", &[("strUserName", user_name), ("strPassword", password)]).await;
        let Some(ticket) = signed_in.strip_suffix("</string><string></string>").and_then(|rest| rest.strip_prefix("<string>"))
        else {
            return false;
        };
        let host = [("strHCPResponse", HOST), ("qbXMLMajorVers", "16"), ("qbXMLMinorVers", "0")];
        let request = self.call("sendRequestXML", &[&[("ticket", ticket)], &host[..]].concat()).await;
        assert!(request.contains("HostQueryRq"), "{request}");
        self.call("receiveResponseXML", &[("ticket", ticket), ("response", ANSWER), ("hresult", ""), ("message", "")]).await;
        self.call("closeConnection", &[("ticket", ticket)]).await;
        true
    }

    /// Sends a call of the Web Connector. Returns the XML of its result.
    async fn call(&self, method: &str, parameters: &[(&str, &str)]) -> String {
        let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| format!("<{name}>{}</{name}>", escaped(value))).collect();
        let parameters = parameters.concat();
        let body = format!(
            "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>\
             <{method} xmlns=\"http://developer.intuit.com/\">{parameters}</{method}></soap:Body></soap:Envelope>"
        );
        let event = HttpEvent::post("/qbwc").header("content-type", "text/xml; charset=utf-8").body(body).to_json();
        let answer = self.ask("web-connector", &event).await;
        assert_eq!(answer.status, 200, "{method}: {}", answer.body);
        between(&answer.body, &format!("<{method}Result>"), &format!("</{method}Result>")).to_owned()
    }
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split(from).nth(1).and_then(|rest| rest.split(to).next()).unwrap_or_else(|| panic!("no {from}: {text}"))
}
