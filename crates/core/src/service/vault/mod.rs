//! The vault: returns access tokens, and refreshes grants before they end.

pub mod commit_parked;
pub(crate) mod due;
pub mod hint;
pub mod keep_answer;
mod late_grant;
pub(crate) mod probe;
pub mod read;
pub mod refresh;
pub mod skew;
pub mod unstored;
pub mod verify;
pub mod warn;
