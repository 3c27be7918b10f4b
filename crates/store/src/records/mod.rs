//! Imported records, and the order of their changes.

pub(crate) mod block_row;
mod list_place;
mod port;
pub(crate) mod row;
pub(crate) mod side_row;
