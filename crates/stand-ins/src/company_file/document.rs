//! Checks a document before any of its requests is processed.

use super::NEWEST_QBXML;
use super::grammar::{self, Version};
use super::rules::{Known, REQUESTS};
use crate::xml::Element;

/// The longest `requestID`, in characters.
const MAX_REQUEST_ID: usize = 50;

/// The version of `<?qbxml version="13.0"?>`, which must be there.
pub(super) fn read_version(instructions: &[(String, String)]) -> Result<Version, String> {
    let (_, content) = instructions.iter().find(|(target, _)| target == "qbxml").ok_or("there is no <?qbxml version?>")?;
    let quoted = content.strip_prefix("version=").map(|value| value.trim_matches(['"', '\'']));
    let version = quoted.and_then(|value| value.split_once('.'));
    let version = version.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    match version {
        Some(version) if (grammar::FIRST..=NEWEST_QBXML).contains(&version) => Ok(version),
        _ => Err(format!("qbXML {content} is not supported")),
    }
}

/// Checks the two outer elements; returns `onError`.
pub(super) fn check_message_set(root: &Element) -> Result<&str, String> {
    let [set] = root.children.as_slice() else { return Err("QBXML must have one element".to_owned()) };
    if root.name != "QBXML" || set.name != "QBXMLMsgsRq" || !set.text.trim().is_empty() {
        return Err("QBXML must have QBXMLMsgsRq".to_owned());
    }
    let known = ["onError", "newMessageSetID", "oldMessageSetID", "responseData"];
    if let Some((name, _)) = set.attributes.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        return Err(format!("QBXMLMsgsRq has no {name}"));
    }
    let on_error = set.attribute("onError").ok_or("onError is missing")?;
    let words = ["stopOnError", "continueOnError", "rollbackOnError"];
    if words.contains(&on_error) { Ok(on_error) } else { Err(format!("{on_error} is no value of onError")) }
}

/// Checks one request: its name, attributes and elements.
pub(super) fn check(request: &Element, version: Version) -> Result<&'static Known, String> {
    let name = request.name.strip_suffix("Rq").unwrap_or_default();
    let known = REQUESTS.iter().find(|known| known.name == name).ok_or_else(|| format!("{} is not known", request.name))?;
    if known.since > version {
        return Err(format!("{} needs qbXML {}.{}", request.name, known.since.0, known.since.1));
    }
    for (attribute, value) in &request.attributes {
        let fits = match attribute.as_str() {
            "requestID" => value.chars().count() <= MAX_REQUEST_ID,
            "metaData" => known.counts && matches!(value.as_str(), "NoMetaData" | "MetaDataOnly" | "MetaDataAndResponseData"),
            "iterator" => known.iterates && matches!(value.as_str(), "Start" | "Continue" | "Stop"),
            "iteratorID" => known.iterates && request.attribute("iterator").is_some_and(|iterator| iterator != "Start"),
            _ => false,
        };
        if !fits {
            return Err(format!("{attribute}=\"{value}\" is not allowed in {}", request.name));
        }
    }
    if request.attribute("iterator").is_some_and(|iterator| iterator != "Stop") && request.child("MaxReturned").is_none() {
        return Err(format!("MaxReturned is missing in {} with an iterator", request.name));
    }
    grammar::check(request, known.rules, version).map(|()| known)
}
