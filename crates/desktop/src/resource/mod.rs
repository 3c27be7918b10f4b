//! The resources that Counterfoil's clients read, in JSON: what QuickBooks Desktop sends in qbXML, in the form of Conductor's API.
//! [`ListRequest`] reads the parameters of a list, makes the query, and reads its answer. [`Resource`] does so for one object, and
//! [`company`] for the company.

mod amount;
pub mod company;
mod field;
mod invalid;
mod kind;
mod list;
mod read;
mod shape;
mod text;
mod unreadable;
mod value;
mod word;

pub(crate) use amount::{decimal, subtotal};
pub use invalid::InvalidParameter;
pub use kind::Resource;
pub use list::{ListRequest, Next, Page, Step};
pub use unreadable::{Fault, Unreadable};
