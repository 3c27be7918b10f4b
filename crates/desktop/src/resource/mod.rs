//! The resources that Counterfoil's clients read, in JSON: what QuickBooks Desktop sends in qbXML, in the form of Conductor's API.

pub mod company;
mod field;
mod kind;
mod read;
mod shape;
mod unreadable;
mod value;
mod word;

pub use kind::Resource;
pub use unreadable::{Fault, Unreadable};
