//! Decisions of a session of the Web Connector, and the file that a user adds to it.

mod company;
mod guid;
mod page;
mod qwc;

pub use company::{OpenCompany, Stamp};
pub use guid::Guid;
pub use page::{BODY_MOST, escaped_length, fitting_page, smaller_page};
pub use qwc::{DESCRIPTION_LONGEST, InvalidQwc, Qwc};
