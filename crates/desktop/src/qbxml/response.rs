//! Reads documents of answers.

use strum::IntoStaticStr;

use super::{Element, Malformed};

/// The status code of a query that found nothing.
const NOTHING_FOUND: u32 = 1;
/// The status code of a request that continues an iterator that QuickBooks does not know any more.
const ITERATOR_LOST: u32 = 3_391;
/// The first status code of warnings.
const WARNINGS: u32 = 500;
/// The first status code of errors.
const ERRORS: u32 = 1_000;

/// How bad a status is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
pub enum Severity {
    /// The request succeeded. It may have found nothing.
    Info,
    /// The request succeeded in part. An object that was asked for by id may be missing.
    Warn,
    /// The request failed.
    Error,
}

impl Severity {
    /// As `statusSeverity` says, else by the status code (Intuit, `Status codes in response messages`).
    fn of(word: Option<&str>, code: u32) -> Self {
        let named = |name| word.is_some_and(|word| word.eq_ignore_ascii_case(name));
        match code {
            _ if named("Info") => Self::Info,
            _ if named("Warn") => Self::Warn,
            _ if named("Error") => Self::Error,
            0..WARNINGS => Self::Info,
            WARNINGS..ERRORS => Self::Warn,
            ERRORS.. => Self::Error,
        }
    }
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// For example `CheckQueryRs`.
    pub name: String,
    /// The `requestID` of the request.
    pub request_id: Option<String>,
    /// 0 if all is well.
    pub status_code: u32,
    /// Whether the request failed. A status other than 0 alone does not mean that.
    pub severity: Severity,
    /// The status in words.
    pub message: String,
    /// The iterator that continues the query in this session.
    pub iterator_id: Option<String>,
    /// How many objects the iterator has not returned yet.
    pub iterator_remaining: Option<u32>,
    /// How many objects the query found, where QuickBooks says so.
    pub ret_count: Option<u32>,
    /// The objects, for example `CheckRet`, in their order.
    pub returned: Vec<Element>,
}

/// Why a document is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenAnswer {
    /// It is not XML.
    #[error("QuickBooks answered with broken XML. {0}")]
    Malformed(#[from] Malformed),
    /// It is XML without `QBXMLMsgsRs`.
    #[error("QuickBooks answered with XML that is not a qbXML answer.")]
    NotAnAnswer,
    /// A part of it has no number as its `statusCode`.
    #[error("QuickBooks answered without a status code.")]
    NoStatus,
}

impl Response {
    /// Reads a document of answers, in their order. After a request that failed, QuickBooks leaves out the answers to the later ones.
    ///
    /// # Errors
    /// [`BrokenAnswer`].
    pub fn parse(xml: &str) -> Result<Vec<Self>, BrokenAnswer> {
        let document = Element::parse(xml)?;
        if document.name != "QBXML" {
            return Err(BrokenAnswer::NotAnAnswer);
        }
        let messages =
            document.children.into_iter().find(|child| child.name == "QBXMLMsgsRs").ok_or(BrokenAnswer::NotAnAnswer)?;
        messages.children.into_iter().map(Self::of).collect()
    }

    fn of(element: Element) -> Result<Self, BrokenAnswer> {
        let number = |name| element.attribute(name).and_then(|text| text.trim().parse().ok());
        let text = |name| element.attribute(name).map(str::to_owned);
        let status_code = number("statusCode").ok_or(BrokenAnswer::NoStatus)?;
        Ok(Self {
            request_id: text("requestID"),
            status_code,
            severity: Severity::of(element.attribute("statusSeverity"), status_code),
            message: text("statusMessage").unwrap_or_default(),
            iterator_id: text("iteratorID"),
            iterator_remaining: number("iteratorRemainingCount"),
            ret_count: number("retCount"),
            name: element.name,
            returned: element.children,
        })
    }

    /// Whether the request may change something: each one but a query.
    pub fn is_write(&self) -> bool {
        !self.name.ends_with("QueryRs")
    }

    /// Whether the request failed.
    pub fn is_failed(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Whether the request continues an iterator that QuickBooks does not know any more.
    pub fn is_iterator_lost(&self) -> bool {
        self.status_code == ITERATOR_LOST
    }

    /// Whether the page that was asked for is lost. QuickBooks keeps no page: after one that was answered and did not arrive, the iterator is
    /// behind it. `before` is the number of objects that remained before the page.
    pub fn is_page_lost(&self, before: u32) -> bool {
        let returned = u32::try_from(self.returned.len()).unwrap_or(u32::MAX);
        let left = self.iterator_remaining.unwrap_or(0).saturating_add(returned);
        self.is_iterator_lost() || !self.is_failed() && left < before
    }

    /// Whether the query found nothing, which is a success.
    pub fn is_empty(&self) -> bool {
        self.status_code == NOTHING_FOUND || (!self.is_failed() && self.returned.is_empty())
    }
}
