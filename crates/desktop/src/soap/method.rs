//! The methods of the service, as the WSDL declares them. The last three are not in Intuit's WSDL, but in its guide (chapter 10).

/// The type of an argument or a result.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Texts,
}

/// A method with its arguments and its result.
pub(super) struct Method {
    pub(super) name: &'static str,
    pub(super) arguments: &'static [(&'static str, Kind)],
    pub(super) result: Kind,
}

const fn method(name: &'static str, arguments: &'static [(&'static str, Kind)], result: Kind) -> Method {
    Method { name, arguments, result }
}

use Kind::{Integer, Text, Texts};

/// All methods.
pub(super) const METHODS: [Method; 11] = [
    method("serverVersion", &[("strVersion", Text)], Text),
    method("clientVersion", &[("strVersion", Text)], Text),
    method("authenticate", &[("strUserName", Text), ("strPassword", Text)], Texts),
    method(
        "sendRequestXML",
        &[
            ("ticket", Text),
            ("strHCPResponse", Text),
            ("strCompanyFileName", Text),
            ("qbXMLCountry", Text),
            ("qbXMLMajorVers", Integer),
            ("qbXMLMinorVers", Integer),
        ],
        Text,
    ),
    method("receiveResponseXML", &[("ticket", Text), ("response", Text), ("hresult", Text), ("message", Text)], Integer),
    method("connectionError", &[("ticket", Text), ("hresult", Text), ("message", Text)], Text),
    method("getLastError", &[("ticket", Text)], Text),
    method("closeConnection", &[("ticket", Text)], Text),
    method("getInteractiveURL", &[("wcTicket", Text), ("sessionID", Text)], Text),
    method("interactiveDone", &[("wcTicket", Text)], Text),
    method("interactiveRejected", &[("wcTicket", Text), ("reason", Text)], Text),
];
