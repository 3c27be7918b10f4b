//! The calls of the Web Connector, in the envelopes of every client that is known.

use counterfoil_desktop::qbxml::Malformed;
use counterfoil_desktop::soap::{Call, NotACall};
use proptest::prelude::*;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";

/// The envelope that .NET writes.
fn envelope(content: &str) -> String {
    format!(
        "{DECLARATION}<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\">\
         <soap:Body>{content}</soap:Body></soap:Envelope>"
    )
}

fn call(content: &str) -> Call {
    Call::parse(&envelope(content)).unwrap_or_else(|error| panic!("{content}: {error}"))
}

fn refused(xml: &str) -> Option<NotACall> {
    Call::parse(xml).err()
}

/// The call in one line, with its secrets.
fn line(call: Call) -> String {
    let (name, arguments) = match call {
        Call::ServerVersion { version } => ("serverVersion", vec![version]),
        Call::ClientVersion { version } => ("clientVersion", vec![version]),
        Call::Authenticate { user_name, password } => ("authenticate", vec![user_name, password.expose().to_owned()]),
        Call::SendRequestXml { ticket, hcp_response, company_file, country, major_version, minor_version } => {
            let versions = [major_version, minor_version].map(|version| version.to_string());
            (
                "sendRequestXML",
                [vec![ticket.expose().to_owned(), hcp_response, company_file, country], versions.to_vec()].concat(),
            )
        }
        Call::ReceiveResponseXml { ticket, response, hresult, message } => {
            ("receiveResponseXML", vec![ticket.expose().to_owned(), response, hresult, message])
        }
        Call::ConnectionError { ticket, hresult, message } => {
            ("connectionError", vec![ticket.expose().to_owned(), hresult, message])
        }
        Call::GetLastError { ticket } => ("getLastError", vec![ticket.expose().to_owned()]),
        Call::CloseConnection { ticket } => ("closeConnection", vec![ticket.expose().to_owned()]),
        Call::GetInteractiveUrl { ticket, session_id } => ("getInteractiveURL", vec![ticket.expose().to_owned(), session_id]),
        Call::InteractiveDone { ticket } => ("interactiveDone", vec![ticket.expose().to_owned()]),
        Call::InteractiveRejected { ticket, reason } => ("interactiveRejected", vec![ticket.expose().to_owned(), reason]),
    };
    format!("{name} {}", arguments.join("|"))
}

#[test]
fn every_method_is_read_with_its_arguments() {
    for (content, expected) in [
        ("<serverVersion xmlns=\"http://developer.intuit.com/\" />", "serverVersion "),
        ("<clientVersion><strVersion>2.3.0.215</strVersion></clientVersion>", "clientVersion 2.3.0.215"),
        ("<authenticate><strUserName>u</strUserName><strPassword> p&amp;w </strPassword></authenticate>", "authenticate u| p&w "),
        (
            "<sendRequestXML><ticket>t</ticket><strHCPResponse>&lt;a/&gt;</strHCPResponse><strCompanyFileName>C:\\a.qbw\
             </strCompanyFileName><qbXMLCountry>US</qbXMLCountry><qbXMLMajorVers>16</qbXMLMajorVers><qbXMLMinorVers>0</qbXMLMinorVers>\
             </sendRequestXML>",
            "sendRequestXML t|<a/>|C:\\a.qbw|US|16|0",
        ),
        (
            "<receiveResponseXML><ticket>t</ticket><response>r</response><hresult>0x80040400</hresult><message>m</message>\
             </receiveResponseXML>",
            "receiveResponseXML t|r|0x80040400|m",
        ),
        (
            "<connectionError><ticket>t</ticket><hresult>h</hresult><message>m</message></connectionError>",
            "connectionError t|h|m",
        ),
        ("<getLastError><ticket>t</ticket></getLastError>", "getLastError t"),
        ("<closeConnection><ticket>t</ticket></closeConnection>", "closeConnection t"),
        ("<getInteractiveURL><wcTicket>t</wcTicket><sessionID>s</sessionID></getInteractiveURL>", "getInteractiveURL t|s"),
        ("<interactiveDone><wcTicket>t</wcTicket></interactiveDone>", "interactiveDone t"),
        ("<interactiveRejected><wcTicket>t</wcTicket><reason>r</reason></interactiveRejected>", "interactiveRejected t|r"),
    ] {
        assert_eq!(line(call(content)), expected);
    }
}

