//! A small XML tree, for qbXML, SOAP and the Web Connector's own files. It refuses document types, so that no entity is expanded.

use quick_xml::NsReader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

/// The largest depth of a document.
const MAX_DEPTH: usize = 32;

/// A document.
#[derive(Debug)]
pub(crate) struct Document {
    /// The processing instructions before the root: target and content.
    pub(crate) instructions: Vec<(String, String)>,
    pub(crate) root: Element,
}

/// An element with its content.
#[derive(Clone, Debug, Default)]
pub(crate) struct Element {
    /// The name without its prefix.
    pub(crate) name: String,
    /// The namespace; empty if it has none.
    pub(crate) namespace: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    /// All text directly in the element, exactly as it is.
    pub(crate) text: String,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    pub(crate) fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of this name.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }
}

/// The error of a text that is not well-formed XML.
#[derive(Debug)]
pub(crate) struct NotXml(pub(crate) String);

impl<E: std::error::Error> From<E> for NotXml {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Reads a whole document.
pub(crate) fn read(text: &str) -> Result<Document, NotXml> {
    let mut reader = NsReader::from_str(text.trim_start_matches('\u{feff}'));
    let mut instructions = Vec::new();
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let (namespace, event) = reader.read_resolved_event()?;
        match event {
            Event::Start(start) => {
                if root.is_some() || open.len() == MAX_DEPTH {
                    return Err(NotXml("a second root, or too deep".to_owned()));
                }
                open.push(opened(&namespace, &start)?);
            }
            Event::Empty(start) => place(opened(&namespace, &start)?, &mut open, &mut root)?,
            Event::End(_) => {
                let element = open.pop().ok_or_else(|| NotXml("an end without a start".to_owned()))?;
                place(element, &mut open, &mut root)?;
            }
            Event::Text(part) => add_text(&part.xml10_content(), &mut open)?,
            Event::CData(part) => add_text(&part.xml10_content(), &mut open)?,
            Event::GeneralRef(reference) => match reference.resolve_char_ref()? {
                Some(character) => add_text(character.encode_utf8(&mut [0; 4]), &mut open)?,
                None => add_text(known(&reference.xml10_content())?, &mut open)?,
            },
            Event::PI(instruction) => {
                instructions.push((instruction.target().to_owned(), instruction.content().trim().to_owned()));
            }
            Event::DocType(_) => return Err(NotXml("a document type is not allowed".to_owned())),
            Event::Decl(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    match root {
        Some(root) if open.is_empty() => Ok(Document { instructions, root }),
        _ => Err(NotXml("the document ends too early".to_owned())),
    }
}

fn opened(namespace: &ResolveResult<'_>, start: &BytesStart<'_>) -> Result<Element, NotXml> {
    let namespace = match namespace {
        ResolveResult::Bound(bound) => bound.0.to_owned(),
        ResolveResult::Unbound => String::new(),
        ResolveResult::Unknown(prefix) => return Err(NotXml(format!("the prefix {prefix} is not declared"))),
    };
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute?;
        attributes
            .push((attribute.key.into_inner().to_owned(), attribute.normalized_value(XmlVersion::Implicit1_0)?.into_owned()));
    }
    Ok(Element { name: start.local_name().into_inner().to_owned(), namespace, attributes, ..Element::default() })
}

fn place(element: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), NotXml> {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None if root.is_none() => *root = Some(element),
        None => return Err(NotXml("a second root".to_owned())),
    }
    Ok(())
}

fn add_text(text: &str, open: &mut [Element]) -> Result<(), NotXml> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(NotXml("text outside of the root".to_owned())),
    }
    Ok(())
}

fn known(entity: &str) -> Result<&'static str, NotXml> {
    resolve_predefined_entity(entity).ok_or_else(|| NotXml(format!("the entity {entity} is not declared")))
}

/// Writes `text` so that it is text of an element or the value of an attribute.
pub(crate) fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_with_its_namespaces_and_references() {
        let text = "<?xml version='1.0'?><?qbxml version=\"13.0\"?>\
                    <a:x xmlns:a='urn:a' b='1 &amp; 2'>M&#252;ller &lt;<y/><![CDATA[>]]></a:x>";
        let Document { instructions, root } = read(text).expect("well-formed");
        assert_eq!(instructions, [("qbxml".to_owned(), "version=\"13.0\"".to_owned())]);
        assert_eq!((root.name.as_str(), root.namespace.as_str(), root.text.as_str()), ("x", "urn:a", "Müller <>"));
        assert_eq!(root.attribute("b"), Some("1 & 2"));
        assert_eq!(root.child("y").map(|child| child.namespace.as_str()), Some(""));
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for text in ["", "<a>", "<a></b>", "<a/><b/>", "<a/>text", "<!DOCTYPE a><a/>", "<a>&b;</a>", "<p:a/>", "<a>&</a>"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
