//! The company whose file QuickBooks has open. It is one object without an id.

use serde_json::Value;

use super::shape::{COMPANY, OWNER_ID};
use super::unreadable::Unreadable;
use crate::qbxml::Element;

/// The name of the query's answer.
pub const RESPONSE: &str = "CompanyQueryRs";
/// The name of the company in the answer.
pub const OBJECT: &str = "CompanyRet";

/// The query for the company.
pub fn query() -> Element {
    Element::new("CompanyQueryRq").with_text(OWNER_ID.0, OWNER_ID.1)
}

/// The JSON of the company. The fields `ein` and `ssn` are secrets of the company.
///
/// # Errors
/// [`Unreadable`]
pub fn read(company: &Element) -> Result<Value, Unreadable> {
    super::read::read(COMPANY, company).map(Value::Object)
}
