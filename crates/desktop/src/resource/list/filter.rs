//! Filters that several lists have.

use super::given::Given;
use crate::qbxml::Element;

/// The filter for objects that have one of these ids in a field.
pub(super) fn ids(given: &mut Given, name: &'static str, filter: &str) -> Option<Element> {
    let ids = given.ids(name);
    around(filter, ids.into_iter().map(|id| Element::of_text("ListID", id)).collect())
}

/// Makes the text of an element from the value of a parameter. `None` if the value is wrong.
pub(super) type Read = fn(&str) -> Option<String>;

/// The elements of these parameters, in this order.
pub(super) fn each(given: &mut Given, must_be: &'static str, parameters: [(&'static str, &str, Read); 2]) -> Vec<Element> {
    let mut elements = Vec::new();
    for (name, element, read) in parameters {
        elements.extend(given.read(name, must_be, read).map(|text| Element::of_text(element, text)));
    }
    elements
}

/// An element with these elements; none without them.
pub(super) fn around(name: &str, children: Vec<Element>) -> Option<Element> {
    (!children.is_empty()).then(|| Element { children, ..Element::new(name) })
}

/// How a text is compared: the parameters, and QuickBooks's words for them.
pub(super) struct Text {
    /// The parameters for `Contains`, `StartsWith` and `EndsWith`.
    pub(super) matches: [&'static str; 3],
    /// The parameters for the first and the last of a range.
    pub(super) range: [&'static str; 2],
    /// The name of the text in qbXML.
    pub(super) xml: &'static str,
}

impl Text {
    /// The filter of the text. QuickBooks accepts one.
    pub(super) fn filter(&self, given: &mut Given) -> Option<Element> {
        let [contains, starts, ends] = self.matches;
        given.exclude(&[&[contains], &[starts], &[ends], &self.range]);
        let mut found = None;
        for (name, criterion) in self.matches.into_iter().zip(["Contains", "StartsWith", "EndsWith"]) {
            let text = given.one(name);
            found = found.or_else(|| {
                let filter = Element::new(format!("{}Filter", self.xml)).with_text("MatchCriterion", criterion);
                Some(filter.with_text(self.xml, text?))
            });
        }
        let mut range = Vec::new();
        for (name, end) in self.range.into_iter().zip(["From", "To"]) {
            range.extend(given.one(name).map(|text| Element::of_text(format!("{end}{}", self.xml), text)));
        }
        found.or_else(|| around(&format!("{}RangeFilter", self.xml), range))
    }
}

/// A parameter with one of these words, and QuickBooks's words for them.
pub(super) fn word(
    given: &mut Given,
    name: &'static str,
    must_be: &'static str,
    words: &[(&str, &'static str)],
) -> Option<&'static str> {
    given.read(name, must_be, |text| words.iter().find(|(word, _)| *word == text).map(|(_, xml)| *xml))
}
