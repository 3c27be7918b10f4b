//! One condition of a select: a property, an operator and a literal.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

use super::records::payment_type;
use super::{BadRequest, FIRST_ID};
use crate::books::entry::Entry;
use crate::books::list::Order;

/// The offset of a time without one: Intuit's own.
const PACIFIC: Offset = Offset::constant(-8);

/// The properties of filters. `PaymentType` is not documented as one, but works in much code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Property {
    Id,
    TxnDate,
    CreateTime,
    LastUpdatedTime,
    DocNumber,
    PaymentType,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    In,
}

/// A literal in the type of its property.
#[derive(Debug, PartialEq)]
enum Literal {
    Number(u64),
    Date(Date),
    /// In Unix seconds.
    Time(i64),
    Text(String),
}

#[derive(Debug)]
pub(super) struct Condition {
    pub(super) property: Property,
    operator: Operator,
    literals: Vec<Literal>,
}

impl Property {
    const ALL: [Self; 6] = [Self::Id, Self::TxnDate, Self::CreateTime, Self::LastUpdatedTime, Self::DocNumber, Self::PaymentType];

    pub(super) fn of(name: &str) -> Result<Self, BadRequest> {
        let is_named = |property: &Self| property.name().eq_ignore_ascii_case(name);
        Self::ALL.into_iter().find(is_named).ok_or_else(|| BadRequest::property(format!("Property {name} not found")))
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Id => "Id",
            Self::TxnDate => "TxnDate",
            Self::CreateTime => "MetaData.CreateTime",
            Self::LastUpdatedTime => "MetaData.LastUpdatedTime",
            Self::DocNumber => "DocNumber",
            Self::PaymentType => "PaymentType",
        }
    }

    pub(super) fn order(self) -> Option<Order> {
        match self {
            Self::Id => Some(Order::Index),
            Self::TxnDate => Some(Order::Date),
            Self::CreateTime => Some(Order::Created),
            Self::LastUpdatedTime => Some(Order::Changed),
            Self::DocNumber | Self::PaymentType => None,
        }
    }

    fn literal(self, text: &str) -> Option<Literal> {
        match self {
            Self::Id => text.parse().ok().map(Literal::Number),
            Self::TxnDate => text.parse().ok().map(Literal::Date),
            Self::CreateTime | Self::LastUpdatedTime => time(text).map(Literal::Time),
            Self::DocNumber | Self::PaymentType => Some(Literal::Text(text.to_owned())),
        }
    }

    fn value(self, entry: &Entry<'_>) -> Literal {
        match self {
            Self::Id => Literal::Number(FIRST_ID + entry.index),
            Self::TxnDate => Literal::Date(entry.date()),
            Self::CreateTime => Literal::Time(entry.created()),
            Self::LastUpdatedTime => Literal::Time(entry.changed()),
            Self::DocNumber => Literal::Text(entry.loose_number().unwrap_or_default()),
            Self::PaymentType => Literal::Text(payment_type(entry.method()).to_owned()),
        }
    }
}

impl Condition {
    pub(super) fn new(property: Property, operator: &str, texts: &[String]) -> Result<Self, BadRequest> {
        let operator = match operator.to_ascii_lowercase().as_str() {
            "=" => Operator::Equal,
            "<" => Operator::Less,
            ">" => Operator::Greater,
            "<=" => Operator::LessOrEqual,
            ">=" => Operator::GreaterOrEqual,
            "in" => Operator::In,
            other => return Err(BadRequest::query(format!("Encountered \"{other}\""))),
        };
        let literals: Option<Vec<_>> = texts.iter().map(|text| property.literal(text)).collect();
        let literals = literals.ok_or_else(|| BadRequest::property(format!("invalid value for {}", property.name())))?;
        Ok(Self { property, operator, literals })
    }

    pub(super) fn holds(&self, entry: &Entry<'_>) -> bool {
        let value = self.property.value(entry);
        self.literals.iter().any(|literal| {
            let ordering = value.compare(literal);
            match self.operator {
                Operator::Equal | Operator::In => ordering == Some(Ordering::Equal),
                Operator::Less => ordering == Some(Ordering::Less),
                Operator::Greater => ordering == Some(Ordering::Greater),
                Operator::LessOrEqual => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
                Operator::GreaterOrEqual => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
            }
        })
    }

    /// The first second of change that the condition allows, if it is only a lower bound of the last change.
    pub(super) fn changed_since(&self) -> Option<i64> {
        match (self.property, self.operator, &self.literals[..]) {
            (Property::LastUpdatedTime, Operator::Greater, [Literal::Time(time)]) => Some(time + 1),
            (Property::LastUpdatedTime, Operator::GreaterOrEqual, [Literal::Time(time)]) => Some(*time),
            _ => None,
        }
    }
}

impl Literal {
    fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(one), Self::Number(two)) => Some(one.cmp(two)),
            (Self::Date(one), Self::Date(two)) => Some(one.cmp(two)),
            (Self::Time(one), Self::Time(two)) => Some(one.cmp(two)),
            (Self::Text(one), Self::Text(two)) => Some(one.cmp(two)),
            _ => None,
        }
    }
}

/// Parses a time with an offset or in Intuit's own; a date is its midnight.
pub(super) fn time(text: &str) -> Option<i64> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_second());
    }
    let local = text.parse::<DateTime>().ok()?;
    PACIFIC.to_timestamp(local).ok().map(Timestamp::as_second)
}
