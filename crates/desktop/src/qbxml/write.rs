//! Writes XML trees.

use std::fmt::Write as _;

use super::element::Element;

/// Where a text is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Content,
    Attribute,
}

/// Appends an element.
pub(super) fn element(element: &Element, xml: &mut String) {
    xml.push('<');
    xml.push_str(&element.name);
    for (name, value) in &element.attributes {
        xml.push(' ');
        xml.push_str(name);
        xml.push_str("=\"");
        escape(value, Place::Attribute, xml);
        xml.push('"');
    }
    xml.push('>');
    escape(&element.text, Place::Content, xml);
    for child in &element.children {
        self::element(child, xml);
    }
    xml.push_str("</");
    xml.push_str(&element.name);
    xml.push('>');
}

fn escape(text: &str, place: Place, xml: &mut String) {
    for character in text.chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\t' | '\n' if place == Place::Content => xml.push(character),
            ' '..='~' => xml.push(character),
            _ => {
                let _ = write!(xml, "&#{};", u32::from(permitted(character)));
            }
        }
    }
}

/// The character, or U+FFFD in place of one that XML 1.0 forbids (section 2.2).
pub(super) fn permitted(character: char) -> char {
    if is_permitted(character) { character } else { char::REPLACEMENT_CHARACTER }
}

/// Whether XML 1.0 permits a character (section 2.2).
pub(super) fn is_permitted(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}
