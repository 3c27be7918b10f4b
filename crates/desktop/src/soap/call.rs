//! The calls of the Web Connector.

use counterfoil_core::model::secret::Secret;

use crate::qbxml::{Element, Malformed};

/// The longest part of a method's name that an error quotes, in characters.
const QUOTED_MOST: usize = 40;

/// A call. An argument that is missing or empty is `""`, or 0. Tickets identify a session and are secrets like passwords.
pub enum Call {
    /// The first call: which version is the service? `version` is not sent by known clients.
    ServerVersion {
        /// Undocumented.
        version: String,
    },
    /// May a program of this version go on?
    ClientVersion {
        /// For example `2.3.0.215`.
        version: String,
    },
    /// Begins a session.
    Authenticate {
        /// The user name of the `.qwc` file.
        user_name: String,
        /// What the user typed into the Web Connector.
        password: Secret,
    },
    /// Asks for the next request.
    SendRequestXml {
        /// The session.
        ticket: Secret,
        /// The answers to `HostQuery`, `CompanyQuery` and `PreferencesQuery`, in the first call of a session only.
        hcp_response: String,
        /// The path of the company file.
        company_file: String,
        /// `US`, `CA`, `UK` or `AU`.
        country: String,
        /// The newest version of qbXML that QuickBooks speaks.
        major_version: u16,
        /// Its part behind the point.
        minor_version: u16,
    },
    /// Brings the answer to a request, or why there is none.
    ReceiveResponseXml {
        /// The session.
        ticket: Secret,
        /// A qbXML document. Empty if there is an error.
        response: String,
        /// An HRESULT in hexadecimal digits. Empty if there is no error.
        hresult: String,
        /// The error in words.
        message: String,
    },
    /// QuickBooks or its company file could not be opened.
    ConnectionError {
        /// The session.
        ticket: Secret,
        /// An HRESULT in hexadecimal digits.
        hresult: String,
        /// The error in words.
        message: String,
    },
    /// Why did the last call fail, or why is there no request?
    GetLastError {
        /// The session.
        ticket: Secret,
    },
    /// Ends a session.
    CloseConnection {
        /// The session.
        ticket: Secret,
    },
    /// Where can the user go on in a browser?
    GetInteractiveUrl {
        /// The session.
        ticket: Secret,
        /// A session of QuickBooks.
        session_id: String,
    },
    /// Is the user done in the browser?
    InteractiveDone {
        /// The session.
        ticket: Secret,
    },
    /// The user does not want to go on in a browser.
    InteractiveRejected {
        /// The session.
        ticket: Secret,
        /// Why, in words.
        reason: String,
    },
}

/// Why a request is no call. No variant quotes an argument.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotACall {
    /// It is not XML.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It is not a SOAP envelope with a body.
    #[error("The request must be a SOAP envelope with a body.")]
    NoBody,
    /// The body is empty.
    #[error("The body of the SOAP envelope calls no method.")]
    NoMethod,
    /// The method is not one of the Web Connector.
    #[error("The service has no method {0:?}.")]
    UnknownMethod(String),
    /// An argument is not a whole number from 0 to 65,535.
    #[error("The argument {0} must be a whole number from 0 to 65535.")]
    NotANumber(&'static str),
}

impl Call {
    /// Reads a SOAP envelope. Its method is the first element of the body, whatever `SOAPAction` says. Prefixes and namespaces do not count.
    ///
    /// # Errors
    /// [`NotACall`], to be answered with a [fault](super::fault).
    pub fn parse(xml: &str) -> Result<Self, NotACall> {
        let envelope = Element::parse(xml)?;
        let body = envelope.child("Body").filter(|_| envelope.name == "Envelope").ok_or(NotACall::NoBody)?;
        let method = body.children.first().ok_or(NotACall::NoMethod)?;
        let text = |name| method.text_of(name).unwrap_or_default().to_owned();
        let ticket = || Secret::new(text("ticket"));
        let interactive_ticket = || Secret::new(text("wcTicket"));
        Ok(match method.name.as_str() {
            "serverVersion" => Self::ServerVersion { version: text("strVersion") },
            "clientVersion" => Self::ClientVersion { version: text("strVersion") },
            "authenticate" => Self::Authenticate { user_name: text("strUserName"), password: Secret::new(text("strPassword")) },
            "sendRequestXML" => Self::SendRequestXml {
                ticket: ticket(),
                hcp_response: text("strHCPResponse"),
                company_file: text("strCompanyFileName"),
                country: text("qbXMLCountry"),
                major_version: number(method, "qbXMLMajorVers")?,
                minor_version: number(method, "qbXMLMinorVers")?,
            },
            "receiveResponseXML" => Self::ReceiveResponseXml {
                ticket: ticket(),
                response: text("response"),
                hresult: text("hresult"),
                message: text("message"),
            },
            "connectionError" => Self::ConnectionError { ticket: ticket(), hresult: text("hresult"), message: text("message") },
            "getLastError" => Self::GetLastError { ticket: ticket() },
            "closeConnection" => Self::CloseConnection { ticket: ticket() },
            "getInteractiveURL" => Self::GetInteractiveUrl { ticket: interactive_ticket(), session_id: text("sessionID") },
            "interactiveDone" => Self::InteractiveDone { ticket: interactive_ticket() },
            "interactiveRejected" => Self::InteractiveRejected { ticket: interactive_ticket(), reason: text("reason") },
            unknown => return Err(NotACall::UnknownMethod(unknown.chars().take(QUOTED_MOST).collect())),
        })
    }
}

fn number(method: &Element, name: &'static str) -> Result<u16, NotACall> {
    match method.text_of(name).unwrap_or_default().trim() {
        "" => Ok(0),
        digits => digits.parse().map_err(|_| NotACall::NotANumber(name)),
    }
}
