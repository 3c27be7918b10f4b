//! Imports: a run reads a company's books page by page, and stores the records that are new or changed (`docs/sync.md`).

mod batches;
pub mod begin;
mod compare;
pub mod configure;
mod event;
pub mod finish;
pub mod import;
mod marks;
mod next_page;
mod page;
mod reconcile;
mod run;
pub(crate) mod scheduled;
pub mod stop;
mod stored;
mod wake;
mod work;

pub use work::{Worked, work, work_on_each};
