//! Partners and their keys.

mod alias_row;
pub(crate) mod key_row;
mod listed;
mod operator;
pub(crate) mod partner_row;
pub(crate) mod port;
