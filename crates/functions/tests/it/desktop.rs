//! QuickBooks Desktop: an end user, the page of its link, and a Web Connector whose QuickBooks gives canned answers.

use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use counterfoil_core::model::api_key::Scope;
use counterfoil_stand_ins::company_file::{CompanyFile, Failure, Outcome};
use serde_json::{Value, json};

use crate::harness::{Answer, Ask, BASE_URL, Installation, get};

/// What QuickBooks says of its host and its company file with the first request of a session.
const HOST: &str = "<QBXML><QBXMLMsgsRs><CompanyQueryRs statusCode=\"0\" statusSeverity=\"Info\"><CompanyRet>\
    <CompanyName>Larkspur Bikes</CompanyName></CompanyRet></CompanyQueryRs></QBXMLMsgsRs></QBXML>";
/// The tax number of the company, which is a secret of the end user.
pub(crate) const TAX_NUMBER: &str = "canary-of-a-tax-number-0123456789";

/// A request to the API, with the header that names an end user.
pub(crate) fn ask(method: Method, path: &str, key: &str, end_user: &str) -> Ask {
    let ask = Ask::new(method, path).header("authorization", format!("Bearer {key}"));
    ask.header("conductor-end-user-id", end_user).header("content-type", "application/json")
}

async fn made(place: &Installation, path: &str, body: &Value) -> Value {
    let answer = ask(Method::POST, path, &place.key, "").body(body.to_string()).to(&place.server).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

pub(crate) async fn end_user(place: &Installation) -> String {
    let source = place.app().new_id("source_");
    let new = json!({ "companyName": "Larkspur Bikes", "sourceId": source, "email": "books@larkspur.example" });
    made(place, "/v1/end-users", &new).await["id"].as_str().expect("an id").to_owned()
}

/// A link to the page of an end user: its session, and the path of the page with its query.
pub(crate) async fn link(place: &Installation, end_user: &str) -> (Value, String) {
    let publishable = place.key_of("default", &[Scope::ConsentStart]).await;
    let session = made(place, "/v1/auth-sessions", &json!({ "publishableKey": publishable, "endUserId": end_user })).await;
    let path = session["authFlowUrl"].as_str().and_then(|url| url.strip_prefix(BASE_URL)).expect("our own address").to_owned();
    (session, path)
}

/// The path of what belongs to the page of a link.
pub(crate) fn beside(page: &str, rest: &str) -> String {
    page.replacen('?', &format!("{rest}?"), 1)
}

/// One item of each kind, by kind: an end user who is connected, and its link.
pub(crate) async fn items(place: &Installation) -> [(&'static str, String); 3] {
    let end_user = end_user(place).await;
    let (session, page) = link(place, &end_user).await;
    let connector = WebConnector::set_up(&place.server, &page).await;
    connector.updates(&place.server).await;
    let known = ask(Method::GET, &format!("/v1/end-users/{end_user}"), &place.key, "").to(&place.server).await.json();
    let connection = known["integrationConnections"][0]["id"].as_str().expect("a connection").to_owned();
    let session = session["id"].as_str().expect("an id").to_owned();
    [("end-users", end_user), ("auth-sessions", session), ("integration-connections", connection)]
}

/// The Web Connector of an end user, with its user name and password.
pub(crate) struct WebConnector {
    user_name: String,
    pub(crate) password: String,
    /// The company file that is open; `None` for canned answers.
    company: Option<Arc<CompanyFile>>,
}

impl WebConnector {
    /// Sets it up with what the page of a link shows.
    pub(crate) async fn set_up(server: &Router, page: &str) -> Self {
        let shown = Ask::new(Method::POST, page).header("origin", BASE_URL).to(server).await;
        assert_eq!(shown.status, 200, "{}", shown.body);
        let qwc = get(beside(page, "/connector.qwc")).to(server).await;
        Self {
            user_name: between(&qwc.body, "<UserName>", "</UserName>").to_owned(),
            password: password_in(&shown.body).expect("it is shown").to_owned(),
            company: None,
        }
    }

    /// The same with this company file.
    pub(crate) fn with_company(self, company: &Arc<CompanyFile>) -> Self {
        Self { company: Some(Arc::clone(company)), ..self }
    }

    /// Signs in: the ticket, and the word for what follows.
    pub(crate) async fn signs_in(&self, server: &Router) -> (String, String) {
        let parameters = [("strUserName", self.user_name.as_str()), ("strPassword", self.password.as_str())];
        let answer = call(server, "authenticate", &parameters).await;
        let mut texts =
            answer.split("<string>").skip(1).map(|text| text.split("</string>").next().unwrap_or_default().to_owned());
        (texts.next().expect("a ticket"), texts.next().expect("a word"))
    }

    /// One update: signs in, and carries each request to QuickBooks until there is none. Returns the number of them.
    pub(crate) async fn updates(&self, server: &Router) -> usize {
        let (ticket, word) = self.signs_in(server).await;
        if !word.is_empty() {
            return 0;
        }
        let mut host = HOST;
        let mut file = self.company.as_ref().map(|company| company.open("").expect("it opens"));
        for count in 0..100 {
            let parameters =
                [("ticket", ticket.as_str()), ("strHCPResponse", host), ("qbXMLMajorVers", "16"), ("qbXMLMinorVers", "0")];
            let request = call(server, "sendRequestXML", &parameters).await;
            if request.is_empty() {
                call(server, "getLastError", &[("ticket", &ticket)]).await;
                call(server, "closeConnection", &[("ticket", &ticket)]).await;
                return count;
            }
            let (answer, failure) = match &mut file {
                None => (of_quickbooks(&request), Failure::new("", "")),
                Some(file) => match file.process(&request).await {
                    Outcome::Answered(answer) => (answer, Failure::new("", "")),
                    Outcome::Failed(failure) => (String::new(), failure),
                    Outcome::Lost => return count,
                },
            };
            let (hresult, message) = (failure.hresult.as_str(), failure.message.as_str());
            let received = [("ticket", ticket.as_str()), ("response", &answer), ("hresult", hresult), ("message", message)];
            call(server, "receiveResponseXML", &received).await;
            host = "";
        }
        panic!("there is always another request");
    }

    /// Sends a request for QuickBooks, and updates until it has its answer.
    pub(crate) async fn while_asked(&self, server: &Router, ask: Ask) -> Answer {
        self.during(server, ask.to(server)).await
    }

    /// Updates until this is over.
    pub(crate) async fn during<T>(&self, server: &Router, work: impl Future<Output = T>) -> T {
        let updates = async {
            loop {
                self.updates(server).await;
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            done = work => done,
            () = updates => unreachable!("it never ends"),
        }
    }
}

/// The password in a page.
pub(crate) fn password_in(page: &str) -> Option<&str> {
    page.split("<code id=\"password\">").nth(1)?.split("</code>").next()
}

/// The answer of QuickBooks to the one request in a document.
fn of_quickbooks(document: &str) -> String {
    let name = ["CompanyQuery", "CheckQuery", "HostQuery"].into_iter().find(|name| document.contains(&format!("<{name}Rq")));
    let name = name.unwrap_or_else(|| panic!("{document}"));
    let returned = match name {
        "CompanyQuery" => format!("<CompanyRet><IsSampleCompany>false</IsSampleCompany><EIN>{TAX_NUMBER}</EIN></CompanyRet>"),
        "CheckQuery" => CHECK.to_owned(),
        _ => "<HostRet><ProductName>QuickBooks</ProductName></HostRet>".to_owned(),
    };
    let status = "requestID=\"1\" statusCode=\"0\" statusSeverity=\"Info\" statusMessage=\"Status OK\"";
    format!("<?xml version=\"1.0\"?><QBXML><QBXMLMsgsRs><{name}Rs {status}>{returned}</{name}Rs></QBXMLMsgsRs></QBXML>")
}

const CHECK: &str = "<CheckRet><TxnID>1A-1</TxnID><TimeCreated>2026-03-01T09:00:00-05:00</TimeCreated>\
    <TimeModified>2026-03-01T09:00:00-05:00</TimeModified><EditSequence>1</EditSequence>\
    <AccountRef><ListID>2</ListID><FullName>Checking</FullName></AccountRef><RefNumber>1001</RefNumber>\
    <TxnDate>2026-03-01</TxnDate><Amount>12.50</Amount></CheckRet>";

/// Sends a call of the Web Connector. Returns the text of its result.
pub(crate) async fn call(server: &Router, method: &str, parameters: &[(&str, &str)]) -> String {
    let parameters: Vec<_> = parameters.iter().map(|(name, value)| format!("<{name}>{}</{name}>", escaped(value))).collect();
    let parameters = parameters.concat();
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>\
         <{method} xmlns=\"http://developer.intuit.com/\">{parameters}</{method}></soap:Body></soap:Envelope>"
    );
    let answer = Ask::new(Method::POST, "/qbwc").header("content-type", "text/xml; charset=utf-8").body(body).to(server).await;
    assert_eq!(answer.status, 200, "{method}: {}", answer.body);
    let result = answer.body.split(&format!("<{method}Result>")).nth(1).unwrap_or_default();
    plain(result.split(&format!("</{method}Result>")).next().unwrap_or_default())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split(from).nth(1).and_then(|rest| rest.split(to).next()).unwrap_or_else(|| panic!("no {from}: {text}"))
}

#[tokio::test]
async fn a_wrong_method_a_large_body_and_an_unreadable_address_are_errors_in_the_form_of_the_api() {
    let place = Installation::start().await;
    let large = || vec![b' '; 1024 * 1024 + 1];
    let passthrough = format!("/v1/end-users/{}/passthrough/quickbooks_desktop", end_user(&place).await);
    let to = |method, path: &str| ask(method, path, &place.key, "");
    for (asking, status, code) in [
        (to(Method::PUT, "/v1/end-users"), 405, "METHOD_NOT_ALLOWED"),
        (to(Method::POST, "/v1/quickbooks-desktop/checks"), 405, "METHOD_NOT_ALLOWED"),
        (to(Method::POST, "/v1/end-users").body(large()), 413, "REQUEST_TOO_LARGE"),
        (to(Method::POST, &passthrough).body(large()), 413, "REQUEST_TOO_LARGE"),
        (to(Method::GET, "/v1/quickbooks-desktop/%ff"), 404, "RESOURCE_MISSING"),
        (to(Method::GET, "/v1/quickbooks-desktop/checks/%ff"), 404, "RESOURCE_MISSING"),
        (to(Method::GET, "/v1/end-users/%ff/ping/quickbooks_desktop"), 404, "RESOURCE_MISSING"),
    ] {
        let answer = asking.to(&place.server).await;
        let error = answer.json()["error"].clone();
        assert_eq!((answer.status, &error["code"], &error["httpStatusCode"]), (status, &json!(code), &json!(status)));
        assert_eq!(error["type"], "INVALID_REQUEST_ERROR");
        assert_eq!(answer.header("x-should-retry"), Some("false"));
        assert_eq!(answer.header("conductor-request-id"), error["requestId"].as_str());
    }
    let refused = to(Method::PUT, "/v1/end-users").to(&place.server).await;
    assert_eq!(refused.header("allow"), Some("GET, POST"));
}

#[tokio::test]
async fn the_address_behind_the_setup_is_the_one_that_was_given() {
    let place = Installation::start().await;
    let publishable = place.key_of("default", &[Scope::ConsentStart]).await;
    let end_user = end_user(&place).await;
    let new = |url: &str| {
        let body = json!({ "publishableKey": publishable, "endUserId": end_user, "redirectUrl": url }).to_string();
        ask(Method::POST, "/v1/auth-sessions", &place.key, "").body(body)
    };
    for url in ["https://example.com", "https://Example.com/a?b=c"] {
        assert_eq!(new(url).to(&place.server).await.json()["redirectUrl"], url);
    }
    for url in ["http://example.com", " https://example.com", "https://example.com/\n", "example.com"] {
        assert_eq!(new(url).to(&place.server).await.status, 400, "{url:?}");
    }
}

#[tokio::test]
async fn a_link_never_has_a_secret_key() {
    let place = Installation::start().await;
    let body = json!({ "publishableKey": place.key, "endUserId": end_user(&place).await }).to_string();
    let refused = ask(Method::POST, "/v1/auth-sessions", &place.key, "").body(body).to(&place.server).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (400, &json!("INVALID_REQUEST")));
    assert!(!refused.body.contains(&place.key), "{}", refused.body);
    assert!(place.rows.under("AUTH_SESSION#", "").await.is_empty());
}

#[tokio::test]
async fn a_partner_reads_the_company_file_of_an_end_user_through_the_web_connector() {
    let place = Installation::start().await;
    let end_user = end_user(&place).await;
    let (_, page) = link(&place, &end_user).await;
    let connector = WebConnector::set_up(&place.server, &page).await;
    let checks = || ask(Method::GET, "/v1/quickbooks-desktop/checks?limit=1", &place.key, &end_user);
    let refused = checks().to(&place.server).await;
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (409, &json!("INTEGRATION_CONNECTION_NOT_SET_UP")));
    assert_eq!(refused.header("x-should-retry"), Some("false"));

    assert_eq!(connector.updates(&place.server).await, 1, "the request that confirms the setup");
    assert_eq!(get(beside(&page, "/status")).to(&place.server).await.json()["connected"], true);
    let read = connector.while_asked(&place.server, checks()).await;
    assert_eq!((read.status, &read.json()["data"][0]["amount"]), (200, &json!("12.50")), "{}", read.body);
    assert_eq!(read.header("conductor-request-id"), read.header("x-request-id"));
}
