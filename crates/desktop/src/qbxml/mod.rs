//! qbXML, the language that QuickBooks Desktop speaks.

mod element;
pub mod json;
mod order;
mod read;
mod reference;
mod request;
mod response;
mod version;
mod write;

pub use element::Element;
pub use order::{OutOfOrder, arrange, check};
pub use read::{ATTRIBUTES_MOST, BYTES_MOST, DEPTH_MOST, ELEMENTS_MOST, Malformed};
pub use request::{REQUEST_ID_LONGEST, REQUESTS_MOST, Unwritable, document};
pub use response::{BrokenAnswer, Response, Severity};
pub use version::Version;
