//! Reads the lists of a run, one after the other, page by page.

use counterfoil_core::model::record::EntityType;
use counterfoil_core::model::sync::settings::CheckRule;
use counterfoil_core::model::sync::{ReadOptions, SyncKind};
use counterfoil_core::port::accounting::{Page, PageRequest, ReadFailure};
use counterfoil_core::port::clock::{Clock as _, SystemClock};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use super::accounts::{Accounts, accounts};
use super::{bank_transaction, fault, invoice, payment, request, value};
use crate::books::entry::entry;
use crate::books::position::Position;
use crate::books::window::{Said, Sizes};
use crate::books::{Answer, UNREADABLE, cursor, wrong};
use crate::object::Object;
use crate::parts::Parts;

/// The page size: Xero's largest.
const PAGE: usize = 1_000;

/// The position of a run.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Place {
    /// The index of the list.
    of: usize,
    at: Position,
    /// The date ranges that are still to be read of a list that is too long to be read at once. The last one is read now.
    spans: Vec<Span>,
    /// The page sizes of this list.
    #[serde(default = "sizes")]
    sizes: Sizes,
    /// The number of records in the lists before, if it is known.
    #[serde(default)]
    before: Option<u64>,
}

const fn sizes() -> Sizes {
    Sizes::up_to(PAGE)
}

/// A date range: the first date inclusive, the last one exclusive.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Span(Date, Date);

impl Place {
    pub(super) const FIRST: Self = Self { of: 0, at: Position::FIRST, spans: Vec::new(), sizes: sizes(), before: Some(0) };

    /// Whether no list follows that is still to be read.
    fn is_last(&self, kind: SyncKind) -> bool {
        self.of + 1 == entity_types(kind).len() && self.spans.len() <= 1
    }

    /// The place after a page; `total` is the number of records in this list and those before.
    fn behind(mut self, kind: SyncKind, next: Option<Position>, total: Option<u64>) -> Option<Self> {
        if let Some(at) = next {
            return Some(Self { at, ..self });
        }
        self.before = total;
        self.spans.pop();
        let of = self.of + usize::from(self.spans.is_empty());
        (of < entity_types(kind).len()).then_some(Self { of, at: Position::FIRST, sizes: sizes(), ..self })
    }

    /// Splits the date range in halves, because Xero answers 400 for a list of more than 100,000 records. `None` if one day is too long.
    fn halved(mut self) -> Option<Self> {
        let Span(from, to) = self.spans.pop().unwrap_or(ALL_DATES);
        let days = from.until(to).ok()?.get_days();
        let middle = from.checked_add(jiff::Span::new().days(days / 2)).ok().filter(|_| days > 1)?;
        self.spans.extend([Span(middle, to), Span(from, middle)]);
        Some(self)
    }
}

/// The range of all dates.
const ALL_DATES: Span = Span(date(1900, 1, 1), date(2200, 1, 1));

pub(super) const fn entity_types(kind: SyncKind) -> &'static [EntityType] {
    match kind {
        SyncKind::Sync => &[EntityType::BankTransaction, EntityType::Payment],
        SyncKind::ImportInvoices => &[EntityType::Invoice],
    }
}

/// The page at a position.
pub(super) async fn page(parts: &Parts, page_request: PageRequest<'_>, place: Place) -> Result<Page, ReadFailure> {
    let clock = SystemClock::start();
    let kind = page_request.options.kind;
    let of = *entity_types(kind).get(place.of).ok_or_else(|| wrong("cursor"))?;
    let asked = ask_for(parts, page_request, of, &place).await;
    let answer = match asked {
        Err(ReadFailure::Rejected { code }) if place.at == Position::FIRST => {
            let halved = place.halved().ok_or(ReadFailure::Rejected { code })?;
            return Ok(Page { next: Some(cursor(&halved)), ..Page::default() });
        }
        asked => asked?,
    };
    let Some(answer) = answer else {
        let before = place.before;
        let next = place.behind(kind, None, before).as_ref().map(cursor);
        return Ok(Page { next, ..Page::default() });
    };
    let body = answer.object()?;
    fault::in_success(&body)?;
    let name: &str = of.into();
    let records = body.list(&format!("{name}s")).ok_or(UNREADABLE)?;
    let ids: Vec<_> = records.iter().map(|json| Object::parse(json).and_then(|record| record.id(&format!("{name}ID")))).collect();
    let said = Said::of(&body.object("pagination"), "page", "pageSize", "itemCount");
    let (step, sizes) = place.sizes.advance(&place.at, &ids, &said)?;
    let counted: Vec<_> = records.into_iter().skip(step.known).collect();
    let accounts = match of {
        EntityType::Payment if counted.iter().any(|json| payment::may_be_check(json, page_request.options)) => {
            accounts(parts, PageRequest { time: page_request.time.saturating_sub(clock.elapsed()), ..page_request }).await?
        }
        _ => Accounts::default(),
    };
    let read = |object: &Object<'_>| match of {
        EntityType::BankTransaction => bank_transaction::read(object, page_request.options),
        EntityType::Payment => payment::read(object, page_request.options, &accounts),
        _ => invoice::read(object),
    };
    let total = said.total(place.before);
    let progress = said.progress(place.before, step.next.as_ref()).filter(|_| place.is_last(kind));
    Ok(Page {
        entries: counted
            .into_iter()
            .filter_map(|json| entry(page_request.options, of, &format!("{name}ID"), json, read))
            .collect(),
        next: Place { sizes, ..place }.behind(kind, step.next, total).as_ref().map(cursor),
        progress,
        as_of: value::time(&body, "DateTimeUTC").or_else(|| answer.date()),
        left: fault::left(&answer),
        left_out: None,
    })
}

/// Requests a page; `None` if nothing has changed.
async fn ask_for(
    parts: &Parts,
    page_request: PageRequest<'_>,
    of: EntityType,
    place: &Place,
) -> Result<Option<Answer>, ReadFailure> {
    let name: &str = of.into();
    let window = place.sizes.window(&place.at);
    let (page, size, order) = (window.page.to_string(), window.size.to_string(), format!("{name}ID ASC"));
    let conditions = conditions(of, page_request.options, place.spans.last());
    let mut query = vec![("page", page.as_str()), ("pageSize", &size), ("order", &order)];
    if !conditions.is_empty() {
        query.push(("where", &conditions));
    }
    request(parts, page_request, &format!("{name}s"), &query, page_request.options.since.map(written)).await
}

/// The filter in Xero's syntax. Records that it excludes are no checks by any rule.
fn conditions(of: EntityType, options: &ReadOptions, span: Option<&Span>) -> String {
    let kind = match of {
        EntityType::Payment => Some(r#"PaymentType=="ACCPAYPAYMENT""#.to_owned()),
        // Other types of spending have no reference.
        EntityType::BankTransaction if options.check_rule != CheckRule::AllSpend => Some(r#"Type=="SPEND""#.to_owned()),
        _ => None,
    };
    let day = |day: Date| format!("DateTime({}, {:02}, {:02})", day.year(), day.month(), day.day());
    let dates = span.map(|Span(from, to)| format!("Date >= {} AND Date < {}", day(*from), day(*to)));
    kind.into_iter().chain(dates).collect::<Vec<_>>().join(" AND ")
}

/// A time for `If-Modified-Since`: UTC, in whole seconds.
fn written(time: Timestamp) -> String {
    Offset::UTC.to_datetime(time).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}
