//! Splits changed records into batches, each of which fits into one transaction.

use crate::model::record::{Body, Check, Invoice, Named, Record};
use crate::port::store::syncs::BATCH_MOST;

use crate::service::sync::page::Changed;

/// The most bytes of a batch's records, as estimated here. DynamoDB takes 4 MB in a transaction.
const BYTES_MOST: usize = 3_000_000;
/// The bytes of a record besides its own texts: keys, names of attributes, amounts and times.
const BYTES_OF_ANY: usize = 3_000;
/// The bytes of a payable that a record pays.
const BYTES_OF_A_PAYABLE: usize = 250;

/// The records in their order, in batches of at most [`BATCH_MOST`] records and [`BYTES_MOST`] bytes.
pub(crate) fn batches<'a>(changed: &'a [&'a Changed]) -> Vec<&'a [&'a Changed]> {
    let (mut batches, mut rest) = (Vec::new(), changed);
    while !rest.is_empty() {
        let mut bytes = 0;
        let fits = |changed: &&&Changed| {
            bytes += reckoned(&changed.record);
            bytes <= BYTES_MOST
        };
        // A record that does not fit would be refused alone: the bounds on its texts exclude it.
        let count = rest.iter().take(BATCH_MOST).take_while(fits).count().max(1);
        let (batch, others) = rest.split_at(count);
        batches.push(batch);
        rest = others;
    }
    batches
}

/// An estimate of the bytes that a record takes in the table, never too low.
fn reckoned(record: &Record) -> usize {
    let texts = |texts: &[&Option<String>]| texts.iter().filter_map(|text| text.as_ref()).map(String::len).sum::<usize>();
    let of_body = match &record.body {
        Body::Check(Check { number, memo, payee, bank_account, pays, .. }) => {
            let Named { id, name } = payee;
            let own = texts(&[number, memo, id, name, &bank_account.id, &bank_account.name]);
            own + pays.len() * BYTES_OF_A_PAYABLE
        }
        Body::Invoice(Invoice { number, memo, customer, .. }) => texts(&[number, memo, &customer.id, &customer.name]),
    };
    BYTES_OF_ANY + texts(&[&record.source]) + of_body
}
