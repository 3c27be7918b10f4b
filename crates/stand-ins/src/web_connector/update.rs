//! One update: from `serverVersion` to `closeConnection`.

use std::fmt;
use std::time::Duration;

use super::problem::Problem;
use super::soap::{Method, NULL};
use super::{CLIENT_VERSION, WebConnector};
use crate::clock::real_delay;
use crate::company_file::{Failure, NEWEST_QBXML, Outcome, Session};

/// The largest number of requests for work in one update.
const MAX_CALLS: u32 = 100_000;
/// The largest number of times that QuickBooks is opened in one update.
const MAX_OPENINGS: u32 = 3;

/// What an update did.
#[derive(Debug)]
pub struct Update {
    /// The number of qbXML documents that QuickBooks processed.
    pub requests: u32,
    /// How it ended.
    pub end: End,
    /// The text of `closeConnection`; `None` if it was not called.
    pub closed_with: Option<String>,
    /// The time by which the service postpones the next update.
    pub postponed_by: Option<Duration>,
    /// The shortest interval of Auto-Run that the service allows.
    pub least_interval: Option<Duration>,
}

/// How an update ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The service refused this version of the Web Connector, with this text.
    VersionRefused(String),
    /// The service has no work.
    NoWork,
    /// The service does not know the user or the password.
    NotValidUser,
    /// The service is busy.
    Busy,
    /// The service postponed the update, although it has work.
    Postponed,
    /// QuickBooks could not be opened.
    NotOpened(Failure),
    /// The service said that nothing remains.
    Finished,
    /// The service stopped the update, with this text of `getLastError`.
    Stopped(String),
    /// The Web Connector failed.
    Failed(Problem),
    /// The Web Connector was ended while QuickBooks worked, so that the service got no answer and no `closeConnection`.
    Lost,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::VersionRefused(text) => write!(f, "The service refuses this version of the Web Connector: {text}"),
            Self::NoWork => f.write_str("No data exchange required."),
            Self::NotValidUser => f.write_str("The service does not accept the user name and the password (QBWC1040)."),
            Self::Busy => f.write_str("Application busy."),
            Self::Postponed => f.write_str("Update postponed by application."),
            Self::NotOpened(failure) => write!(f, "QuickBooks cannot be opened: {} {}", failure.hresult, failure.message),
            Self::Finished => f.write_str("The update completed."),
            Self::Stopped(text) => write!(f, "The service stopped the update: {text}"),
            Self::Failed(problem) => write!(f, "{problem}"),
            Self::Lost => f.write_str("The Web Connector was ended in the middle of a request."),
        }
    }
}

/// What the service said to the user name and password.
struct Admitted {
    ticket: String,
    /// An empty path, or that of a company file, or a word.
    second: String,
    postponed_by: Option<Duration>,
    least_interval: Option<Duration>,
}

/// Runs an update.
pub(super) async fn run(connector: &WebConnector) -> Update {
    let mut update = Update { requests: 0, end: End::NoWork, closed_with: None, postponed_by: None, least_interval: None };
    match admitted(connector).await {
        Err(end) => update.end = end,
        Ok(admitted) => {
            (update.postponed_by, update.least_interval) = (admitted.postponed_by, admitted.least_interval);
            update.end = match admitted.second.to_ascii_lowercase().as_str() {
                "none" => End::NoWork,
                "nvu" => End::NotValidUser,
                "busy" => End::Busy,
                _ if admitted.postponed_by.is_some() => End::Postponed,
                _ => work(connector, &admitted, &mut update.requests).await,
            };
            if !matches!(update.end, End::Lost | End::Busy) {
                update.closed_with = close(connector, &admitted.ticket, &mut update.end).await;
            }
        }
    }
    connector.log(update.end.to_string());
    update
}

async fn admitted(connector: &WebConnector) -> Result<Admitted, End> {
    let service = &connector.service;
    if let Err(problem) = service.text(Method::ServerVersion, &[]).await {
        connector.log(format!("{problem} (ignored)"));
    }
    let answer = service.text(Method::ClientVersion, &[("strVersion", CLIENT_VERSION)]).await.map_err(End::Failed)?;
    match answer.as_deref().unwrap_or_default().split_at_checked(2) {
        None if answer.as_deref().unwrap_or_default().is_empty() => {}
        Some(("W:", warning)) => connector.log(format!("The service warns: {warning}")),
        Some(("E:", text)) => return Err(End::VersionRefused(text.to_owned())),
        Some(("O:", version)) => return Err(End::VersionRefused(format!("it needs version {version}"))),
        _ => return Err(End::Failed(Problem::new(1_046, format!("The reply of clientVersion is malformed: {answer:?}")))),
    }
    let (user, password) = (connector.qwc.user_name.as_str(), connector.options.password.as_str());
    let parts =
        service.texts(Method::Authenticate, &[("strUserName", user), ("strPassword", password)]).await.map_err(End::Failed)?;
    let [ticket, second, rest @ ..] = parts.as_slice() else {
        return Err(End::Failed(Method::Authenticate.problem("Index was outside the bounds of the array.")));
    };
    let seconds = |place: usize| rest.get(place).and_then(|text| text.trim().parse().ok()).filter(|seconds| *seconds > 0);
    let (postponed_by, least_interval) = (seconds(0).map(Duration::from_secs), seconds(1).map(Duration::from_secs));
    Ok(Admitted { ticket: ticket.clone(), second: second.clone(), postponed_by, least_interval })
}

