//! QuickBooks Desktop: the SOAP service of the QuickBooks Web Connector, qbXML, and the JSON resources that are made of its answers.

pub mod books;
pub mod failure;
pub mod protocol;
pub mod qbxml;
pub mod resource;
pub mod session;
pub mod soap;
