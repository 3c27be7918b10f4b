//! Makes the JSON of a resource from an element of qbXML.

use serde_json::{Map, Value, json};

use super::field::{Field, Kind, Missing};
use super::unreadable::{Fault, Unreadable};
use super::value;
use crate::qbxml::Element;

/// A fault with the path of its field, from the inside outwards.
type Found<T> = Result<T, (String, Fault)>;

/// The JSON of an object. Every field of the contract is present.
pub(super) fn read(fields: &[Field], element: &Element) -> Result<Map<String, Value>, Unreadable> {
    object(fields, element).map_err(|(field, fault)| {
        let id = ["TxnID", "ListID"].iter().find_map(|name| element.text_of(name));
        Unreadable { object: element.name.clone(), id: id.map(str::to_owned), field, fault }
    })
}

fn object(fields: &[Field], element: &Element) -> Found<Map<String, Value>> {
    fields.iter().map(|field| Ok((field.json.to_owned(), value(field, element)?))).collect()
}

fn value(field: &Field, element: &Element) -> Found<Value> {
    match field.kind {
        Kind::Constant(text) => return Ok(text.into()),
        Kind::Refs => return Ok(element.children(field.xml).map(reference).collect()),
        Kind::List(fields) => return list(field, fields, element),
        _ => {}
    }
    let child = element.child(field.xml).filter(|child| !(child.text.is_empty() && child.children.is_empty()));
    let found = match (child, field.kind) {
        (None, _) => None,
        (Some(child), Kind::Ref) => Some(reference(child)),
        (Some(child), Kind::Object(fields)) => {
            let object = object(fields, child).map_err(|(path, fault)| (format!("{}.{path}", field.json), fault))?;
            Some(Value::Object(object))
        }
        (Some(child), kind) => value::scalar(kind, &child.text).map_err(|fault| (field.json.to_owned(), fault))?,
    };
    match (found, field.missing) {
        (Some(value), _) => Ok(value),
        (None, Missing::Null) => Ok(Value::Null),
        (None, Missing::Is(text)) => Ok(text.into()),
        (None, Missing::IsFlag(flag)) => Ok(flag.into()),
        (None, Missing::Unnamed) => Ok(json!({ "id": null, "fullName": null })),
        (None, Missing::Computed(compute)) => {
            Ok(compute(element).map_or_else(|| "0.00".into(), |number| number.to_string().into()))
        }
        (None, Missing::Unreadable) => Err((field.json.to_owned(), if child.is_some() { Fault::Word } else { Fault::Missing })),
    }
}

fn list(field: &Field, fields: &[Field], element: &Element) -> Found<Value> {
    let read = |(at, child)| {
        object(fields, child).map(Value::Object).map_err(|(path, fault)| (format!("{}[{at}].{path}", field.json), fault))
    };
    element.children(field.xml).enumerate().map(read).collect()
}

fn reference(element: &Element) -> Value {
    let text = |name| element.text_of(name).filter(|text| !text.is_empty());
    json!({ "id": text("ListID"), "fullName": text("FullName") })
}
