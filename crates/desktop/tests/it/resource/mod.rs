//! The resources and their JSON.

mod minimal;
mod objects;
mod unreadable;

use counterfoil_desktop::qbxml::Element;

fn element(xml: &str) -> Element {
    Element::parse(xml).expect("the XML of a test")
}
