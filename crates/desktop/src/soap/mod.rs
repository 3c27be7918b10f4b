//! The SOAP service that the QuickBooks Web Connector calls: SOAP 1.1, document/literal (Intuit, `QuickBooks Web Connector
//! Programmer's Guide`, chapter 6). The program is the client, and polls.

mod answer;
mod call;
mod encoding;
mod method;
mod wsdl;

pub use answer::{Answer, Cause, Company, fault};
pub use call::{Call, NotACall};
pub use encoding::decode;
pub use wsdl::wsdl;

/// The content type of every answer. The program refuses `application/xml`.
pub const CONTENT_TYPE: &str = "text/xml; charset=utf-8";
/// The namespace of the methods. An answer without it is read as null.
pub const NAMESPACE: &str = "http://developer.intuit.com/";
