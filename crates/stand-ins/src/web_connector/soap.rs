//! The SOAP client: the requests of the .NET proxy in the Web Connector, and what it makes of an answer.

use std::fmt;
use std::time::Duration;

use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, EXPECT, USER_AGENT};
use reqwest::redirect::Policy;
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use url::Url;

use super::problem::Problem;
use crate::xml::{self, Element, escaped};

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const INTUIT: &str = "http://developer.intuit.com/";
const AGENT: &str = "Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client Protocol 4.0.30319.42000)";
/// The longest time of one call; the proxy's own default.
const TIMEOUT: Duration = Duration::from_secs(100);
/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// The methods of the web service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    ServerVersion,
    ClientVersion,
    Authenticate,
    SendRequestXml,
    ReceiveResponseXml,
    ConnectionError,
    GetLastError,
    CloseConnection,
}

impl Method {
    /// Its name, and the code of an error in it.
    fn facts(self) -> (&'static str, u16) {
        match self {
            // The real one has no code for this method, and goes on.
            Self::ServerVersion => ("serverVersion", 1_036),
            Self::ClientVersion => ("clientVersion", 1_036),
            Self::Authenticate => ("authenticate", 1_012),
            Self::SendRequestXml => ("sendRequestXML", 1_041),
            Self::ReceiveResponseXml => ("receiveResponseXML", 1_042),
            Self::ConnectionError => ("connectionError", 1_045),
            Self::GetLastError => ("getLastError", 1_043),
            Self::CloseConnection => ("closeConnection", 1_044),
        }
    }

    /// An error in this method.
    pub(super) fn problem(self, message: impl fmt::Display) -> Problem {
        let (name, code) = self.facts();
        Problem::new(code, format!("Exception in {name}: {message}"))
    }
}

/// The web service.
pub(super) struct Service {
    url: Url,
    client: Client,
}

impl Service {
    pub(super) fn new(url: &Url) -> Result<Self, Problem> {
        let client = client().map_err(|error| Problem::new(1_013, error))?;
        Ok(Self { url: url.clone(), client })
    }

    /// The status of a plain `GET`.
    pub(super) async fn get(&self, url: &Url) -> Result<u16, String> {
        let answer = self.client.get(url.clone()).send().await.map_err(said)?;
        Ok(answer.status().as_u16())
    }

    /// Calls a method. `None` is the null of .NET, which an answer without a result has.
    pub(super) async fn text(&self, method: Method, params: &[(&str, &str)]) -> Result<Option<String>, Problem> {
        Ok(self.call(method, params).await?.map(|result| result.text))
    }

    /// Calls a method that answers a number.
    pub(super) async fn number(&self, method: Method, params: &[(&str, &str)]) -> Result<i32, Problem> {
        let text =
            self.text(method, params).await?.ok_or_else(|| method.problem("there is an error in XML document (no number)"))?;
        text.parse().map_err(|_| method.problem(format!("{text:?} is no number")))
    }

    /// Calls a method that answers several texts.
    pub(super) async fn texts(&self, method: Method, params: &[(&str, &str)]) -> Result<Vec<String>, Problem> {
        let result = self.call(method, params).await?.ok_or_else(|| method.problem(NULL))?;
        Ok(result
            .children
            .into_iter()
            .filter(|child| child.name == "string" && child.namespace == INTUIT)
            .map(|child| child.text)
            .collect())
    }

    async fn call(&self, method: Method, params: &[(&str, &str)]) -> Result<Option<Element>, Problem> {
        let (name, _) = method.facts();
        let request = self
            .client
            .post(self.url.clone())
            .header(USER_AGENT, AGENT)
            .header(CONTENT_TYPE, "text/xml; charset=utf-8")
            .header("SOAPAction", format!("\"{INTUIT}{name}\""))
            .header(EXPECT, "100-continue")
            .body(envelope(name, params));
        let answer = request.send().await.map_err(|error| method.problem(said(error)))?;
        let status = answer.status().as_u16();
        let content_type = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_xml = content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/xml"));
        if !is_xml {
            return Err(
                method.problem(format!("the answer has status {status} and the content type {content_type:?}, not text/xml"))
            );
        }
        let text = body(answer).await.map_err(|error| method.problem(error))?;
        let envelope = xml::read(&text).map_err(|error| method.problem(error.0))?.root;
        result(&envelope, name, status).map_err(|error| method.problem(error))
    }
}

/// What .NET says of a null.
pub(super) const NULL: &str = "Object reference not set to an instance of an object.";

/// The envelope as the .NET proxy writes it.
fn envelope(method: &str, params: &[(&str, &str)]) -> String {
    let params: String =
        params.iter().flat_map(|(name, value)| ["<", name, ">", &escaped(value), "</", name, ">"].map(str::to_owned)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"{SOAP}\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"><soap:Body>\
         <{method} xmlns=\"{INTUIT}\">{params}</{method}></soap:Body></soap:Envelope>"
    )
}

/// The result of an answer. Another namespace gives a null, not an error.
fn result(envelope: &Element, method: &str, status: u16) -> Result<Option<Element>, String> {
    let is_soap = |element: &&Element, name: &str| element.name == name && element.namespace == SOAP;
    if !is_soap(&envelope, "Envelope") {
        return Err("the answer is no SOAP envelope".to_owned());
    }
    let body = envelope.children.iter().find(|child| is_soap(child, "Body")).ok_or("the envelope has no body")?;
    if let Some(fault) = body.children.iter().find(|child| is_soap(child, "Fault")) {
        return Err(format!("the service answered a fault: {}", fault.text_of("faultstring").unwrap_or_default()));
    }
    if status != 200 {
        return Err(format!("the answer has status {status}"));
    }
    let response = of_intuit(Some(body), &format!("{method}Response"));
    Ok(of_intuit(response, &format!("{method}Result")).cloned())
}

fn of_intuit<'a>(parent: Option<&'a Element>, name: &str) -> Option<&'a Element> {
    parent?.children.iter().find(|child| child.name == name && child.namespace == INTUIT)
}

async fn body(mut answer: reqwest::Response) -> Result<String, String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(said)? {
        if bytes.len() + chunk.len() > MAX_ANSWER {
            return Err(format!("the answer has more than {MAX_ANSWER} bytes"));
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// An error with its causes, without the address.
fn said(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

#[expect(clippy::disallowed_methods, reason = "the Web Connector is a program of its own; nothing of ours is deployed with it")]
fn client() -> Result<Client, String> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = ClientConfig::builder_with_provider(default_provider().into()).with_safe_default_protocol_versions();
    let tls = tls.map_err(|error| error.to_string())?.with_root_certificates(roots).with_no_client_auth();
    let builder = Client::builder().tls_backend_preconfigured(tls).no_proxy().redirect(Policy::none()).timeout(TIMEOUT);
    builder.build().map_err(|error| error.to_string())
}
