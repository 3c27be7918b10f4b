//! Reads XML into trees, with bounds and without a DTD.

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::element::Element;
use super::reference;
use super::write::permitted;

/// The largest document in bytes. A request that reaches a function is not larger.
pub const BYTES_MOST: usize = 6 * 1024 * 1024;
/// The largest number of elements inside of each other. qbXML needs 10.
pub const DEPTH_MOST: usize = 32;
/// The largest number of elements of a document.
pub const ELEMENTS_MOST: usize = 200_000;
/// The largest number of attributes of an element. qbXML and SOAP need 10.
pub const ATTRIBUTES_MOST: usize = 32;

/// Why a document is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// See [`BYTES_MOST`].
    #[error("The XML is larger than 6 MiB.")]
    TooLarge,
    /// See [`DEPTH_MOST`].
    #[error("The XML has more than 32 elements inside of each other.")]
    TooDeep,
    /// See [`ELEMENTS_MOST`].
    #[error("The XML has more than 200,000 elements.")]
    TooManyElements,
    /// See [`ATTRIBUTES_MOST`].
    #[error("An element of the XML has more than 32 attributes.")]
    TooManyAttributes,
    /// A document type declaration, which could define entities.
    #[error("The XML has a DOCTYPE, which is not permitted.")]
    Doctype,
    /// An entity that is neither predefined nor a numeric reference.
    #[error("The XML has a reference to an unknown entity.")]
    UnknownEntity,
    /// Text and elements inside of one element.
    #[error("The XML has text beside elements.")]
    MixedContent,
    /// No element at all.
    #[error("The XML has no element.")]
    Empty,
    /// It ends before its last element does.
    #[error("The XML ends early.")]
    EndsEarly,
    /// Anything else that XML does not permit.
    #[error("The XML is not well-formed near byte {0}.")]
    NotWellFormed(u64),
}

/// The root element of a document.
pub(super) fn document(xml: &str) -> Result<Element, Malformed> {
    if xml.len() > BYTES_MOST {
        return Err(Malformed::TooLarge);
    }
    let xml = reference::replaced(xml);
    let mut reader = Reader::from_str(&xml);
    let mut tree = Tree::default();
    loop {
        let event = reader.read_event().map_err(|_| Malformed::NotWellFormed(reader.error_position()))?;
        let broken = Malformed::NotWellFormed(reader.buffer_position());
        match event {
            Event::Start(start) => tree.open(&start, broken)?,
            Event::Empty(start) => {
                tree.open(&start, broken)?;
                tree.close(broken)?;
            }
            Event::End(_) => tree.close(broken)?,
            Event::Text(text) => tree.text(&text.xml10_content(), broken)?,
            Event::CData(text) => tree.text(&text.xml10_content(), broken)?,
            Event::GeneralRef(reference) => tree.text(resolved(&reference)?.encode_utf8(&mut [0; 4]), broken)?,
            Event::DocType(_) => return Err(Malformed::Doctype),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => return tree.root(),
        }
    }
}

fn resolved(reference: &BytesRef<'_>) -> Result<char, Malformed> {
    let numeric = reference.resolve_char_ref().map_err(|_| Malformed::UnknownEntity)?;
    let predefined = match &**reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    };
    numeric.or(predefined).ok_or(Malformed::UnknownEntity)
}

fn without_forbidden(text: &str) -> String {
    text.chars().map(permitted).collect()
}

/// The elements that are open, and the root once it is closed.
#[derive(Default)]
struct Tree {
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl Tree {
    fn open(&mut self, start: &BytesStart<'_>, broken: Malformed) -> Result<(), Malformed> {
        self.elements += 1;
        if self.root.is_some() {
            return Err(broken);
        }
        if self.elements > ELEMENTS_MOST {
            return Err(Malformed::TooManyElements);
        }
        if self.open.len() == DEPTH_MOST {
            return Err(Malformed::TooDeep);
        }
        if let Some(parent) = self.open.last_mut() {
            parent.only_elements()?;
        }
        let mut element = Element::new(start.local_name().into_inner());
        if element.name.is_empty() {
            return Err(broken);
        }
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| broken)?;
            if element.attributes.len() == ATTRIBUTES_MOST {
                return Err(Malformed::TooManyAttributes);
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| Malformed::UnknownEntity)?;
            element.attributes.push((attribute.key.into_inner().to_owned(), without_forbidden(&value)));
        }
        self.open.push(element);
        Ok(())
    }

    fn close(&mut self, broken: Malformed) -> Result<(), Malformed> {
        let mut element = self.open.pop().ok_or(broken)?;
        if !element.children.is_empty() {
            element.only_elements()?;
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str, broken: Malformed) -> Result<(), Malformed> {
        match self.open.last_mut() {
            Some(element) => element.text.extend(text.chars().map(permitted)),
            None if is_blank(text) => {}
            None => return Err(broken),
        }
        Ok(())
    }

    fn root(self) -> Result<Element, Malformed> {
        if !self.open.is_empty() {
            return Err(Malformed::EndsEarly);
        }
        self.root.ok_or(Malformed::Empty)
    }
}

impl Element {
    /// Removes white space around elements.
    fn only_elements(&mut self) -> Result<(), Malformed> {
        if !is_blank(&self.text) {
            return Err(Malformed::MixedContent);
        }
        self.text.clear();
        Ok(())
    }
}

/// Whether a text is white space of XML (section 2.3), or a byte order mark before the document.
fn is_blank(text: &str) -> bool {
    text.chars().all(|character| matches!(character, ' ' | '\t' | '\r' | '\n' | '\u{feff}'))
}
