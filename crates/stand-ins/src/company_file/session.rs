//! A session with the company file: from `BeginSession` to `EndSession`. Iterators live as long as it does.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::answer::Answer;
use super::document::{check, check_message_set, read_version};
use super::filter::TxnFilter;
use super::grammar::Version;
use super::query::{self, Found, Position};
use super::render::Wish;
use super::rules::Known;
use super::status::Status;
use super::txn::Kind;
use super::writer::Writer;
use super::{CompanyFile, Failure, Fault, host};
use crate::clock::real_delay;
use crate::random::uuid;
use crate::xml::{self, Element};

/// The largest number of iterators of a session.
const MAX_ITERATORS: usize = 100;

/// A session. Dropping it ends it.
pub struct Session {
    company: Arc<CompanyFile>,
    is_other: bool,
    iterators: BTreeMap<String, Iterator>,
}

struct Iterator {
    name: &'static str,
    /// The query that it was started with, which must be repeated.
    query: String,
    position: Position,
}

/// What became of a document.
#[derive(Debug)]
pub enum Outcome {
    /// The answer, a qbXML document.
    Answered(String),
    /// The document failed as a whole, and nothing of it was done.
    Failed(Failure),
    /// It was processed, and the answer is lost.
    Lost,
}

impl Session {
    pub(super) fn new(company: Arc<CompanyFile>, is_other: bool) -> Self {
        Self { company, is_other, iterators: BTreeMap::new() }
    }

