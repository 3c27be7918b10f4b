//! The part of Xero's filter language that clients need: `Type=="SPEND" AND Date >= DateTime(2026, 01, 01)`. There is no `OR`.

use jiff::civil::Date;

/// Conditions. All of them must hold.
pub(super) struct Filter(Vec<Condition>);

struct Condition {
    name: &'static str,
    operator: Operator,
    value: Literal,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
    GreaterOrEqual,
    LessOrEqual,
    Greater,
    Less,
}

/// The value that a property is compared with: a date for `Date`, else a text.
#[derive(Debug, PartialEq, PartialOrd)]
pub(super) enum Literal {
    Text(String),
    Date(Date),
}

/// Operators of two characters come first, because each begins with one of the others.
const OPERATORS: [(&str, Operator); 6] = [
    ("==", Operator::Equal),
    ("!=", Operator::Unequal),
    (">=", Operator::GreaterOrEqual),
    ("<=", Operator::LessOrEqual),
    (">", Operator::Greater),
    ("<", Operator::Less),
];

impl Filter {
    /// Parses conditions on some of these properties. An empty text has none.
    pub(super) fn read(text: &str, names: &[&'static str]) -> Result<Self, String> {
        let parts = text.split(" AND ").flat_map(|part| part.split("&&")).filter(|_| !text.is_empty());
        parts.map(|part| Condition::read(part, names)).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all conditions hold for these values.
    pub(super) fn holds(&self, value: impl Fn(&str) -> Literal) -> bool {
        self.0.iter().all(|condition| condition.holds(&value(condition.name)))
    }
}

impl Condition {
    fn read(text: &str, names: &[&'static str]) -> Result<Self, String> {
        let split = |(sign, operator): &(&str, Operator)| Some((text.split_once(sign)?, *operator));
        let ((name, value), operator) =
            OPERATORS.iter().find_map(split).ok_or_else(|| format!("no operator in {}", text.trim()))?;
        let name = name.trim();
        let name = *names.iter().find(|known| **known == name).ok_or_else(|| format!("no filter by {name}"))?;
        let value = literal(value.trim()).filter(|value| matches!(value, Literal::Date(_)) == (name == "Date"));
        let value = value.ok_or_else(|| format!("{name} is compared with what it is not"))?;
        if matches!(value, Literal::Text(_)) && !matches!(operator, Operator::Equal | Operator::Unequal) {
            return Err(format!("{name} has no order"));
        }
        Ok(Self { name, operator, value })
    }

    fn holds(&self, value: &Literal) -> bool {
        match self.operator {
            Operator::Equal => *value == self.value,
            Operator::Unequal => *value != self.value,
            Operator::GreaterOrEqual => *value >= self.value,
            Operator::LessOrEqual => *value <= self.value,
            Operator::Greater => *value > self.value,
            Operator::Less => *value < self.value,
        }
    }
}

/// `"SPEND"`, or `DateTime(2026, 01, 01)`.
fn literal(text: &str) -> Option<Literal> {
    if let Some(text) = text.strip_prefix('"') {
        return Some(Literal::Text(text.strip_suffix('"')?.to_owned()));
    }
    let numbers = text.strip_prefix("DateTime(")?.strip_suffix(')')?;
    let mut numbers = numbers.split(',').map(|number| number.trim().parse::<i16>().ok());
    let (year, month, day) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let date = Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    numbers.next().is_none().then_some(Literal::Date(date))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_on_texts_and_dates() {
        let spent_on = |day: i8| {
            move |name: &str| match name {
                "Date" => Literal::Date(jiff::civil::date(2026, 9, day)),
                _ => Literal::Text("SPEND".to_owned()),
            }
        };
        let holds = |text: &str, day| Filter::read(text, &["Type", "Date"]).map(|filter| filter.holds(spent_on(day)));
        let within = r#"Type=="SPEND" AND Date >= DateTime(2026, 09, 02) AND Date < DateTime(2026,9,4)"#;
        assert_eq!([1, 2, 3, 4].map(|day| holds(within, day)), [Ok(false), Ok(true), Ok(true), Ok(false)]);
        assert_eq!([holds("", 1), holds(r#"Type != "SPEND""#, 1)], [Ok(true), Ok(false)]);
        for bad in [
            "Type",
            "Type==SPEND",
            r#"Name=="x""#,
            r#"Date=="2026-09-01""#,
            r#"Type>"S""#,
            "Date>DateTime(2026,13,1)",
            "Date>DateTime(2026,1,1,0)",
            r#"Type=="SPEND" OR Type=="RECEIVE""#,
        ] {
            assert!(holds(bad, 1).is_err() || holds(bad, 1) == Ok(false), "{bad}");
        }
    }
}
