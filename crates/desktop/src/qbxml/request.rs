//! Writes documents of requests.

use super::write::is_permitted;
use super::{BYTES_MOST, DEPTH_MOST, Element, Version, arrange};

/// The largest number of requests of a document.
pub const REQUESTS_MOST: usize = 20;
/// The longest `requestID` in characters.
pub const REQUEST_ID_LONGEST: usize = 50;
/// The longest name of an element or attribute in bytes. Those of qbXML have at most 42.
const NAME_LONGEST: usize = 64;

/// Why requests are not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// No request, or more than [`REQUESTS_MOST`].
    #[error("A document must have 1 to 20 requests.")]
    RequestCount,
    /// A `requestID` that is empty or longer than [`REQUEST_ID_LONGEST`].
    #[error("A requestID must have 1 to 50 characters.")]
    RequestId,
    /// A name that is none in XML, or is too long.
    #[error("{0:?} is not a name of qbXML.")]
    Name(String),
    /// A control character, which XML 1.0 cannot contain.
    #[error("{0} contains a control character, which qbXML does not permit.")]
    Character(String),
    /// See [`DEPTH_MOST`].
    #[error("A request has more than 32 elements inside of each other.")]
    TooDeep,
    /// Text and elements inside of one element.
    #[error("{0} has text beside elements.")]
    MixedContent(String),
    /// See [`BYTES_MOST`].
    #[error("The requests are larger than 6 MiB.")]
    TooLarge,
}

/// A document with these requests and their `requestID`, in their order. QuickBooks stops at the first that fails. The elements of a request
/// whose schema is known are put into its order, because QuickBooks refuses a document in another order as a whole.
///
/// # Errors
/// [`Unwritable`].
pub fn document(version: Version, requests: Vec<(String, Element)>) -> Result<String, Unwritable> {
    if requests.is_empty() || requests.len() > REQUESTS_MOST {
        return Err(Unwritable::RequestCount);
    }
    let mut messages = Element::new("QBXMLMsgsRq").with_attribute("onError", "stopOnError");
    for (id, mut request) in requests {
        if id.is_empty() || id.chars().count() > REQUEST_ID_LONGEST {
            return Err(Unwritable::RequestId);
        }
        request.attributes.retain(|(name, _)| name != "requestID");
        request.attributes.insert(0, ("requestID".to_owned(), id));
        inspect(&request, DEPTH_MOST - 2)?;
        arrange(&mut request);
        messages.children.push(request);
    }
    let messages = Element::new("QBXML").with(messages).to_xml();
    let xml = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><?qbxml version=\"{version}\"?>{messages}");
    if xml.len() > BYTES_MOST { Err(Unwritable::TooLarge) } else { Ok(xml) }
}

fn inspect(element: &Element, levels: usize) -> Result<(), Unwritable> {
    let levels = levels.checked_sub(1).ok_or(Unwritable::TooDeep)?;
    let names = element.attributes.iter().map(|(name, _)| name).chain([&element.name]);
    if let Some(name) = names.into_iter().find(|name| !is_name(name)) {
        return Err(Unwritable::Name(name.chars().take(NAME_LONGEST).collect()));
    }
    let mut texts = element.attributes.iter().map(|(_, value)| value).chain([&element.text]);
    if texts.any(|text| !text.chars().all(is_permitted)) {
        return Err(Unwritable::Character(element.name.clone()));
    }
    if !element.text.is_empty() && !element.children.is_empty() {
        return Err(Unwritable::MixedContent(element.name.clone()));
    }
    element.children.iter().try_for_each(|child| inspect(child, levels))
}

/// Names of qbXML are letters and digits.
fn is_name(name: &str) -> bool {
    name.len() <= NAME_LONGEST
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
