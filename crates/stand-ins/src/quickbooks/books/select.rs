//! The part of Intuit's query language that clients need:
//!
//! `select * | count(*) from {entity} [where {property} {=|<|>|<=|>=} '{value}' and {property} in ('…', '…') …]
//! [orderby {property} [asc|desc]] [startposition n] [maxresults n]`
//!
//! Keywords may be in any case, and `order by` works too. There is no `or` [Intuit, query docs].

use std::iter::Peekable;
use std::vec;

use serde_json::{Value, json};

use super::condition::{Condition, Property};
use super::records::{self, FIELDS};
use super::{BadRequest, response_of};
use crate::bookkeeping::visit::Reading;
use crate::books::Entity;
use crate::books::entry::Entry;
use crate::books::list::{Order, Wanted};
use crate::oauth::settings::Settings;

/// The default and the largest number of results.
const DEFAULT_RESULTS: usize = 100;
const MAX_RESULTS: usize = 1_000;
/// The largest number of tokens of a select.
const MAX_TOKENS: usize = 200;

/// A parsed select.
#[derive(Debug)]
pub(super) struct Select {
    counts: bool,
    entity: Entity,
    name: &'static str,
    conditions: Vec<Condition>,
    order: Option<(Property, bool)>,
    start: usize,
    most: usize,
}

impl Select {
    pub(super) fn parse(text: &str) -> Result<Self, BadRequest> {
        let mut words = Words(tokens(text)?.into_iter().peekable());
        words.expect("select")?;
        let counts = words.takes("count");
        for part in if counts { &["(", "*", ")"][..] } else { &["*"] } {
            words.expect(part)?;
        }
        words.expect("from")?;
        let name = words.word()?;
        let (entity, name) = records::entity_of(&name).ok_or_else(|| BadRequest::property(format!("there is no {name}")))?;
        let conditions = words.conditions()?;
        let order = words.order()?;
        let start = words.number_after("startposition")?.unwrap_or(1);
        let most = words.number_after("maxresults")?.unwrap_or(DEFAULT_RESULTS);
        if let Some(rest) = words.0.next() {
            return Err(BadRequest::query(format!("Encountered \"{rest}\"")));
        }
        if start == 0 || !(1..=MAX_RESULTS).contains(&most) {
            return Err(BadRequest::property("startposition is from 1, maxresults from 1 to 1000"));
        }
        Ok(Self { counts, entity, name, conditions, order, start, most })
    }

