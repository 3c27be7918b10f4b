//! The envelopes that the Web Connector receives.

use counterfoil_core::model::secret::Secret;
use counterfoil_desktop::qbxml::Element;
use counterfoil_desktop::soap::{Answer, Cause, Company, fault, wsdl};

const START: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
                     <soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>";
const END: &str = "</soap:Body></soap:Envelope>";

fn response(method: &str, result: &str) -> String {
    format!(
        "{START}<{method}Response xmlns=\"http://developer.intuit.com/\"><{method}Result>{result}</{method}Result></{method}Response>{END}"
    )
}

#[test]
fn a_login_is_answered_with_two_strings_whatever_it_leads_to() {
    for (company, word) in [
        (Company::Open, ""),
        (Company::File("C:\\A & B\\Größe.qbw".to_owned()), "C:\\A &amp; B\\Gr&#246;&#223;e.qbw"),
        (Company::NoWork, "none"),
        (Company::NotValid, "nvu"),
        (Company::Busy, "busy"),
    ] {
        let answer = Answer::Authenticate { ticket: Secret::new("t<1>"), company };
        let strings = format!("<string>t&lt;1&gt;</string><string>{word}</string>");
        assert_eq!(answer.to_xml(), response("authenticate", &strings));
    }
}

#[test]
fn every_answer_has_the_name_of_its_method() {
    let text = || "<a> \"é\"\n".to_owned();
    for (answer, method) in [
        (Answer::ServerVersion(text()), "serverVersion"),
        (Answer::ClientVersion(text()), "clientVersion"),
        (Answer::SendRequestXml(text()), "sendRequestXML"),
        (Answer::ConnectionError(text()), "connectionError"),
        (Answer::GetLastError(text()), "getLastError"),
        (Answer::CloseConnection(text()), "closeConnection"),
        (Answer::GetInteractiveUrl(text()), "getInteractiveURL"),
        (Answer::InteractiveDone(text()), "interactiveDone"),
        (Answer::InteractiveRejected(text()), "interactiveRejected"),
    ] {
        assert_eq!(answer.to_xml(), response(method, "&lt;a&gt; &quot;&#233;&quot;\n"));
    }
    assert_eq!(Answer::ReceiveResponseXml(-1).to_xml(), response("receiveResponseXML", "-1"));
    assert_eq!(Answer::ClientVersion(String::new()).to_xml(), response("clientVersion", ""));
}

#[test]
fn a_fault_says_whose_it_is() {
    let expected = "<soap:Fault><faultcode>soap:Client</faultcode><faultstring>No &amp; no.</faultstring></soap:Fault>";
    assert_eq!(fault(Cause::Client, "No & no."), format!("{START}{expected}{END}"));
    assert!(fault(Cause::Server, "x").contains("<faultcode>soap:Server</faultcode>"));
}

#[test]
fn the_wsdl_declares_every_method_at_the_given_address() {
    let wsdl = Element::parse(&wsdl("https://api.example.com/qbwc?a=1&b=2")).expect("XML");
    let service = wsdl.child("service").expect("a service");
    assert_eq!(service.attribute("name"), Some("QBWebConnectorSvc"));
    let address = service.child("port").and_then(|port| port.child("address")).expect("an address");
    assert_eq!(address.attribute("location"), Some("https://api.example.com/qbwc?a=1&b=2"));
    let binding = wsdl.child("binding").expect("a binding");
    let operations: Vec<_> = binding.children("operation").filter_map(|operation| operation.attribute("name")).collect();
    let expected = [
        "serverVersion",
        "clientVersion",
        "authenticate",
        "sendRequestXML",
        "receiveResponseXML",
        "connectionError",
        "getLastError",
        "closeConnection",
        "getInteractiveURL",
        "interactiveDone",
        "interactiveRejected",
    ];
    assert_eq!(operations, expected);
    let first = binding.child("operation").and_then(|operation| operation.child("operation")).expect("a SOAP action");
    assert_eq!(first.attribute("soapAction"), Some("http://developer.intuit.com/serverVersion"));
    assert_eq!(wsdl.children("message").count(), 2 * expected.len());
}
