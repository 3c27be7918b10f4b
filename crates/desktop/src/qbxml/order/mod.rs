//! The order of the elements of requests. QuickBooks refuses a document in another order as a whole, with HRESULT 0x80040400.

mod requests;
mod rule;

use rule::{Occurs, Part, Rule};

use super::element::Element;
use requests::REQUESTS;

/// A request whose elements are known.
struct Request {
    name: &'static str,
    /// Whether its result can be counted without being returned.
    has_meta_data: bool,
    /// Whether its result can be returned in pages.
    iterates: bool,
    rules: &'static [Rule],
}

/// How a request differs from its schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutOfOrder {
    /// The schema of the request is not known here.
    #[error("The elements of {0} are not known.")]
    UnknownRequest(String),
    /// The request has no such attribute.
    #[error("{0} has no attribute {1}.")]
    Attribute(String, String),
    /// The element is unknown, or comes too late, or excludes an earlier one.
    #[error("{1} cannot be there in {0}.")]
    Unexpected(String, String),
    /// The element is missing.
    #[error("{1} is missing in {0}.")]
    Missing(String, String),
    /// There is more than one.
    #[error("{0} has more than one {1}.")]
    Repeated(String, String),
}

/// Checks names, order and number of the elements of a request. It checks no text.
///
/// # Errors
/// The first difference, and [`OutOfOrder::UnknownRequest`] for all but the requests that this crate writes.
pub fn check(request: &Element) -> Result<(), OutOfOrder> {
    let known = find(&request.name).ok_or_else(|| OutOfOrder::UnknownRequest(request.name.clone()))?;
    for (name, _) in &request.attributes {
        let is_known = match name.as_str() {
            "requestID" => true,
            "metaData" => known.has_meta_data,
            "iterator" | "iteratorID" => known.iterates,
            _ => false,
        };
        if !is_known {
            return Err(OutOfOrder::Attribute(request.name.clone(), name.clone()));
        }
    }
    inside(request, known.rules)
}

/// Puts the elements of a request into the order of its schema. A request that is not known here stays as it is; an element that is not
/// known stays behind the element that it follows.
pub fn arrange(request: &mut Element) {
    if let Some(known) = find(&request.name) {
        sort(request, known.rules);
    }
}

fn find(name: &str) -> Option<&'static Request> {
    REQUESTS.iter().find(|request| request.name == name)
}

fn sort(element: &mut Element, rules: &'static [Rule]) {
    let mut parts = Vec::new();
    flatten(rules, &mut parts);
    let mut last = 0;
    let mut placed: Vec<(usize, Element)> = Vec::new();
    for mut child in element.children.drain(..) {
        if let Some(position) = parts.iter().position(|part| part.name == child.name) {
            last = position;
            sort(&mut child, parts[position].inside);
        }
        placed.push((last, child));
    }
    placed.sort_by_key(|(position, _)| *position);
    element.children.extend(placed.into_iter().map(|(_, child)| child));
}

fn flatten(rules: &'static [Rule], parts: &mut Vec<&'static Part>) {
    for rule in rules {
        match rule {
            Rule::Part(part) => parts.push(part),
            Rule::Group(rules) => flatten(rules, parts),
            Rule::OneOf(alternatives) | Rule::AtMostOneOf(alternatives) => {
                alternatives.iter().for_each(|alternative| flatten(alternative, parts));
            }
        }
    }
}

fn inside(element: &Element, rules: &'static [Rule]) -> Result<(), OutOfOrder> {
    let rest = follow(element, &element.children, rules)?;
    match rest.first() {
        Some(child) => Err(OutOfOrder::Unexpected(element.name.clone(), child.name.clone())),
        None => Ok(()),
    }
}

/// Follows rules through elements, and returns the elements behind them.
fn follow<'a>(parent: &Element, mut rest: &'a [Element], rules: &'static [Rule]) -> Result<&'a [Element], OutOfOrder> {
    for rule in rules {
        rest = match rule {
            Rule::Part(part) => repeat(parent, rest, part)?,
            Rule::Group(rules) => follow(parent, rest, rules)?,
            Rule::OneOf(alternatives) | Rule::AtMostOneOf(alternatives) => {
                match (alternatives.iter().find(|alternative| begins(rest, alternative)), rule) {
                    (Some(alternative), _) => follow(parent, rest, alternative)?,
                    (None, Rule::OneOf([first, ..])) => follow(parent, rest, first)?,
                    (None, _) => rest,
                }
            }
        };
    }
    Ok(rest)
}

fn begins(rest: &[Element], rules: &'static [Rule]) -> bool {
    let mut parts = Vec::new();
    flatten(rules, &mut parts);
    rest.first().is_some_and(|child| parts.iter().any(|part| part.name == child.name))
}

/// The elements behind those of a part.
fn repeat<'a>(parent: &Element, rest: &'a [Element], part: &'static Part) -> Result<&'a [Element], OutOfOrder> {
    let count = rest.iter().take_while(|child| child.name == part.name).count();
    let (own, behind) = rest.split_at(count);
    match (part.occurs, count) {
        (Occurs::Once | Occurs::OnceOrMore, 0) => Err(OutOfOrder::Missing(parent.name.clone(), part.name.to_owned())),
        (Occurs::Once | Occurs::AtMostOnce, 2..) => Err(OutOfOrder::Repeated(parent.name.clone(), part.name.to_owned())),
        _ => own.iter().try_for_each(|child| inside(child, part.inside)).map(|()| behind),
    }
}
