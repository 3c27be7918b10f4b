//! Imports: a run reads a company's books page by page, and stores the records that are new or changed (`docs/sync.md`).

mod admission;
mod ahead;
mod batches;
pub mod begin;
mod books;
mod compare;
pub mod configure;
pub(crate) mod due;
mod event;
pub mod finish;
pub mod import;
mod marks;
mod next_page;
pub mod notified;
mod page;
mod reconcile;
mod resume;
mod run;
pub mod stop;
mod stored;
mod wake;
mod work;

pub(crate) use resume::resume;
pub use wake::wake;
pub use work::{Worked, work, work_on_due};
