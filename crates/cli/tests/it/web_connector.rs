//! The imitation of the Web Connector, against a web service that has no work.

use std::fs;

use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tokio::net::TcpListener;

use crate::harness::{Machine, text};

/// A `.qwc` file for a service at this address.
fn qwc(base: &str) -> String {
    let guid = "{0a1b2c3d-0000-1111-2222-0123456789ab}";
    format!(
        "<?xml version=\"1.0\"?><QBWCXML><AppName>Counterfoil</AppName><AppID></AppID><AppURL>{base}/qbwc</AppURL>\
         <AppDescription>Checks</AppDescription><AppSupport>{base}/support</AppSupport><UserName>qbd_1</UserName>\
         <OwnerID>{guid}</OwnerID><FileID>{guid}</FileID><QBType>QBFS</QBType></QBWCXML>"
    )
}

/// A service whose answer to `authenticate` depends on the password: no work, or no valid user.
async fn service() -> String {
    let answer = |headers: HeaderMap, body: String| async move {
        let action = headers["soapaction"].to_str().expect("text").trim_matches('"').to_owned();
        let method = action.rsplit('/').next().expect("a part");
        let word = if body.contains("<strPassword>right</strPassword>") { "none" } else { "nvu" };
        let result = if method == "authenticate" { format!("<string>t</string><string>{word}</string>") } else { String::new() };
        let soap = format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>\
             <{method}Response xmlns=\"http://developer.intuit.com/\"><{method}Result>{result}</{method}Result></{method}Response>\
             </s:Body></s:Envelope>"
        );
        ([(CONTENT_TYPE, "text/xml; charset=utf-8")], soap).into_response()
    };
    let app = Router::new().route("/qbwc", post(answer).get(|| async { "a page" })).route("/support", get(|| async { "a page" }));
    let listener = TcpListener::bind("localhost:0").await.expect("a free port");
    let base = format!("http://localhost:{}", listener.local_addr().expect("bound").port());
    tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") });
    base
}

const SIMULATE: [&str; 5] = ["web-connector", "simulate", "--once", "--qwc", "a.qwc"];

#[tokio::test]
async fn one_update_says_what_happens() {
    let mut machine = Machine::new();
    let base = service().await;
    fs::write(machine.path("a.qwc"), qwc(&base)).expect("written");
    let output = machine.fed(&SIMULATE, "right\n").await;
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    assert!(said.contains(&format!("Counterfoil was added, for {base}/qbwc.")), "{said}");
    assert!(said.ends_with("No data exchange required.\n"), "{said}");
    machine.set("WEB_CONNECTOR_PASSWORD", "wrong");
    let said = machine.refusal(&SIMULATE).await;
    assert!(said.contains("QBWC1040") && !said.contains("wrong"), "{said}");
}

#[tokio::test]
async fn a_wrong_file_or_no_password_is_refused() {
    let machine = Machine::new();
    assert!(machine.refusal(&SIMULATE).await.contains("a.qwc cannot be read"));
    fs::write(machine.path("a.qwc"), qwc("http://127.0.0.1:3000")).expect("written");
    assert!(machine.refusal(&SIMULATE).await.contains("QBWC1001"));
    fs::write(machine.path("a.qwc"), qwc("http://localhost:3000")).expect("written");
    assert!(machine.refusal(&SIMULATE).await.contains("WEB_CONNECTOR_PASSWORD"));
}
