//! One record. Its fields are computed when they are read, and changes are applied.

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Map, Value};

use super::account::Account;
use super::draw::{Draw, What};
use super::plan::{Edit, Values};
use super::shelf::Books;
use super::words::{CUSTOMERS, MEMOS, TEXTS_FOR_NUMBERS, VENDORS};
use super::{Entity, Method, State};

/// The time over which the first records are spread, in seconds: two years.
const SPAN_SECONDS: i64 = 730 * 86_400;
/// The longest time between a record's creation and its first change, in seconds.
const MAX_CHANGE_SECONDS: u64 = 5 * 86_400;
/// The time at which the records of Xero's Demo Company say that they changed, in Unix seconds [nango-rec: xero/tests/list-payments.test.json].
const LONG_AGO: i64 = 1_229_813_606;
/// The check number of the first record.
const FIRST_CHECK_NUMBER: u64 = 1_001;
/// The days between a bill or an invoice and its due date.
const DUE_DAYS: i64 = 30;

/// A record of a company's books.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    books: &'a Books<'a>,
    pub(crate) entity: Entity,
    pub(crate) index: u64,
    edit: Option<&'a Edit>,
    draw: Draw,
}

/// An id and a name.
pub(crate) struct Named<'a> {
    pub(crate) id: u64,
    pub(crate) name: &'a str,
}

impl<'a> Entry<'a> {
    pub(crate) fn new(books: &'a Books<'a>, entity: Entity, index: u64) -> Self {
        Self { books, entity, index, edit: books.plan.edit(entity, index), draw: books.draw.of_record(entity, index) }
    }

    fn changed_to<T>(&self, value: impl FnOnce(&'a Values) -> Option<T>) -> Option<T> {
        self.edit.and_then(|edit| value(&edit.values))
    }

    /// The time of its creation, in Unix seconds.
    pub(crate) fn created(&self) -> i64 {
        let plan = &self.books.plan;
        plan.added_at(self.entity, self.index).unwrap_or_else(|| self.spread(self.index))
    }

    fn spread(&self, index: u64) -> i64 {
        let size = i64::try_from(self.books.plan.base_size(self.entity)).expect("at most ten million").max(1);
        self.books.plan.until - SPAN_SECONDS + i64::try_from(index).expect("at most ten million") * SPAN_SECONDS / size
    }

    /// The time of its last change as the record shows it, in Unix seconds.
    pub(crate) fn changed(&self) -> i64 {
        self.edit.and_then(|edit| edit.at).unwrap_or_else(|| self.first_changed())
    }

    /// The time of its last change without edits. It is never before that of the record with the previous index.
    pub(crate) fn first_changed(&self) -> i64 {
        let plan = &self.books.plan;
        if let Some(at) = plan.added_at(self.entity, self.index) {
            return at;
        }
        if plan.changed_long_ago {
            return LONG_AGO;
        }
        let created = self.spread(self.index);
        let gap = u64::try_from(self.spread(self.index + 1) - created).unwrap_or_default().clamp(1, MAX_CHANGE_SECONDS);
        created + i64::try_from(self.draw.below(What::Change, gap)).expect("at most five days")
    }

    /// The number of its changes.
    pub(crate) fn version(&self) -> u32 {
        self.edit.map_or(0, |edit| edit.times)
    }

    pub(crate) fn date(&self) -> Date {
        self.changed_to(|values| values.date).unwrap_or_else(|| civil(self.created()))
    }

    pub(crate) fn due_date(&self) -> Date {
        self.date().saturating_add(DUE_DAYS.days())
    }

    pub(crate) fn state(&self) -> State {
        self.changed_to(|values| values.state).unwrap_or_else(|| {
            let may_be_void = !(self.books.plan.checks_only || self.entity == Entity::Bills && self.is_settled());
            if may_be_void && self.draw.below(What::State, 40) == 0 { State::Void } else { State::Standing }
        })
    }

    pub(crate) fn method(&self) -> Method {
        self.changed_to(|values| values.method).unwrap_or_else(|| match self.draw.below(What::Method, 100) {
            _ if self.books.plan.checks_only => Method::Check,
            0..62 => Method::Check,
            62..82 => Method::Card,
            82..90 => Method::Cash,
            _ => Method::Transfer,
        })
    }

    /// The amount in hundredths. Of a void record: the amount before that.
    pub(crate) fn cents(&self) -> i64 {
        self.changed_to(|values| values.cents).unwrap_or_else(|| {
            let draw = self.of_bill();
            let most = [5_000, 40_000, 150_000, 980_000][usize::try_from(draw.below(What::Cents, 4)).expect("below four")];
            let cents = 800 + i64::try_from(draw.below(What::Amount, most)).expect("small");
            if draw.below(What::Cents, 5) == 0 { cents - cents % 100 } else { cents }
        })
    }

    /// The amount of a bill or an invoice that is still due, in hundredths.
    pub(crate) fn balance(&self) -> i64 {
        let cents = self.cents();
        match self.changed_to(|values| values.paid) {
            _ if self.state() == State::Void => 0,
            Some(true) => 0,
            Some(false) => cents,
            None if self.entity == Entity::Bills && self.is_settled() => 0,
            None => match self.draw.below(What::Paid, 12) {
                0..7 if self.entity == Entity::Invoices => 0,
                11 => cents - cents / 2,
                _ => cents,
            },
        }
    }

    /// Whether one of the payments at the start pays this bill.
    fn is_settled(&self) -> bool {
        self.index < self.books.plan.base_size(Entity::Payments)
    }

    pub(crate) fn currency(&self) -> &'a str {
        self.changed_to(|values| values.currency.as_deref()).unwrap_or_else(|| self.drawn_currency())
    }

