//! Consents under way: flows, and the codes and handles of partners.

pub(crate) mod flow_row;
pub(crate) mod flows;
pub(crate) mod handover_row;
pub(crate) mod handovers;
