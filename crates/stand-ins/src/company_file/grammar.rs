//! Checks a request against the order and the types of its elements, as QuickBooks does before it looks at one of them
//! (`qbxmlops130.xsd`, `qbxmltypes130.xsd`).

use crate::xml::Element;

/// A qbXML version: major and minor.
pub(super) type Version = (u8, u8);

/// The first version; QuickBooks knows none before it.
pub(super) const FIRST: Version = (1, 0);

/// What a request's children must be.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    /// Elements of one name.
    Part { name: &'static str, times: Times, since: Version, content: Content },
    /// At most one of these sequences.
    Either(&'static [&'static [Rule]]),
    /// One of these sequences.
    OneOf(&'static [&'static [Rule]]),
    /// A sequence that several requests share.
    All(&'static [Rule]),
}

/// How often an element may occur.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    Once,
    Optional,
    OnceOrMore,
    AnyNumber,
}

/// What an element contains.
#[derive(Clone, Copy)]
pub(super) enum Content {
    Amount,
    Bool,
    Date,
    DateTime,
    /// A GUID in braces, or 0.
    Guid,
    /// At most 36 characters.
    Id,
    /// A whole number from 1.
    Count,
    /// Any text. Its length is checked with the value, by a status.
    Text,
    Word(&'static [&'static str]),
    Group(&'static [Rule]),
}

pub(super) const fn part(name: &'static str, times: Times, content: Content) -> Rule {
    Rule::Part { name, times, since: FIRST, content }
}

pub(super) const fn optional(name: &'static str, content: Content) -> Rule {
    part(name, Times::Optional, content)
}

pub(super) const fn since(since: Version, rule: Rule) -> Rule {
    match rule {
        Rule::Part { name, times, content, .. } => Rule::Part { name, times, since, content },
        other => other,
    }
}

/// Checks that the children of `element` are what the rules say, in their order.
///
/// # Errors
/// What is wrong, with the name of the element.
pub(super) fn check(element: &Element, rules: &[Rule], version: Version) -> Result<(), String> {
    let mut rest = element.children.as_slice();
    take_all(rules, &mut rest, version).map_err(|wrong| format!("{wrong} in {}", element.name))?;
    if let Some(next) = rest.first() {
        return Err(format!("{} is not allowed there in {}", next.name, element.name));
    }
    if !element.text.trim().is_empty() {
        return Err(format!("text is not allowed in {}", element.name));
    }
    Ok(())
}

fn take_all(rules: &[Rule], rest: &mut &[Element], version: Version) -> Result<(), String> {
    rules.iter().try_for_each(|rule| take(*rule, rest, version))
}

fn take(rule: Rule, rest: &mut &[Element], version: Version) -> Result<(), String> {
    match rule {
        Rule::Part { name, times, since, content } => take_part(name, times, (since, content), rest, version),
        Rule::All(rules) => take_all(rules, rest, version),
        Rule::Either(sequences) => take_one_of(sequences, rest, version).map(|_| ()),
        Rule::OneOf(sequences) => {
            let is_taken = take_one_of(sequences, rest, version)?;
            is_taken.then_some(()).ok_or_else(|| "an element is missing".to_owned())
        }
    }
}

/// Takes the sequence that the next element belongs to; false if it belongs to none.
fn take_one_of(sequences: &[&[Rule]], rest: &mut &[Element], version: Version) -> Result<bool, String> {
    let Some(next) = rest.first() else { return Ok(false) };
    match sequences.iter().find(|rules| may_begin(rules, &next.name)) {
        Some(rules) => take_all(rules, rest, version).map(|()| true),
        None => Ok(false),
    }
}

/// Whether a sequence may begin with an element of this name.
fn may_begin(rules: &[Rule], name: &str) -> bool {
    for rule in rules {
        let (begins, is_optional) = match rule {
            Rule::Part { name: known, times, .. } => (*known == name, matches!(times, Times::Optional | Times::AnyNumber)),
            Rule::All(rules) => (may_begin(rules, name), true),
            Rule::Either(sequences) => (sequences.iter().any(|rules| may_begin(rules, name)), true),
            Rule::OneOf(sequences) => (sequences.iter().any(|rules| may_begin(rules, name)), false),
        };
        if begins || !is_optional {
            return begins;
        }
    }
    false
}

