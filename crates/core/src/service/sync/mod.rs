//! Imports: a run reads a company's books page by page, and stores what is new or changed (`docs/sync.md`).

pub mod begin;
mod compare;
mod event;
pub mod finish;
pub mod import;
mod next_page;
mod page;
mod reconcile;
mod run;
pub mod stop;
mod work;

pub use work::{Worked, work};
