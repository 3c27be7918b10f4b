//! Calls that are broken, hostile, or in the form of another client.

use super::{envelope, next, received, result, sign_in, soap, user};
use crate::harness::{Answer, Installation, get, post};

fn is_fault(answer: &Answer) -> bool {
    let is_fault = answer.status == 500 && answer.body.contains("<soap:Fault><faultcode>soap:Client</faultcode><faultstring>");
    is_fault && answer.header("content-type") == Some("text/xml; charset=utf-8")
}

#[tokio::test]
async fn what_is_no_call_is_a_fault() {
    let place = Installation::start().await;
    let nested = "<a>".repeat(100_000);
    let many = "<a/>".repeat(300_000);
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let external = "<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>";
    let in_bomb = |doctype: &str, text: &str| {
        let call = format!("<getLastError><ticket>{text}</ticket></getLastError>");
        envelope(&call).replacen("?>", &format!("?>{doctype}"), 1)
    };
    for body in [
        "",
        "{}",
        "\u{feff}",
        "<",
        "\u{0}\u{1}",
        "<soap:Envelope/>",
        &envelope(""),
        &envelope("<unknown/>"),
        &envelope("<authenticate>"),
        &envelope("<getLastError><ticket>&f;</ticket></getLastError>"),
        &envelope("<sendRequestXML><qbXMLMajorVers>thirteen</qbXMLMajorVers></sendRequestXML>"),
        &envelope(&nested),
        &envelope(&many),
        &in_bomb(bomb, "&b;"),
        &in_bomb(external, "&f;"),
        &in_bomb("<!DOCTYPE x SYSTEM \"http://127.0.0.1/x.dtd\">", "x"),
    ] {
        let answer = soap(body).to(&place.server).await;
        let shown: String = body.chars().take(200).collect();
        assert!(is_fault(&answer), "{shown}: {} {}", answer.status, answer.body);
        assert!(!answer.body.contains("root:"), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_call_is_read_in_the_envelope_and_the_encoding_of_every_client() {
    let place = Installation::start().await;
    let user = user(&place, "default", &place.key, "first").await;
    let (name, password) = (&user.login, &user.password);
    let net = envelope(&format!(
        "<authenticate xmlns=\"http://developer.intuit.com/\"><strUserName>{name}</strUserName><strPassword>{password}</strPassword></authenticate>"
    ));
    let php = format!(
        "<?xml version='1.0'?><SOAP-ENV:Envelope xmlns:SOAP-ENV=\"x\" xmlns:ns1=\"y\"><SOAP-ENV:Header/><SOAP-ENV:Body>\n<ns1:authenticate>\n\
         <ns1:strPassword>{password}</ns1:strPassword>\n<ns1:strUserName><![CDATA[{name}]]></ns1:strUserName></ns1:authenticate></SOAP-ENV:Body></SOAP-ENV:Envelope>"
    );
    let utf16: Vec<u8> = format!("\u{feff}{net}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [b"\xef\xbb\xbf", net.as_bytes()].concat();
    for body in [net.into_bytes(), php.into_bytes(), utf16, marked] {
        let answer = post("/qbwc").header("content-type", "text/xml").body(body).to(&place.server).await;
        let strings = result(&answer, "authenticate");
        assert!(strings.len() >= 2 && strings[0].starts_with(&**name) && strings[1].is_empty(), "{}", answer.body);
    }
}

#[tokio::test]
async fn missing_and_self_closed_arguments_are_empty() {
    let place = Installation::start().await;
    for arguments in ["", "<strUserName/><strPassword />", "<strUserName></strUserName>"] {
        let answer = soap(&envelope(&format!("<authenticate>{arguments}</authenticate>"))).to(&place.server).await;
        assert_eq!(result(&answer, "authenticate")[1], "nvu");
    }
    for ticket in ["", "<ticket/>", "<ticket></ticket>", "<ticket>none</ticket>"] {
        for (method, expected) in [
            ("sendRequestXML", ""),
            ("receiveResponseXML", "-1"),
            ("connectionError", "done"),
            ("getLastError", "This session has ended. The next update begins a new one."),
            ("closeConnection", "OK"),
            ("getInteractiveURL", ""),
            ("interactiveDone", "Done"),
            ("interactiveRejected", "OK"),
            ("serverVersion", "Counterfoil"),
            ("clientVersion", ""),
        ] {
            let answer = soap(&envelope(&format!("<{method}>{ticket}</{method}>"))).to(&place.server).await;
            assert_eq!(answer.status, 200, "{method}");
            let is_empty = answer.body.contains(&format!("<{method}Result/>"));
            assert!(is_empty && expected.is_empty() || result(&answer, method) == [expected], "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_session_with_an_unreadable_company_is_served() {
    let place = Installation::start().await;
    let user = user(&place, "default", &place.key, "first").await;
    for host in ["<", "<!DOCTYPE x []><QBXML/>", "\u{fffd}", &"<a>".repeat(10_000)] {
        let ticket = sign_in(&place.server, &user).await;
        assert!(next(&place.server, &ticket, host).await.contains("HostQueryRq"));
        assert_eq!(received(&place.server, &ticket, "").await, "50");
    }
}

#[tokio::test]
async fn the_address_answers_the_checks_of_the_web_connector() {
    let place = Installation::start().await;
    let checked = get("/qbwc").to(&place.server).await;
    assert_eq!((checked.status, checked.header("content-type")), (200, Some("text/plain; charset=utf-8")));
    let wsdl = get("/qbwc?wsdl").to(&place.server).await;
    assert!(wsdl.body.contains("https://books.example.com/qbwc"), "{}", wsdl.body);
    sign_in(&place.server, &user(&place, "default", &place.key, "first").await).await;
}