fn take_part(
    name: &str,
    times: Times,
    (since, content): (Version, Content),
    rest: &mut &[Element],
    version: Version,
) -> Result<(), String> {
    let most = if matches!(times, Times::Once | Times::Optional) { 1 } else { usize::MAX };
    let mut taken = 0;
    while let Some((next, behind)) = rest.split_first().filter(|(next, _)| next.name == name && taken < most) {
        if since > version {
            return Err(format!("{name} needs qbXML {}.{}", since.0, since.1));
        }
        check_content(next, content, version)?;
        *rest = behind;
        taken += 1;
    }
    if taken == 0 && matches!(times, Times::Once | Times::OnceOrMore) {
        return Err(format!("{name} is missing"));
    }
    Ok(())
}

fn check_content(element: &Element, content: Content, version: Version) -> Result<(), String> {
    if let Content::Group(rules) = content {
        return check(element, rules, version);
    }
    if !element.children.is_empty() {
        return Err(format!("{} must have text only", element.name));
    }
    let text = element.text.as_str();
    let fits = match content {
        Content::Amount => is_amount(text),
        Content::Bool => matches!(text, "true" | "false" | "1" | "0"),
        Content::Date => is_date(text),
        Content::DateTime => is_date_time(text),
        Content::Guid => is_guid(text),
        Content::Id => (1..=36).contains(&text.chars().count()),
        Content::Count => text.parse::<u32>().is_ok_and(|count| count > 0),
        Content::Text | Content::Group(_) => true,
        Content::Word(words) => words.contains(&text),
    };
    if fits { Ok(()) } else { Err(format!("{text:?} is no value of {}", element.name)) }
}

/// Whether the text is an amount: at most thirteen digits, and two or none behind the point.
fn is_amount(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, cents) = digits.split_once('.').unwrap_or((digits, "00"));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    (1..=13).contains(&whole.len()) && cents.len() == 2 && all_digits(whole) && all_digits(cents)
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

/// Whether the text is a time as QuickBooks takes it: a date, with or without a time, with or without an offset. It has no `Z` and no
/// fractions of a second.
fn is_date_time(text: &str) -> bool {
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00:00"));
    let time = match time.char_indices().find(|(_, character)| matches!(character, '+' | '-')) {
        Some((at, _)) if is_clock(&time[at + 1..], 2) && time[..at].len() == 8 => &time[..at],
        Some(_) => return false,
        None => time,
    };
    is_date(date) && is_clock(time, 3)
}

/// Whether the text is at most this number of pairs of digits with colons between them.
fn is_clock(text: &str, most: usize) -> bool {
    let mut parts = text.split(':');
    text.split(':').count() <= most && parts.all(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_guid(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    let groups_fit = |inner: &str| {
        let lengths: Vec<_> = inner.split('-').map(str::len).collect();
        lengths == [8, 4, 4, 4, 12] && inner.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
    };
    text == "0" || inner.is_some_and(groups_fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_of_their_types() {
        for (right, wrong) in
            [("12.30", "12.3"), ("-5", "5.123"), ("1234567890123.00", "12345678901234.00"), ("0.00", "1,000.00")]
        {
            assert!(is_amount(right) && !is_amount(wrong), "{right} {wrong}");
        }
        for right in ["2025-01-01", "2025-01-01T00:00:00", "2025-01-01T10:20:30-05:00", "2025-01-01T10:20"] {
            assert!(is_date_time(right), "{right}");
        }
        for wrong in ["2025-01-01T00:00:00Z", "2025-01-01T00:00:00.5-05:00", "2025-13-01", "yesterday", "2025-01-01T10-05:00"] {
            assert!(!is_date_time(wrong), "{wrong}");
        }
        assert!(is_guid("0") && is_guid("{0A1B2C3D-0000-1111-2222-0123456789ab}"));
        assert!(!is_guid("0A1B2C3D-0000-1111-2222-0123456789ab") && !is_guid("{1}"));
    }
}
