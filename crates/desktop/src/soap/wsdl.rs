//! The WSDL of the service.

use super::NAMESPACE;
use super::method::{Kind, METHODS, Method};
use crate::qbxml::Element;

/// The service's name in the WSDL.
const SERVICE: &str = "QBWebConnectorSvc";
const PORT: &str = "QBWebConnectorSvcSoap";

/// The WSDL 1.1 of the service at this URL: all methods, document/literal wrapped.
pub fn wsdl(address: &str) -> String {
    let definitions = Element::new("wsdl:definitions")
        .with_attribute("xmlns:wsdl", "http://schemas.xmlsoap.org/wsdl/")
        .with_attribute("xmlns:soap", "http://schemas.xmlsoap.org/wsdl/soap/")
        .with_attribute("xmlns:s", "http://www.w3.org/2001/XMLSchema")
        .with_attribute("xmlns:tns", NAMESPACE)
        .with_attribute("targetNamespace", NAMESPACE)
        .with(Element::new("wsdl:types").with(schema()));
    let messages = METHODS.iter().flat_map(|method| [message(method, "In", ""), message(method, "Out", "Response")]);
    let definitions = messages.fold(definitions, Element::with);
    let port_type = METHODS.iter().map(operation).fold(named("wsdl:portType", PORT), Element::with);
    let transport = Element::new("soap:binding").with_attribute("transport", "http://schemas.xmlsoap.org/soap/http");
    let binding = named("wsdl:binding", PORT).with_attribute("type", format!("tns:{PORT}")).with(transport);
    let binding = METHODS.iter().map(binding_operation).fold(binding, Element::with);
    let location = Element::new("soap:address").with_attribute("location", address);
    let port = named("wsdl:port", PORT).with_attribute("binding", format!("tns:{PORT}")).with(location);
    let definitions = definitions.with(port_type).with(binding).with(named("wsdl:service", SERVICE).with(port));
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{}", definitions.to_xml())
}

fn named(element: &str, name: &str) -> Element {
    Element::new(element).with_attribute("name", name)
}

fn schema() -> Element {
    let schema =
        Element::new("s:schema").with_attribute("elementFormDefault", "qualified").with_attribute("targetNamespace", NAMESPACE);
    let elements = METHODS.iter().flat_map(|method| {
        let result = (format!("{}Result", method.name), method.result);
        let arguments = method.arguments.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
        [wrapper(method.name, arguments), wrapper(&format!("{}Response", method.name), vec![result])]
    });
    let strings = value("string", "s:string", "unbounded").with_attribute("nillable", "true");
    let array = named("s:complexType", "ArrayOfString").with(Element::new("s:sequence").with(strings));
    elements.fold(schema, Element::with).with(array)
}

/// An element that contains values.
fn wrapper(name: &str, values: Vec<(String, Kind)>) -> Element {
    let values = values.into_iter().map(|(name, kind)| match kind {
        Kind::Text => value(&name, "s:string", "1"),
        Kind::Texts => value(&name, "tns:ArrayOfString", "1"),
        Kind::Integer => value(&name, "s:int", "1"),
    });
    let sequence = values.fold(Element::new("s:sequence"), Element::with);
    named("s:element", name).with(Element::new("s:complexType").with(sequence))
}

fn value(name: &str, kind: &str, most: &str) -> Element {
    let least = if kind == "s:int" { "1" } else { "0" };
    let element = Element::new("s:element").with_attribute("minOccurs", least).with_attribute("maxOccurs", most);
    element.with_attribute("name", name).with_attribute("type", kind)
}

fn message(method: &Method, direction: &str, suffix: &str) -> Element {
    let part = named("wsdl:part", "parameters").with_attribute("element", format!("tns:{}{suffix}", method.name));
    named("wsdl:message", &format!("{}Soap{direction}", method.name)).with(part)
}

fn operation(method: &Method) -> Element {
    let direction =
        |element: &str, suffix| Element::new(element).with_attribute("message", format!("tns:{}Soap{suffix}", method.name));
    named("wsdl:operation", method.name).with(direction("wsdl:input", "In")).with(direction("wsdl:output", "Out"))
}

fn binding_operation(method: &Method) -> Element {
    let action = format!("{NAMESPACE}{}", method.name);
    let operation = Element::new("soap:operation").with_attribute("soapAction", action).with_attribute("style", "document");
    let literal = |element: &str| Element::new(element).with(Element::new("soap:body").with_attribute("use", "literal"));
    named("wsdl:operation", method.name).with(operation).with(literal("wsdl:input")).with(literal("wsdl:output"))
}
