//! The answers to the Web Connector.

use counterfoil_core::model::secret::Secret;

use super::NAMESPACE;
use crate::qbxml::Element;

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";

/// What a login leads to: the second string of the answer to `authenticate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Company {
    /// There is work for whichever company file is open.
    Open,
    /// There is work for the company file at this path.
    File(String),
    /// The login is valid, and there is no work.
    NoWork,
    /// User name and password are not valid.
    NotValid,
    /// The service is busy.
    Busy,
}

impl Company {
    fn word(&self) -> &str {
        match self {
            Self::Open => "",
            Self::File(path) => path,
            Self::NoWork => "none",
            Self::NotValid => "nvu",
            Self::Busy => "busy",
        }
    }
}

/// The answer to a [call](super::Call) of the same name.
pub enum Answer {
    /// The version of the service, which the Web Connector shows.
    ServerVersion(String),
    /// `""` to go on, `W:` or `E:` with a text to warn or refuse, `O:` with the version that is needed.
    ClientVersion(String),
    /// A ticket, also if there is no work, and what the login leads to. More strings would postpone the work.
    Authenticate {
        /// Names the session in later calls.
        ticket: Secret,
        /// What the login leads to.
        company: Company,
    },
    /// A qbXML document. `""` leads to `getLastError`.
    SendRequestXml(String),
    /// Percent of the work that is done: below 100 to go on, 100 to end, below 0 for `getLastError`.
    ReceiveResponseXml(i32),
    /// `done` to stop, else the path of the company file to try again with. `""` is the open one.
    ConnectionError(String),
    /// The error in words. `NoOp` leads to `sendRequestXML` after 5 seconds.
    GetLastError(String),
    /// The last words of the session, which the Web Connector shows.
    CloseConnection(String),
    /// A URL, or `""`.
    GetInteractiveUrl(String),
    /// `Done`, or anything else to ask again.
    InteractiveDone(String),
    /// Any words.
    InteractiveRejected(String),
}

impl Answer {
    /// The SOAP envelope of a response with HTTP status 200. It is compact, because white space inside of a string would count.
    pub fn to_xml(&self) -> String {
        let (method, text) = match self {
            Self::Authenticate { ticket, company } => {
                let result = Element::new("authenticateResult").with_text("string", ticket.expose());
                return response("authenticate", result.with_text("string", company.word()));
            }
            Self::ReceiveResponseXml(percent) => ("receiveResponseXML", &percent.to_string()),
            Self::ServerVersion(text) => ("serverVersion", text),
            Self::ClientVersion(text) => ("clientVersion", text),
            Self::SendRequestXml(text) => ("sendRequestXML", text),
            Self::ConnectionError(text) => ("connectionError", text),
            Self::GetLastError(text) => ("getLastError", text),
            Self::CloseConnection(text) => ("closeConnection", text),
            Self::GetInteractiveUrl(text) => ("getInteractiveURL", text),
            Self::InteractiveDone(text) => ("interactiveDone", text),
            Self::InteractiveRejected(text) => ("interactiveRejected", text),
        };
        response(method, Element::of_text(format!("{method}Result"), text))
    }
}

fn response(method: &str, result: Element) -> String {
    envelope(Element::new(format!("{method}Response")).with_attribute("xmlns", NAMESPACE).with(result))
}

fn envelope(content: Element) -> String {
    let envelope = Element::new("soap:Envelope").with_attribute("xmlns:soap", "http://schemas.xmlsoap.org/soap/envelope/");
    format!("{DECLARATION}{}", envelope.with(Element::new("soap:Body").with(content)).to_xml())
}

/// Whose fault a fault is (SOAP 1.1, 4.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The request is no call.
    Client,
    /// The service could not answer.
    Server,
}

/// The SOAP fault of a response with HTTP status 500. An unknown ticket is no fault.
pub fn fault(cause: Cause, message: &str) -> String {
    let code = match cause {
        Cause::Client => "soap:Client",
        Cause::Server => "soap:Server",
    };
    envelope(Element::new("soap:Fault").with_text("faultcode", code).with_text("faultstring", message))
}
