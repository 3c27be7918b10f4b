//! Runs of imports: what a connection's runs have in common, the runs, and what they write under a lease.

mod acknowledge;
mod end;
mod fence;
mod group_row;
mod limits;
mod list;
mod page_row;
mod port;
mod run_row;
mod settings_row;
mod state_row;
mod totals_row;
