//! The resources: their JSON, and the queries for them.

mod minimal;
mod objects;
mod pages;
mod parameters;
mod properties;
mod queries;
mod unreadable;

use counterfoil_desktop::qbxml::Element;
use counterfoil_desktop::resource::{InvalidParameter, ListRequest, Page, Resource};

fn element(xml: &str) -> Element {
    Element::parse(xml).expect("the XML of a test")
}

/// Reads the parameters of a query string, which has nothing to decode.
fn list(resource: Resource, query: &str) -> Result<ListRequest, InvalidParameter> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').expect("a pair");
        (name.to_owned(), value.to_owned())
    });
    ListRequest::parse(resource, &pairs.collect::<Vec<_>>())
}

/// The query for the parameters.
fn query(resource: Resource, parameters: &str) -> String {
    list(resource, parameters).expect("good parameters").query(Page::default()).to_xml()
}
