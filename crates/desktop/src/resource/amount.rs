//! Amounts that QuickBooks may leave out, from those that it sends.

use rust_decimal::Decimal;

use super::value::is_decimal;
use crate::qbxml::Element;

/// The decimal number of the first element of this name directly inside. `None` if it is missing or no number.
pub(crate) fn decimal(element: &Element, name: &str) -> Option<Decimal> {
    let text = element.text_of(name)?.trim();
    Decimal::from_str_exact(text).ok().filter(|_| is_decimal(text))
}

/// The subtotal of an invoice: what was paid and what remains, without the tax. Lines would not do: one of them may repeat the sum of
/// others, and a list may leave them out.
pub(crate) fn subtotal(invoice: &Element) -> Option<Decimal> {
    let or_zero = |name| match invoice.text_of(name).map(str::trim) {
        None | Some("") => Some(Decimal::ZERO),
        Some(_) => decimal(invoice, name),
    };
    let remaining = decimal(invoice, "BalanceRemaining")?;
    remaining.checked_add(or_zero("AppliedAmount")?.abs())?.checked_sub(or_zero("SalesTaxTotal")?)
}

/// The amount of a payment: what it pays of each bill.
pub(super) fn applied(payment: &Element) -> Option<Decimal> {
    let mut amounts = payment.children("AppliedToTxnRet").filter_map(|applied| decimal(applied, "Amount"));
    let first = amounts.next()?;
    amounts.try_fold(first, Decimal::checked_add)
}
