//! Updates: the order of the calls, the words of the service, and the Web Connector's errors.

use std::time::Duration;

use counterfoil_stand_ins::company_file::{Failure, Fault, PATH};
use counterfoil_stand_ins::web_connector::{End, Options, Qwc, WebConnector};

use super::company_file::company;
use super::service::{Service, one_request, strings};

const OPENING: [&str; 3] = ["serverVersion", "clientVersion", "authenticate"];

fn calls(rest: &[&str]) -> Vec<String> {
    OPENING.iter().chain(rest).map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn one_request_is_sent_and_its_answer_received() {
    let service = Service::start(one_request()).await;
    let update = service.connector().await.update().await;
    assert_eq!((update.requests, update.end, update.closed_with.as_deref()), (1, End::Finished, Some("OK")));
    assert_eq!(service.calls(), calls(&["sendRequestXML", "receiveResponseXML", "closeConnection"]));
    let login = service.body("authenticate");
    assert!(login.contains("<strUserName>qbd_1</strUserName><strPassword>a password &amp; more</strPassword>"), "{login}");
    assert!(login.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap="), "{login}");
    assert!(service.body("serverVersion").contains("<serverVersion xmlns=\"http://developer.intuit.com/\"></serverVersion>"));
    let asked = service.body("sendRequestXML");
    assert!(asked.contains("&lt;HostRet&gt;") && asked.contains("&lt;DataExtName&gt;FileID&lt;/DataExtName&gt;"), "{asked}");
    assert!(
        asked.contains(PATH) && asked.contains("<qbXMLMajorVers>16</qbXMLMajorVers><qbXMLMinorVers>0</qbXMLMinorVers>"),
        "{asked}"
    );
    let answer = service.body("receiveResponseXML");
    assert!(answer.contains("requestID=&quot;7&quot;") && answer.contains("<hresult></hresult><message></message>"), "{answer}");
    let script = service.script.lock().expect("no holder panics");
    let headers = &script.calls[2].1;
    assert_eq!(headers["soapaction"], "\"http://developer.intuit.com/authenticate\"");
    assert_eq!(
        (&headers["expect"], &headers["content-type"]),
        (&"100-continue".parse().expect("a value"), &"text/xml; charset=utf-8".parse().expect("a value"))
    );
    assert!(headers["user-agent"].to_str().expect("text").contains("MS Web Services Client Protocol"));
}

#[tokio::test]
async fn the_first_request_alone_has_the_company() {
    let mut results = one_request();
    results.insert("receiveResponseXML", vec!["50".to_owned(), "100".to_owned()]);
    let service = Service::start(results).await;
    assert_eq!(service.connector().await.update().await.requests, 2);
    let script = service.script.lock().expect("no holder panics");
    let asked: Vec<_> = script
        .calls
        .iter()
        .filter(|call| call.0 == "sendRequestXML")
        .map(|call| call.2.contains("<strHCPResponse></strHCPResponse>"))
        .collect();
    assert_eq!(asked, [false, true]);
}

#[tokio::test]
async fn the_words_of_authenticate_end_the_update() {
    for (answer, end, closes) in [
        (strings(&["t", "none"]), End::NoWork, true),
        (strings(&["t", "NVU"]), End::NotValidUser, true),
        (strings(&["t", "busy"]), End::Busy, false),
        (strings(&["t", "", "60"]), End::Postponed, true),
    ] {
        let mut results = one_request();
        results.insert("authenticate", vec![answer]);
        let service = Service::start(results).await;
        let update = service.connector().await.update().await;
        assert_eq!(update.end, end);
        assert_eq!(service.calls(), calls(if closes { &["closeConnection"] } else { &[] }), "{end:?}");
    }
}

#[tokio::test]
async fn the_service_sets_the_intervals() {
    let mut results = one_request();
    results.insert("authenticate", vec![strings(&["t", "none", "30", "15"])]);
    let service = Service::start(results).await;
    let update = service.connector().await.update().await;
    assert_eq!((update.postponed_by, update.least_interval), (Some(Duration::from_secs(30)), Some(Duration::from_secs(15))));
}

#[tokio::test]
async fn auto_run_goes_on_until_it_is_told() {
    let service = Service::start(one_request()).await;
    let mut updates = 0;
    service
        .connector()
        .await
        .auto_run(Some(Duration::ZERO), |update| {
            assert_eq!(update.end, End::Finished);
            updates += 1;
            updates < 3
        })
        .await;
    assert_eq!(updates, 3);
}

#[tokio::test]
async fn a_session_is_held_open_with_no_op() {
    let mut results = one_request();
    let request = results["sendRequestXML"][0].clone();
    results.insert("sendRequestXML", vec![request.clone(), String::new(), String::new(), request]);
    results.insert("receiveResponseXML", vec!["50".to_owned(), "100".to_owned()]);
    results.insert("getLastError", vec!["NoOp".to_owned()]);
    let service = Service::start(results).await;
    let update = service.connector().await.update().await;
    assert_eq!((update.requests, update.end), (2, End::Finished));
    let idle = ["sendRequestXML", "getLastError"];
    let work = ["sendRequestXML", "receiveResponseXML"];
    assert_eq!(
        service.calls(),
        calls(&[work, idle, idle, work].concat().iter().chain(&["closeConnection"]).copied().collect::<Vec<_>>())
    );
}

#[tokio::test]
async fn another_last_error_or_a_negative_number_stops_it() {
    for (second, percent) in [(String::new(), "50"), ("&lt;never/&gt;".to_owned(), "-1")] {
        let mut results = one_request();
        let request = results["sendRequestXML"][0].clone();
        results.insert("sendRequestXML", vec![request, second]);
        results.insert("receiveResponseXML", vec![percent.to_owned()]);
        results.insert("getLastError", vec!["Another company file is open.".to_owned()]);
        let service = Service::start(results).await;
        let update = service.connector().await.update().await;
        assert_eq!(update.end, End::Stopped("Another company file is open.".to_owned()));
        assert_eq!(service.calls().last().map(String::as_str), Some("closeConnection"));
    }
}

#[tokio::test]
async fn quickbooks_that_cannot_be_opened_is_reported_and_tried_again() {
    for (answers, openings, end) in
        [(vec!["done".to_owned()], 1, false), (vec![PATH.to_owned()], 1, true), (vec![String::new(); 1], 4, false)]
    {
        let mut results = one_request();
        results.insert("connectionError", answers);
        let service = Service::start(results).await;
        let company = company(10);
        (0..openings).for_each(|_| company.fail_next(Fault::ModalDialog));
        let connector =
            WebConnector::add(Qwc::read(&service.qwc()).expect("right"), Options::new("p"), company).await.expect("added");
        let update = connector.update().await;
        assert_eq!(matches!(update.end, End::Finished), end, "{:?}", update.end);
        let reported = service.calls().iter().filter(|name| *name == "connectionError").count();
        assert_eq!(reported, openings.min(3));
        assert!(service.body("connectionError").contains("<hresult>0x80040414</hresult>"));
    }
}

#[tokio::test]
async fn a_failed_request_is_reported_and_a_lost_one_is_not() {
    let service = Service::start(one_request()).await;
    let company = company(10);
    company.fail_next(Fault::Request(Failure::new("0x80040401", "Could not access QuickBooks.")));
    let connector =
        WebConnector::add(Qwc::read(&service.qwc()).expect("right"), Options::new("p"), company.clone()).await.expect("added");
    assert_eq!(connector.update().await.end, End::Finished);
    let reported = service.body("receiveResponseXML");
    assert!(reported.contains("<response></response><hresult>0x80040401</hresult>"), "{reported}");

    company.fail_next(Fault::LostAnswer);
    let before = service.calls().len();
    let update = connector.update().await;
    assert_eq!((update.end, update.closed_with, company.processed()), (End::Lost, None, 1));
    assert_eq!(service.calls()[before..], calls(&["sendRequestXML"]));
}

#[tokio::test]
async fn a_wrong_answer_is_an_error_of_its_method() {
    let soap = |body: &str| {
        format!("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>{body}</s:Body></s:Envelope>")
    };
    let intuit = "http://developer.intuit.com/";
    let right = soap(&format!("<METHODResponse xmlns=\"{intuit}\"><METHODResult>RESULT</METHODResult></METHODResponse>"));
    let fault = soap("<s:Fault><faultcode>s:Server</faultcode><faultstring>broken</faultstring></s:Fault>");
    for (answer, code) in [
        ((200, "application/xml", right.clone()), 1_036),
        ((403, "application/json", "{\"message\":\"Forbidden\"}".to_owned()), 1_036),
        ((500, "text/xml", fault.clone()), 1_036),
        ((200, "text/xml", fault), 1_036),
        ((500, "text/xml", right.clone()), 1_036),
        // A null is no error of clientVersion, but of authenticate.
        ((200, "text/xml", right.replace(intuit, "urn:other")), 1_012),
    ] {
        let service = Service::start(one_request()).await;
        let connector = service.connector().await;
        service.script.lock().expect("no holder panics").instead = Some(answer.clone());
        match connector.update().await.end {
            End::Failed(problem) => assert_eq!(problem.code, code, "{answer:?}: {problem}"),
            other => panic!("{answer:?}: {other:?}"),
        }
    }
    let service = Service::start(one_request()).await;
    let connector = service.connector().await;
    service.script.lock().expect("no holder panics").instead = Some((200, "text/xml", right));
    assert_eq!(connector.update().await.end, End::Finished);
}

#[tokio::test]
async fn results_of_another_kind_are_errors_of_their_method() {
    for (method, result, code) in [
        ("clientVersion", "2.0", 1_046),
        ("authenticate", "<string>only a ticket</string>", 1_012),
        ("sendRequestXML", "", 1_041),
        ("receiveResponseXML", "all", 1_042),
    ] {
        let mut results = one_request();
        results.insert(method, vec![result.to_owned()]);
        let service = Service::start(results).await;
        match service.connector().await.update().await.end {
            End::Failed(problem) => assert_eq!(problem.code, code, "{problem}"),
            other => panic!("{method}: {other:?}"),
        }
    }
    let mut results = one_request();
    results.insert("clientVersion", vec!["E:too old".to_owned()]);
    let service = Service::start(results).await;
    assert_eq!(service.connector().await.update().await.end, End::VersionRefused("too old".to_owned()));
    assert_eq!(service.calls(), ["serverVersion", "clientVersion"]);
}