    fn drawn_currency(&self) -> &'static str {
        let (home, foreign) = self.books.profile.currencies.split_first().expect("a company has a currency");
        let draw = self.of_bill();
        if foreign.is_empty() || draw.below(What::Currency, 7) > 0 { home } else { draw.pick(What::Id, foreign).1 }
    }

    /// Whether it is in the company's own currency.
    pub(crate) fn is_home(&self) -> bool {
        self.currency() == self.books.profile.home()
    }

    /// The vendor that the company paid or will pay; of an invoice, the customer.
    pub(crate) fn party(&self) -> Named<'a> {
        let names: &[&'static str] = if self.entity == Entity::Invoices { &CUSTOMERS } else { &VENDORS };
        let (place, name) = self.of_bill().pick(What::Payee, names);
        Named { id: place + 1, name: self.changed_to(|values| values.payee.as_deref()).unwrap_or(name) }
    }

    pub(crate) fn memo(&self) -> Option<&'a str> {
        self.changed_to(|values| values.memo.as_deref()).or_else(|| {
            let is_given = self.draw.below(What::State, 5) > 0;
            is_given.then(|| self.draw.pick(What::Memo, &MEMOS).1)
        })
    }

    /// The running number of a record; of a check, its number.
    pub(crate) fn running_number(&self) -> u64 {
        FIRST_CHECK_NUMBER + self.index
    }

    /// The number that a change has set.
    pub(crate) fn number_set(&self) -> Option<&'a str> {
        self.changed_to(|values| values.number.as_deref())
    }

    /// A check's number as users type it without validation: it may be missing, or be another text.
    pub(crate) fn loose_number(&self) -> Option<String> {
        if let Some(number) = self.number_set() {
            return Some(number.to_owned());
        }
        match self.draw.below(What::Number, 24) {
            0 | 1 => None,
            2 => Some(self.draw.pick(What::Memo, &TEXTS_FOR_NUMBERS).1.to_owned()),
            _ => Some(self.running_number().to_string()),
        }
    }

    /// The bank account or card that was paid from.
    pub(crate) fn account(&self) -> Account {
        let profile = &self.books.profile;
        let is_for_wages = self.is_home() && self.draw.below(What::Id, 9) == 0;
        match self.method() {
            Method::Card => profile.card(),
            _ if is_for_wages => profile.payroll(),
            _ => profile.bank_account(self.currency()),
        }
    }

    /// The index of the bill that this payment pays.
    pub(crate) fn pays(&self) -> u64 {
        match self.books.plan.size(Entity::Bills) {
            0 => self.index,
            bills => self.index % bills,
        }
    }

    /// The bill that this payment pays.
    pub(crate) fn bill(&self) -> Self {
        Self::new(self.books, Entity::Bills, self.pays())
    }

    /// A choice between spellings, below `bound`.
    pub(crate) fn spelling(&self, bound: u64) -> u64 {
        self.draw.below(What::Spelling, bound)
    }

    /// A value that differs between records, except by chance.
    pub(crate) fn mark(&self) -> u64 {
        self.draw.value(What::Id)
    }

    /// The JSON fields that a change has set.
    pub(crate) fn raw(&self) -> Option<&'a Map<String, Value>> {
        self.edit.map(|edit| &edit.raw)
    }

    /// The source of values: of a payment that of its bill, of any other record its own.
    fn of_bill(&self) -> Draw {
        if self.entity == Entity::Payments { self.books.draw.of_record(Entity::Bills, self.pays()) } else { self.draw }
    }
}

/// The date of a time, in UTC.
pub(crate) fn civil(unix_seconds: i64) -> Date {
    Offset::UTC.to_datetime(at(unix_seconds)).date()
}

pub(crate) fn at(unix_seconds: i64) -> Timestamp {
    Timestamp::from_second(unix_seconds).expect("a time between 1970 and 2200, two years aside")
}

/// Hundredths as a JSON number. Like platforms, it writes no fraction if there is none.
pub(crate) fn number(cents: i64) -> Value {
    if cents % 100 == 0 {
        return Value::from(cents / 100);
    }
    decimal(cents).parse::<f64>().map(Value::from).expect("a decimal")
}

/// Hundredths as a decimal text with two digits.
pub(crate) fn decimal(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hundredths_are_written_exactly() {
        let written: Vec<_> = [0, 5, -5, 900, 1_999, -128_450].map(decimal).into();
        assert_eq!(written, ["0.00", "0.05", "-0.05", "9.00", "19.99", "-1284.50"]);
        assert_eq!(number(90_000).to_string(), "900");
        assert_eq!(number(1_999).to_string(), "19.99");
        assert_eq!(number(-128_450).to_string(), "-1284.5");
    }
}
