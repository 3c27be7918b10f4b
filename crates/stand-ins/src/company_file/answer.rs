//! One request's part of an answer.

use std::fmt::Write as _;

use super::query::Found;
use super::status::Status;
use super::writer::ascii;
use crate::xml::Element;

/// The answer to a request: its status, the iterator's attributes, and the records.
pub(super) struct Answer {
    pub(super) status: Status,
    pub(super) attributes: String,
    records: Vec<(&'static str, String)>,
}

impl Answer {
    pub(super) fn nothing(status: Status) -> Self {
        Self { status, attributes: String::new(), records: Vec::new() }
    }

    pub(super) fn one(ret: &'static str, record: String) -> Self {
        Self { records: vec![(ret, record)], ..Self::nothing(Status::ok()) }
    }

    /// The answer of a query, with the number of records if the request asks for it.
    pub(super) fn of(ret: &'static str, found: Found, request: &Element) -> Self {
        let count = found.records.len();
        let records = match request.attribute("metaData") {
            Some("MetaDataOnly") => Vec::new(),
            _ => found.records.into_iter().map(|record| (ret, record)).collect(),
        };
        let counts = request.attribute("metaData").is_some_and(|wanted| wanted != "NoMetaData");
        let attributes = if counts { format!(" retCount=\"{count}\"") } else { String::new() };
        Self { status: found.status, attributes, records }
    }

    pub(super) fn write(&self, name: &str, request_id: Option<&str>, text: &mut String) {
        let id = request_id.map(|id| format!(" requestID=\"{}\"", ascii(id))).unwrap_or_default();
        let (status, attributes) = (&self.status, &self.attributes);
        let (code, severity, message) = (status.code, status.severity(), ascii(&status.message));
        let head =
            format!("{name}Rs{id} statusCode=\"{code}\" statusSeverity=\"{severity}\" statusMessage=\"{message}\"{attributes}");
        if self.records.is_empty() {
            let _ = writeln!(text, "<{head} />");
            return;
        }
        let _ = writeln!(text, "<{head}>");
        for (ret, record) in &self.records {
            let _ = write!(text, "<{ret}>\n{record}</{ret}>\n");
        }
        let _ = writeln!(text, "</{name}Rs>");
    }
}
