//! A JSON object in a platform's books. Its fields are read separately, so that an invalid field affects no other. A number keeps the
//! digits that it was written with.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_bytes::ByteBuf;
use serde_json::value::RawValue;

/// A JSON object.
#[derive(Deserialize, Default)]
pub(crate) struct Object<'a>(#[serde(borrow)] BTreeMap<Cow<'a, str>, &'a RawValue>);

impl<'a> Object<'a> {
    /// Parses an object; `None` if the text is something else or cut off.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The JSON of a field. A `null` counts as missing.
    pub(crate) fn json(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(|value| value.get()).filter(|json| *json != "null")
    }

    /// A text, or a number as it is written. An empty text counts as missing. Half of a surrogate pair, which remains where a platform
    /// cuts a text within an emoji, is replaced.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let json = self.json(name)?;
        let text = match json.as_bytes().first()? {
            b'"' => {
                let bytes: ByteBuf = serde_json::from_str(json).ok()?;
                String::from_utf8_lossy(&bytes).into_owned()
            }
            b'{' | b'[' | b't' | b'f' => return None,
            _ => json.to_owned(),
        };
        Some(text).filter(|text| !text.trim().is_empty())
    }

    /// A text of at most `most` characters. The rest is cut off.
    pub(crate) fn text_of(&self, name: &str, most: usize) -> Option<String> {
        self.text(name).map(|text| match text.char_indices().nth(most) {
            Some((end, _)) => text[..end].to_owned(),
            None => text,
        })
    }

    /// An id: a text or a number of 1 to 64 characters without blanks.
    pub(crate) fn id(&self, name: &str) -> Option<String> {
        let fits = |id: &String| id.len() <= 64 && !id.contains(|c: char| c.is_whitespace() || c.is_control());
        self.text(name).filter(fits)
    }

    /// An amount, from a number or a text, with all its digits.
    pub(crate) fn amount(&self, name: &str) -> Option<Decimal> {
        amount(&self.text(name)?)
    }

    /// A whole number from 0 on, also one that is written as a text.
    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.text(name)?.trim().parse().ok()
    }

    /// A date: the first ten characters of a text, `YYYY-MM-DD`, from 1900 to 2199.
    pub(crate) fn date(&self, name: &str) -> Option<Date> {
        date(&self.text(name)?)
    }

    /// A time with its offset, such as `2026-09-15T16:40:03-07:00`; the offset may lack its colon.
    pub(crate) fn time(&self, name: &str) -> Option<Timestamp> {
        self.text(name)?.trim().parse().ok()
    }

    /// A currency by ISO 4217: three letters.
    pub(crate) fn currency(&self, name: &str) -> Option<String> {
        let code = self.text(name)?.trim().to_ascii_uppercase();
        (code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase())).then_some(code)
    }

    /// A boolean; `None` for any other value.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.json(name)?.parse().ok()
    }

    /// A nested object; an empty one if the field is missing.
    pub(crate) fn object(&self, name: &str) -> Self {
        self.json(name).and_then(Self::parse).unwrap_or_default()
    }

    /// The JSON of each item of a list; `None` if there is no list.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<&'a str>> {
        let items: Vec<&'a RawValue> = serde_json::from_str(self.json(name)?).ok()?;
        Some(items.into_iter().map(RawValue::get).collect())
    }
}

/// Parses an amount of money, with or without an exponent: below 10^15, with at most six decimals. Then a sum of a billion amounts is
/// exact.
pub(crate) fn amount(text: &str) -> Option<Decimal> {
    let text = text.trim();
    // The parser accepts `1_000`.
    let is_plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    let digits = text.split(['e', 'E']).next().filter(|_| is_plain)?;
    let exact = Decimal::from_str_exact(digits).ok()?;
    // `from_scientific` rounds digits that do not fit into a `Decimal`. These fit.
    let number = if digits == text { exact } else { Decimal::from_scientific(text).ok()? };
    (number.abs() < AMOUNT_LIMIT && number.scale() <= 6).then_some(number)
}

