//! A small XML tree. qbXML has elements, attributes and text, and never text beside elements.

use super::read::{self, Malformed};
use super::write;

/// An element with its attributes, and with either a text or elements inside of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    /// Its name without a prefix.
    pub name: String,
    /// Its attributes in their order, with the names as they are written.
    pub attributes: Vec<(String, String)>,
    /// Its text in the clear, white space included. Empty if it contains elements.
    pub text: String,
    /// The elements inside of it, in their order.
    pub children: Vec<Element>,
}

impl Element {
    /// An empty element.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// An element that contains a text.
    pub fn of_text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::new(name) }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn with_attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    /// Adds an element at the end.
    #[must_use]
    pub fn with(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// Adds an element that contains a text at the end.
    #[must_use]
    pub fn with_text(self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.with(Self::of_text(name, text))
    }

    /// The first element of this name directly inside.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The elements of this name directly inside, in their order.
    pub fn children<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first element of this name directly inside. An empty element has the text `""`.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Reads a document. Comments, processing instructions, the declaration and white space between elements are left out. Prefixes of
    /// elements are removed. A character that XML 1.0 forbids becomes U+FFFD, also where it is written as a reference: one bad character
    /// in a memo must not cost a page of answers.
    ///
    /// # Errors
    /// [`Malformed`], also for a document with a DTD or larger than the bounds of this module. No error quotes the document.
    pub fn parse(xml: &str) -> Result<Self, Malformed> {
        read::document(xml)
    }

    /// The element without a declaration and without white space between elements. It is ASCII: other characters are numeric references.
    /// A character that XML 1.0 forbids becomes U+FFFD. The names must be names of XML.
    pub fn to_xml(&self) -> String {
        let mut xml = String::new();
        write::element(self, &mut xml);
        xml
    }
}