#[test]
fn missing_closed_and_empty_arguments_are_empty() {
    for arguments in ["", "<ticket/><response/><hresult/><message/>", "<ticket></ticket><response></response>"] {
        assert_eq!(line(call(&format!("<receiveResponseXML>{arguments}</receiveResponseXML>"))), "receiveResponseXML |||");
    }
    assert_eq!(line(call("<sendRequestXML><qbXMLMajorVers/></sendRequestXML>")), "sendRequestXML ||||0|0");
}

#[test]
fn envelopes_of_other_clients_are_read() {
    let arguments = "<ns1:strUserName>u</ns1:strUserName><ns1:strPassword>p</ns1:strPassword>";
    for xml in [
        // PHP.
        format!(
            "{DECLARATION}\n<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:ns1=\"http://developer.intuit.com/\"><SOAP-ENV:Body><ns1:authenticate>{arguments}</ns1:authenticate>\
             </SOAP-ENV:Body></SOAP-ENV:Envelope>\n"
        ),
        // zeep: single quotes, and a header.
        format!(
            "<?xml version='1.0' encoding='utf-8'?>\n<soap-env:Envelope xmlns:soap-env=\"http://schemas.xmlsoap.org/soap/envelope/\">\
             <soap-env:Header/><soap-env:Body><ns0:authenticate xmlns:ns0=\"http://developer.intuit.com/\">{arguments}\
             </ns0:authenticate></soap-env:Body></soap-env:Envelope>"
        ),
        // Style RPC of the .qwc file, with white space.
        "<soap:Envelope xmlns:soap='http://schemas.xmlsoap.org/soap/envelope/'>\r\n  <soap:Body soap:encodingStyle='x'>\r\n    \
         <q1:authenticate xmlns:q1='http://developer.intuit.com/'>\r\n      <strUserName xsi:type='xsd:string'>u</strUserName>\r\n      \
         <strPassword xsi:type='xsd:string'><![CDATA[p]]></strPassword>\r\n    </q1:authenticate>\r\n  </soap:Body>\r\n</soap:Envelope>"
            .to_owned(),
    ] {
        assert_eq!(Call::parse(&xml).map(line), Ok("authenticate u|p".to_owned()), "{xml}");
    }
}

#[test]
fn what_is_no_call_is_refused_with_the_reason() {
    let unknown = "<dropTables/>";
    assert_eq!(refused(&envelope(unknown)), Some(NotACall::UnknownMethod("dropTables".to_owned())));
    assert_eq!(refused(&envelope(unknown)).expect("an error").to_string(), "The service has no method \"dropTables\".");
    assert_eq!(refused(&envelope("")), Some(NotACall::NoMethod));
    for xml in ["<a/>", "<Envelope/>", "<a><Body><getLastError/></Body></a>", "<Envelope><Header/></Envelope>"] {
        assert_eq!(refused(xml), Some(NotACall::NoBody), "{xml}");
    }
    for version in ["thirteen", "-1", "65536", "13.0"] {
        let content = format!("<sendRequestXML><qbXMLMajorVers>{version}</qbXMLMajorVers></sendRequestXML>");
        assert_eq!(refused(&envelope(&content)), Some(NotACall::NotANumber("qbXMLMajorVers")), "{version}");
    }
    assert_eq!(refused("{\"json\":true}"), Some(NotACall::Malformed(Malformed::NotWellFormed(13))));
}

#[test]
fn no_error_quotes_a_password() {
    for content in [
        "<authenticate><strPassword>hunter2&</strPassword></authenticate>",
        "<authenticate><strPassword>hunter2<</strPassword></authenticate>",
        "<authenticate><strPassword><hunter2></strPassword></authenticate>",
        "<authenticate><strPassword>&hunter2;</strPassword></authenticate>",
        "<authenticate><strPassword hunter2>p</strPassword></authenticate>",
    ] {
        let error = refused(&envelope(content)).expect("an error");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

proptest! {
    #[test]
    fn no_request_makes_the_reader_panic(content in "(<(/?)(Envelope|Body|authenticate|a:ticket|sendRequestXML|x)( [a-z]='&#x?[0-9]{0,3};')?/?>|\\PC{0,3}){0,12}") {
        let _ = Call::parse(&content);
        let _ = Call::parse(&envelope(&content));
    }
}
