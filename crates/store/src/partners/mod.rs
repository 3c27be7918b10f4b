//! Partners and their keys.

pub(crate) mod key_row;
mod listed;
mod operator;
pub(crate) mod partner_row;
pub(crate) mod port;