    /// The name of the request in the counts.
    pub(super) fn asked(&self) -> &'static str {
        match (self.counts, self.entity) {
            (true, _) => "query count",
            (false, Entity::Purchases) => "query Purchase",
            (false, Entity::Payments) => "query BillPayment",
            (false, Entity::Bills) => "query Bill",
            (false, Entity::Invoices) => "query Invoice",
        }
    }

    /// Refuses a property that cannot be filtered or ordered by.
    pub(super) fn check(&self, settings: &Settings) -> Result<(), BadRequest> {
        let properties =
            self.conditions.iter().map(|condition| condition.property).chain(self.order.map(|(property, _)| property));
        for property in properties {
            let is_filter = match property {
                Property::PaymentType => self.entity == Entity::Purchases && settings.unconfirmed_filters,
                _ => true,
            };
            if !is_filter {
                return Err(BadRequest::property(format!("Property {} not found for Entity {}", property.name(), self.name)));
            }
        }
        match self.order {
            Some((property, _)) if property.order().is_none() => Err(BadRequest::property("the property is not sortable")),
            _ => Ok(()),
        }
    }

    /// The object `QueryResponse`.
    pub(super) fn run(&self, reading: &Reading<'_>) -> Value {
        let entities = [self.entity];
        let matches = |entry: &Entry<'_>| self.conditions.iter().all(|condition| condition.holds(entry));
        let changed_since = self.conditions.iter().filter_map(Condition::changed_since).max();
        // A lower bound of the last change needs no check of each record.
        let needs_looking = self.conditions.iter().any(|condition| condition.changed_since().is_none());
        let (order, descending) = match self.order {
            Some((property, descending)) => (property.order().unwrap_or(Order::Index), descending),
            None => (Order::Index, false),
        };
        let matches = needs_looking.then_some(&matches as &dyn Fn(&Entry<'_>) -> bool);
        let wanted = Wanted { changed_since, matches, order, descending, ..Wanted::all(&entities) };
        if self.counts {
            return json!({ "totalCount": reading.books.count(&wanted) });
        }
        let page = (self.start - 1, self.most);
        response_of(self.name, &reading.page(&wanted, page, FIELDS, records::as_json), self.start)
    }
}

struct Words(Peekable<vec::IntoIter<String>>);

impl Words {
    /// The next token.
    fn word(&mut self) -> Result<String, BadRequest> {
        self.0.next().ok_or_else(|| BadRequest::query("Encountered \"<EOF>\""))
    }

    /// Whether the next token is this keyword. If so, it is consumed.
    fn takes(&mut self, keyword: &str) -> bool {
        self.0.next_if(|word| word.eq_ignore_ascii_case(keyword)).is_some()
    }

    fn expect(&mut self, keyword: &str) -> Result<(), BadRequest> {
        let word = self.word()?;
        let is_expected = word.eq_ignore_ascii_case(keyword);
        if is_expected { Ok(()) } else { Err(BadRequest::query(format!("Encountered \"{word}\", was expecting \"{keyword}\""))) }
    }

    fn conditions(&mut self) -> Result<Vec<Condition>, BadRequest> {
        let mut conditions = Vec::new();
        if !self.takes("where") {
            return Ok(conditions);
        }
        loop {
            let property = Property::of(&self.word()?)?;
            let operator = self.word()?;
            let values = if operator.eq_ignore_ascii_case("in") { self.values()? } else { vec![self.value()?] };
            conditions.push(Condition::new(property, &operator, &values)?);
            if !self.takes("and") {
                return Ok(conditions);
            }
        }
    }

    fn values(&mut self) -> Result<Vec<String>, BadRequest> {
        self.expect("(")?;
        let mut values = vec![self.value()?];
        while self.takes(",") {
            values.push(self.value()?);
        }
        self.expect(")")?;
        Ok(values)
    }

    /// A literal, which must be quoted.
    fn value(&mut self) -> Result<String, BadRequest> {
        let word = self.word()?;
        word.strip_prefix('\'').map(str::to_owned).ok_or_else(|| BadRequest::query(format!("Encountered \"{word}\"")))
    }

    fn order(&mut self) -> Result<Option<(Property, bool)>, BadRequest> {
        if self.takes("order") {
            self.expect("by")?;
        } else if !self.takes("orderby") {
            return Ok(None);
        }
        let property = Property::of(&self.word()?)?;
        let descending = self.takes("desc");
        if !descending {
            self.takes("asc");
        }
        Ok(Some((property, descending)))
    }

    fn number_after(&mut self, keyword: &str) -> Result<Option<usize>, BadRequest> {
        if !self.takes(keyword) {
            return Ok(None);
        }
        let word = self.word()?;
        word.parse().map(Some).map_err(|_| BadRequest::query(format!("Encountered \"{word}\"")))
    }
}

/// Splits a select into words, operators and literals. Each literal begins with a quote.
fn tokens(text: &str) -> Result<Vec<String>, BadRequest> {
    let mut tokens = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(first) = characters.next() {
        let mut token = String::from(first);
        match first {
            _ if first.is_whitespace() => continue,
            '\'' => loop {
                match characters.next() {
                    Some('\\') => token.extend(characters.next()),
                    Some('\'') => break,
                    Some(other) => token.push(other),
                    None => return Err(BadRequest::query("a literal does not end")),
                }
            },
            '<' | '>' => token.extend(characters.next_if_eq(&'=')),
            '=' | '(' | ')' | ',' | '*' => (),
            _ if is_of_word(first) => {
                while let Some(next) = characters.next_if(|next| is_of_word(*next)) {
                    token.push(next);
                }
            }
            other => return Err(BadRequest::query(format!("Lexical error at \"{other}\""))),
        }
        tokens.push(token);
        if tokens.len() > MAX_TOKENS {
            return Err(BadRequest::query("the select is too long"));
        }
    }
    Ok(tokens)
}

fn is_of_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_')
}
