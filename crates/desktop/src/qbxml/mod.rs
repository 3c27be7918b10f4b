//! qbXML, the language that QuickBooks Desktop speaks.

mod element;
mod read;
mod write;

pub use element::Element;
pub use read::{ATTRIBUTES_MOST, BYTES_MOST, DEPTH_MOST, ELEMENTS_MOST, Malformed};
