//! Runs: the state that a connection's runs share, the runs, and their writes under a lease.

mod acknowledge;
mod end;
mod fence;
mod group_row;
mod limits;
mod list;
mod notified_row;
mod page_row;
mod port;
mod run_row;
mod settings_row;
mod state_row;
mod totals_row;