const AMOUNT_LIMIT: Decimal = Decimal::from_parts(2_764_472_320, 232_830, 0, false, 0);

/// Parses a date: see [`Object::date`].
pub(crate) fn date(text: &str) -> Option<Date> {
    let date: Date = text.trim_start().get(..10)?.parse().ok()?;
    (1900..2200).contains(&date.year()).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_their_digits() {
        let object =
            Object::parse(r#"{"a":1284.50,"b":"412.00","c":900,"d":-1e3,"e":null,"f":{"amount":"1"},"g":"12,50","h":0.1}"#);
        let object = object.expect("an object");
        let read = |name| object.amount(name).map(|amount| amount.to_string());
        assert_eq!(
            ["a", "b", "c", "d", "e", "f", "g", "h", "z"].map(read),
            [Some("1284.50"), Some("412.00"), Some("900"), Some("-1000"), None, None, None, Some("0.1"), None]
                .map(|text| text.map(str::to_owned))
        );
        for bad in [
            "1".repeat(40),
            "0.00000000000000000000000000000000001".to_owned(),
            "NaN".to_owned(),
            "1e99".to_owned(),
            "1000000000000000".to_owned(),
            "0.0000001".to_owned(),
            "0.00000000000000000000000000123456789e26".to_owned(),
            "1e-400".to_owned(),
            "1e".to_owned(),
            "1_000".to_owned(),
            "1,000".to_owned(),
            String::new(),
        ] {
            assert_eq!(amount(&bad), None, "{bad}");
        }
        assert_eq!(
            amount("-999999999999999.999999").map(|amount| amount.to_string()).as_deref(),
            Some("-999999999999999.999999")
        );
    }

    #[test]
    fn an_unusual_field_affects_no_other() {
        let object =
            Object::parse(r#"{"Id":17,"name":["x"],"date":"2026-02-30","due":"2026-03-01T10:00:00","list":[{"a":1},null,3]}"#);
        let object = object.expect("an object");
        assert_eq!(object.id("Id").as_deref(), Some("17"));
        assert_eq!((object.text("name"), object.date("date")), (None, None));
        assert_eq!(object.date("due"), Some(jiff::civil::date(2026, 3, 1)));
        assert_eq!(object.list("list"), Some(vec![r#"{"a":1}"#, "null", "3"]));
        assert!(Object::parse("[1]").is_none() && Object::parse(r#"{"a":1"#).is_none());
        assert_eq!(object.object("nowhere").text("a"), None);
    }

    #[test]
    fn times_need_an_offset_and_currencies_three_letters() {
        let object = Object::parse(
            r#"{"a":"2026-09-15T16:40:03-07:00","b":"2026-09-14T10:07:40-0400","c":"2026-09-15T23:40:03.250Z","d":"2026-09-15T23:40:03",
                "e":1789515603,"f":"+999999-01-01T00:00:00Z","usd":" usd","odd":"US$","long":"USDT","number":840}"#,
        );
        let object = object.expect("an object");
        let time = |name| object.time(name).map(|time| time.to_string());
        assert_eq!(
            ["a", "b", "c", "d", "e", "f", "z"].map(time),
            [Some("2026-09-15T23:40:03Z"), Some("2026-09-14T14:07:40Z"), Some("2026-09-15T23:40:03.25Z"), None, None, None, None]
                .map(|text| text.map(str::to_owned))
        );
        let currency = |name| object.currency(name);
        assert_eq!(["usd", "odd", "long", "number", "z"].map(currency), [Some("USD".to_owned()), None, None, None, None]);
    }

    #[test]
    fn long_texts_are_cut_and_long_ids_are_none() {
        let long = "ä".repeat(100);
        let json = format!(r#"{{"memo":"{long}","id":"{long}","blank":" ","spaced":"a b"}}"#);
        let object = Object::parse(&json).expect("an object");
        assert_eq!(object.text_of("memo", 3).as_deref(), Some("äää"));
        assert_eq!((object.id("id"), object.text("blank"), object.id("spaced")), (None, None, None));
    }
}
