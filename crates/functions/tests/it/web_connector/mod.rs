//! The QuickBooks Web Connector over HTTP: the service that it polls, and the requests that wait for it.

mod asking;
mod bad_answers;
mod bad_calls;
mod pages;
mod round_trips;
mod strangers;

use axum::Router;
use counterfoil_core::model::api_key::Scope;
use serde_json::{Value, json};

use crate::harness::{Answer, Ask, Installation, get, parameter, post};

const NAMESPACE: &str = "http://developer.intuit.com/";
/// The answer of QuickBooks to a query for its version.
const VERSION: &str = r#"<?xml version="1.0" ?><QBXML><QBXMLMsgsRs><HostQueryRs requestID="1" statusCode="0" statusSeverity="Info" statusMessage="OK"><HostRet><ProductName>QuickBooks</ProductName></HostRet></HostQueryRs></QBXMLMsgsRs></QBXML>"#;

/// An end user, and what its Web Connector signs in with.
pub(super) struct User {
    id: String,
    login: String,
    password: String,
    link: String,
}

/// An end user of a partner who was shown a password.
async fn user(place: &Installation, partner: &str, key: &str, source_id: &str) -> User {
    let new = json!({ "companyName": "Larkspur", "sourceId": source_id, "email": "x@example.com" });
    let id = json(post("/v1/end-users"), key, &new).to(&place.server).await.text("id");
    let publishable = place.key_of(partner, &[Scope::ConsentStart]).await;
    let new = json!({ "endUserId": id, "publishableKey": publishable });
    let link = json(post("/v1/auth-sessions"), key, &new).to(&place.server).await.text("authFlowUrl");
    let page = post(&link).to(&place.server).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let between = |from: &str, to: &str| {
        let rest = page.body.split_once(from).unwrap_or_else(|| panic!("no {from}: {}", page.body)).1;
        rest.split_once(to).expect("an end").0.to_owned()
    };
    let password = between("<code id=\"password\">", "</code>");
    assert_eq!(parameter(&link, "key").as_deref(), Some(&*publishable));
    User { login: format!("qbd_{partner}_{}", &id["end_usr_".len()..]), id, password, link }
}

/// An end user of the partner `default` whose QuickBooks has answered once.
async fn connected(place: &Installation, source_id: &str) -> User {
    let user = user(place, "default", &place.key, source_id).await;
    let ticket = sign_in(&place.server, &user).await;
    assert!(next(&place.server, &ticket, "<QBXML/>").await.contains("HostQueryRq"));
    assert_eq!(received(&place.server, &ticket, VERSION).await, "50");
    user
}

fn json(ask: Ask, key: &str, body: &Value) -> Ask {
    ask.key(key).header("content-type", "application/json").body(body.to_string())
}

/// A health check of an end user.
fn health_check(user: &User, key: &str) -> Ask {
    get("/v1/quickbooks-desktop/health-check").key(key).header("conductor-end-user-id", &user.id)
}

/// A call in the envelope of .NET.
fn call(method: &str, arguments: &[(&str, &str)]) -> Ask {
    let element = |(name, value): &(&str, &str)| format!("<{name}>{}</{name}>", escaped(value));
    let arguments = arguments.iter().map(element).collect::<Vec<_>>().concat();
    soap(&envelope(&format!("<{method} xmlns=\"{NAMESPACE}\">{arguments}</{method}>")))
}

fn soap(body: &str) -> Ask {
    post("/qbwc").header("content-type", "text/xml; charset=utf-8").body(body.to_owned())
}

fn envelope(content: &str) -> String {
    let soap = "http://schemas.xmlsoap.org/soap/envelope/";
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"{soap}\"><soap:Body>{content}</soap:Body></soap:Envelope>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The texts of the result of a call, as a client of .NET reads it.
fn result(answer: &Answer, method: &str) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("text/xml; charset=utf-8"));
    let start = format!("<{method}Response xmlns=\"{NAMESPACE}\"><{method}Result>");
    let (_, rest) = answer.body.split_once(&*start).unwrap_or_else(|| panic!("no {method}: {}", answer.body));
    let text = rest.split_once(&*format!("</{method}Result>")).expect("an end").0;
    let texts = text.split("</string>").map(|part| part.trim_start_matches("<string>").trim_start_matches("<string/>"));
    texts.map(|text| text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")).collect()
}

async fn sign_in(server: &Router, user: &User) -> String {
    let arguments = [("strUserName", &*user.login), ("strPassword", &*user.password)];
    let answer = call("authenticate", &arguments).to(server).await;
    let ticket = result(&answer, "authenticate").swap_remove(0);
    assert!(ticket.starts_with("qbd_"), "{}", answer.body);
    ticket
}

fn work(ticket: &str, host: &str) -> Ask {
    let version = [("qbXMLCountry", "US"), ("qbXMLMajorVers", "16"), ("qbXMLMinorVers", "0")];
    let arguments = [("ticket", ticket), ("strHCPResponse", host), ("strCompanyFileName", "C:\\books.qbw")];
    call("sendRequestXML", &[&arguments[..], &version[..]].concat())
}

/// A request for work.
async fn next(server: &Router, ticket: &str, host: &str) -> String {
    result(&work(ticket, host).to(server).await, "sendRequestXML").swap_remove(0)
}

async fn received(server: &Router, ticket: &str, document: &str) -> String {
    let arguments = [("ticket", ticket), ("response", document), ("hresult", ""), ("message", "")];
    result(&call("receiveResponseXML", &arguments).to(server).await, "receiveResponseXML").swap_remove(0)
}
