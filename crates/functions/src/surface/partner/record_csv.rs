//! A page of records as CSV. The header `Link` has the address of the next page.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, Uri};
use counterfoil_core::Error;
use counterfoil_core::model::record::{Body, Named, RecordKind};
use counterfoil_core::model::stored_record::StoredRecord;

use crate::surface::next_page;
use crate::surface::partner::envelope::to_the_second;

const CHECK_COLUMNS: &str = "id,companyKey,platform,entityType,externalId,number,date,amount,currency,payeeId,payeeName,memo,\
                             bankAccountId,bankAccountName,status,dueDate,updatedAt";
const INVOICE_COLUMNS: &str = "id,companyKey,platform,entityType,externalId,number,date,total,balance,currency,customerId,customerName,memo,status,dueDate,updatedAt";

/// A page of CSV, with a header line.
///
/// # Errors
/// Writing CSV to memory does not fail.
pub(crate) fn page(
    kind: RecordKind,
    records: &[StoredRecord],
    uri: &Uri,
    next: Option<&str>,
) -> Result<(HeaderMap, Vec<u8>), Error> {
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let broken = |error: csv::Error| Error::Internal(format!("no CSV: {error}"));
    let columns = match kind {
        RecordKind::Check => CHECK_COLUMNS,
        RecordKind::Invoice => INVOICE_COLUMNS,
    };
    csv.write_record(columns.split(',')).map_err(broken)?;
    for record in records {
        csv.write_record(line(record)).map_err(broken)?;
    }
    let text = csv.into_inner().map_err(|error| Error::Internal(format!("no CSV: {error}")))?;
    let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"))]);
    next_page::link(&mut headers, uri, next);
    Ok((headers, text))
}

fn line(stored: &StoredRecord) -> Vec<String> {
    let key = &stored.record.key;
    let entity_type: &str = key.entity_type.into();
    let text = |text: &Option<String>| guarded(text.clone().unwrap_or_default());
    let date = |date: &Option<jiff::civil::Date>| date.map(|date| date.to_string()).unwrap_or_default();
    let mut line = vec![
        stored.id.to_string(),
        guarded(stored.connection.company_key.to_string()),
        stored.platform.as_str().to_owned(),
        entity_type.to_owned(),
        guarded(key.external_id.clone()),
    ];
    let named = |named: &Named| [text(&named.id), text(&named.name)];
    match &stored.record.body {
        Body::Check(check) => {
            line.extend([text(&check.number), check.date.to_string(), check.amount.to_string(), text(&check.currency)]);
            line.extend(named(&check.payee));
            line.push(text(&check.memo));
            line.extend(named(&check.bank_account));
            let status: &str = check.status.into();
            line.extend([status.to_owned(), date(&check.due_date)]);
        }
        Body::Invoice(invoice) => {
            let amounts = [invoice.total.to_string(), invoice.balance.to_string()];
            line.extend([text(&invoice.number), invoice.date.to_string()].into_iter().chain(amounts));
            line.push(text(&invoice.currency));
            line.extend(named(&invoice.customer));
            let status: &str = invoice.status.into();
            line.extend([text(&invoice.memo), status.to_owned(), date(&invoice.due_date)]);
        }
    }
    line.push(to_the_second(stored.updated_at).to_string());
    line
}

/// The text with an apostrophe before it, if a spreadsheet would read it as a formula.
fn guarded(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_formula_becomes_text() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(guarded(text.to_owned()), format!("'{text}"));
        }
        assert_eq!(guarded("Larkspur = good".to_owned()), "Larkspur = good");
    }
}