async fn work(connector: &WebConnector, admitted: &Admitted, requests: &mut u32) -> End {
    match open(connector, admitted).await {
        Ok(session) => exchange(connector, &admitted.ticket, session, requests).await,
        Err(end) => end,
    }
}

/// Opens QuickBooks, with the company file that the service names.
async fn open(connector: &WebConnector, admitted: &Admitted) -> Result<Session, End> {
    let mut path = admitted.second.clone();
    let mut opened = 1;
    loop {
        let failure = match connector.company.open(&path) {
            Ok(session) => return Ok(session),
            Err(failure) => failure,
        };
        connector.log(format!("QuickBooks cannot be opened: {} {}", failure.hresult, failure.message));
        let params = [("ticket", admitted.ticket.as_str()), ("hresult", &failure.hresult), ("message", &failure.message)];
        let answer = connector.service.text(Method::ConnectionError, &params).await.map_err(End::Failed)?;
        match answer {
            Some(next) if !next.eq_ignore_ascii_case("done") && opened < MAX_OPENINGS => path = next,
            _ => return Err(End::NotOpened(failure)),
        }
        opened += 1;
    }
}

/// Asks for work until nothing remains.
async fn exchange(connector: &WebConnector, ticket: &str, mut session: Session, requests: &mut u32) -> End {
    let mut hcp = match session.host_company_preferences(&connector.qwc.owner_id) {
        Ok(hcp) => hcp,
        Err(wrong) => return End::Failed(Problem::new(1_014, format!("Could not collect HCP: {wrong}"))),
    };
    for call in 0..MAX_CALLS {
        let request = match next_request(connector, ticket, &std::mem::take(&mut hcp), session.path()).await {
            Ok(request) => request,
            Err(problem) => return End::Failed(problem),
        };
        if request.is_empty() || request == "NoOp" {
            // Some versions cannot go on without a first request (QBWC1041).
            if call == 0 {
                return End::Failed(Method::SendRequestXml.problem(NULL));
            }
            match last_error(connector, ticket).await {
                Ok(text) if text == "NoOp" => real_delay(connector.options.pause).await,
                Ok(text) => return End::Stopped(text),
                Err(problem) => return End::Failed(problem),
            }
            continue;
        }
        *requests += 1;
        let percent = match report(connector, ticket, session.process(&request).await, &request).await {
            Ok(Some(percent)) => percent,
            Ok(None) => return End::Lost,
            Err(problem) => return End::Failed(problem),
        };
        match percent {
            ..0 => return last_error(connector, ticket).await.map_or_else(End::Failed, End::Stopped),
            0..100 => {}
            100.. => return End::Finished,
        }
    }
    End::Failed(Problem::new(1_031, format!("The service had more than {MAX_CALLS} requests")))
}

async fn next_request(connector: &WebConnector, ticket: &str, hcp: &str, path: &str) -> Result<String, Problem> {
    let (major, minor) = (NEWEST_QBXML.0.to_string(), NEWEST_QBXML.1.to_string());
    let params = [
        ("ticket", ticket),
        ("strHCPResponse", hcp),
        ("strCompanyFileName", path),
        ("qbXMLCountry", "US"),
        ("qbXMLMajorVers", &major),
        ("qbXMLMinorVers", &minor),
    ];
    let request = connector.service.text(Method::SendRequestXml, &params).await?;
    request.ok_or_else(|| Method::SendRequestXml.problem(NULL))
}

/// Reports what became of a request, and returns the progress in percent; `None` if nothing is to be reported.
async fn report(connector: &WebConnector, ticket: &str, outcome: Outcome, request: &str) -> Result<Option<i32>, Problem> {
    let (response, failure) = match outcome {
        Outcome::Answered(answer) => (answer, Failure::new("", "")),
        Outcome::Failed(failure) => (String::new(), failure),
        Outcome::Lost => return Ok(None),
    };
    let name = request
        .split('<')
        .find(|part| part.split([' ', '>']).next().is_some_and(|name| name.ends_with("Rq") && name != "QBXMLMsgsRq"));
    let name = name.and_then(|part| part.split([' ', '>', '/']).next()).unwrap_or("A request");
    let params = [("ticket", ticket), ("response", &response), ("hresult", &failure.hresult), ("message", &failure.message)];
    let percent = connector.service.number(Method::ReceiveResponseXml, &params).await?;
    connector.log(match failure.hresult.as_str() {
        "" => format!("{name}: answered, {} bytes.", response.len()),
        hresult => format!("{name}: {hresult} {}", failure.message),
    });
    Ok(Some(percent))
}

async fn last_error(connector: &WebConnector, ticket: &str) -> Result<String, Problem> {
    let text = connector.service.text(Method::GetLastError, &[("ticket", ticket)]).await?;
    Ok(text.unwrap_or_default())
}

async fn close(connector: &WebConnector, ticket: &str, end: &mut End) -> Option<String> {
    match connector.service.text(Method::CloseConnection, &[("ticket", ticket)]).await {
        Ok(text) => text,
        Err(problem) => {
            *end = End::Failed(problem);
            None
        }
    }
}