    /// The path of the company file that is open.
    pub fn path(&self) -> &'static str {
        host::path(self.is_other)
    }

    /// Processes a qbXML document. It waits until the document of another session is processed.
    pub async fn process(&mut self, qbxml: &str) -> Outcome {
        let company = Arc::clone(&self.company);
        let _turn = company.turn.lock().await;
        let fault = company.take_fault(|fault| !fault.is_at_opening());
        if let Some(Fault::Slow(time)) = &fault {
            real_delay(*time).await;
        }
        if let Some(Fault::Request(failure)) = fault {
            return Outcome::Failed(failure);
        }
        let answer = match self.answer(qbxml) {
            Ok(answer) => answer,
            Err(wrong) => {
                let message = "QuickBooks found an error when parsing the provided XML text stream.";
                return Outcome::Failed(Failure::new("0x80040400", &format!("{message} ({wrong})")));
            }
        };
        company.state().processed += 1;
        match fault {
            Some(Fault::LostAnswer) => Outcome::Lost,
            Some(Fault::BrokenAnswer) => Outcome::Answered(answer[..answer.len() / 2].to_owned()),
            _ => Outcome::Answered(answer),
        }
    }

    /// What the Web Connector asks before the first request of a service: the program, the company with the stamp of this application, and
    /// the preferences. No fault applies to it.
    pub(crate) fn host_company_preferences(&mut self, owner_id: &str) -> Result<String, String> {
        let head = "<?xml version=\"1.0\"?><?qbxml version=\"3.0\"?><QBXML><QBXMLMsgsRq onError=\"continueOnError\">";
        let company = format!("<CompanyQueryRq><OwnerID>{owner_id}</OwnerID></CompanyQueryRq>");
        self.answer(&format!("{head}<HostQueryRq/>{company}<PreferencesQueryRq/></QBXMLMsgsRq></QBXML>"))
    }

    fn answer(&mut self, qbxml: &str) -> Result<String, String> {
        let document = xml::read(qbxml).map_err(|error| error.0)?;
        let version = read_version(&document.instructions)?;
        let on_error = check_message_set(&document.root)?;
        let requests = &document.root.children[0].children;
        let known: Vec<_> = requests.iter().map(|request| check(request, version)).collect::<Result<_, _>>()?;
        let added = self.company.state().added.len();
        let mut has_failed = false;
        let mut text = String::from("<?xml version=\"1.0\" ?>\n<QBXML>\n<QBXMLMsgsRs>\n");
        for (request, known) in requests.iter().zip(known) {
            let answer = if has_failed && on_error != "continueOnError" {
                Answer::nothing(Status::not_processed())
            } else {
                self.one(request, known, version)
            };
            has_failed |= answer.status.is_error();
            answer.write(known.name, request.attribute("requestID"), &mut text);
        }
        if has_failed && on_error == "rollbackOnError" {
            self.company.state().added.truncate(added);
        }
        text.push_str("</QBXMLMsgsRs>\n</QBXML>\n");
        Ok(text)
    }

    fn one(&mut self, request: &Element, known: &Known, version: Version) -> Answer {
        let text = |name| request.text_of(name) == Some("true");
        let wish = Wish {
            version,
            elements: request.children_named("IncludeRetElement").map(|element| element.text.as_str()).collect(),
            lines: text("IncludeLineItems"),
            links: text("IncludeLinkedTxns"),
            custom_fields: request.children_named("OwnerID").any(|owner| owner.text == "0"),
        };
        let company = Arc::clone(&self.company);
        let wanted = wish.elements.as_slice();
        match known.name {
            "HostQuery" => Answer::one("HostRet", host::host(wanted)),
            "CompanyQuery" => Answer::one("CompanyRet", company.company(request, self.is_other, wanted)),
            "PreferencesQuery" => Answer::one("PreferencesRet", company.preferences(wanted)),
            "TxnDeletedQuery" => {
                let (status, records) = company.deleted(request, wanted);
                Answer::of("TxnDeletedRet", Found { status, records }, request)
            }
            "CheckAdd" => match request.child("CheckAdd").map(|add| company.add_check(add)) {
                Some(Ok(check)) => Answer::one("CheckRet", company.record(Kind::Check, &check, &Wish { lines: true, ..wish })),
                Some(Err(status)) => Answer::nothing(status),
                None => Answer::nothing(Status::not_processed()),
            },
            name => match Kind::of_query(name) {
                Some(kind) => self.txns(name, kind, request, &wish),
                None => self.list(name, request, &wish),
            },
        }
    }

    fn list(&mut self, name: &'static str, request: &Element, wish: &Wish<'_>) -> Answer {
        let ret = match name {
            "AccountQuery" => "AccountRet",
            "VendorQuery" => "VendorRet",
            _ => "CustomerRet",
        };
        let mut found = query::list(name, request, wish);
        let mut position = match self.position(name, request, || found.records.len() as u64) {
            Ok(position) => position,
            Err(answer) => return answer,
        };
        let first = usize::try_from(position.next).unwrap_or(usize::MAX);
        found.records = found.records.into_iter().skip(first).take(max_returned(request)).collect();
        position.pass(found.records.len());
        self.keep(name, request, position, Answer::of(ret, found, request))
    }

    fn txns(&mut self, name: &'static str, kind: Kind, request: &Element, wish: &Wish<'_>) -> Answer {
        let ret = ret(kind);
        if let Some(found) = self.company.named_txns(kind, request, wish) {
            return Answer::of(ret, found, request);
        }
        let filter = match TxnFilter::read(request, kind) {
            Ok(filter) => filter,
            Err(status) => return Answer::nothing(status),
        };
        let company = Arc::clone(&self.company);
        let mut position = match self.position(name, request, || company.count(kind, &filter)) {
            Ok(position) => position,
            Err(answer) => return answer,
        };
        let found = company.page(kind, &filter, &mut position, max_returned(request), wish);
        self.keep(name, request, position, Answer::of(ret, found, request))
    }

    /// Where to go on: at the start, or where the iterator is. An iterator that is not known, or of another query, is an answer already.
    fn position(&mut self, name: &str, request: &Element, total: impl FnOnce() -> u64) -> Result<Position, Answer> {
        let id = request.attribute("iteratorID").unwrap_or_default();
        match request.attribute("iterator") {
            None => Ok(Position::default()),
            Some("Start") => Ok(Position { next: 0, remaining: total() }),
            Some(iterator) => {
                match self.iterators.remove(id).filter(|known| known.name == name && known.query == query_of(request)) {
                    Some(_) if iterator == "Stop" => Err(Answer::nothing(Status::ok())),
                    Some(known) => Ok(known.position),
                    None => Err(Answer::nothing(Status::stale_iterator(id))),
                }
            }
        }
    }

    /// Adds the iterator to an answer, and keeps its position if anything remains.
    fn keep(&mut self, name: &'static str, request: &Element, position: Position, mut answer: Answer) -> Answer {
        let Some(iterator) = request.attribute("iterator") else { return answer };
        let id = match request.attribute("iteratorID") {
            Some(id) if iterator != "Start" => id.to_owned(),
            _ => format!("{{{}}}", uuid()),
        };
        let _ = write!(answer.attributes, " iteratorRemainingCount=\"{}\" iteratorID=\"{id}\"", position.remaining);
        if position.remaining > 0 && self.iterators.len() < MAX_ITERATORS {
            self.iterators.insert(id, Iterator { name, query: query_of(request), position });
        }
        answer
    }
}

fn ret(kind: Kind) -> &'static str {
    match kind {
        Kind::Check => "CheckRet",
        Kind::BillPaymentCheck => "BillPaymentCheckRet",
        Kind::Bill => "BillRet",
        Kind::Invoice => "InvoiceRet",
    }
}

fn max_returned(request: &Element) -> usize {
    request.text_of("MaxReturned").and_then(|most| most.parse().ok()).unwrap_or(usize::MAX)
}

/// The query of a request as a text, without what the pages of an iterator may differ in.
fn query_of(request: &Element) -> String {
    fn write(element: &Element, out: &mut Writer<'_>) {
        if element.children.is_empty() {
            out.leaf(&element.name, &element.text);
        } else {
            out.group(&element.name, |inner| element.children.iter().for_each(|child| write(child, inner)));
        }
    }
    let mut out = Writer::default();
    request.children.iter().filter(|child| child.name != "MaxReturned").for_each(|child| write(child, &mut out));
    out.into_text()
}
